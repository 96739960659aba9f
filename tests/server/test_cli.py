"""The command line, as processes of their own: what starts, what refuses to, and how it ends."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import signal
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import (
    build_client_schema,
    build_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    print_schema,
)

from conformance_tests.embedded.moto_endpoint import MotoEndpoint
from reference_auth.serve.demo import CUSTOMERS
from reference_auth.store.memory import memory_client, memory_table
from tests.server.serving import LOGIN, REFRESH, Caller, Pair

COMMAND = [sys.executable, "-m", "reference_auth"]
SECRET = "a-secret-of-a-deployment-0123456789"
AWS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
HANGING = """\
import anyio
class Service:
    async def login(self, email, password):
        await anyio.sleep_forever()
service = Service()
"""
OURS = re.compile(r"LOGIN_|JWT_|DYNAMO_|NODE_ENV|AWS_|.*_MINUTES|GRACE_|ALLOW_|CACHED_")
FEW_FILES = 700
A_TABLE = ["--dynamodb-endpoint", "http://127.0.0.1:9", "--table", "shared"]
CUSTOMER = {"email": CUSTOMERS[0].email, "password": CUSTOMERS[0].password}


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without anything that names a deployment."""
    plain = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    return {**plain, "PYTHONPATH": str(Path.cwd()), **changes}


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], env=environment(**environ), capture_output=True, text=True, timeout=20
    )


class Started:
    """A server that was started, what it said when ready, and a caller of it."""

    def __init__(self, *flags: str, **environ: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *flags],
            env=environment(**environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said = self._read_until_ready()
        origin = re.search(r"(http://\S+)/graphql", self.said)
        assert origin, self.said
        self.caller = Caller(origin[1])

    def _read_until_ready(self) -> str:
        """Everything up to the line that names the customers, and the call in laptop mode."""
        assert self.process.stdout
        lines: list[str] = []
        while not any(line.startswith(("Customers", "curl")) for line in lines):
            line = self.process.stdout.readline()
            assert line, self.process.communicate()
            lines.append(line)
        return "".join(lines)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Ask it to end; its exit code and its log."""
        self.caller.http.close()
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=20)
        return self.process.returncode, log


@contextmanager
def started(*flags: str, **environ: str) -> Iterator[Started]:
    server = Started(*flags, **environ)
    try:
        yield server
    finally:
        server.caller.http.close()
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)  # its workers too
        server.process.communicate()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A table called `shared` behind a loopback endpoint."""
    client = memory_table("shared")
    with MotoEndpoint(client) as found:
        yield found.url


def deployed(endpoint: str, **changes: str) -> dict[str, str]:
    """A deployment's environment on that endpoint."""
    plain = {
        "JWT_PRIVATE_KEY": SECRET,
        "DYNAMO_DB__REGION": "ap-southeast-2",
        "DYNAMO_DB_AUTH_TABLE": "shared",
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
    }
    return {**plain, **AWS, **changes}


def test_help_is_light() -> None:
    """--help imports nothing heavy, names both commands and says how flags rank."""
    program = "import sys; from reference_auth.serve.cli import main\n"
    program += "try: main(['serve', '--help'])\n"
    program += "except SystemExit: print([m for m in HEAVY if m in sys.modules])"
    heavy = "HEAVY = ['boto3', 'moto', 'strawberry', 'uvicorn', 'starlette', 'argon2', 'jwt']\n"
    shown = subprocess.run(
        [sys.executable, "-c", heavy + program],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.splitlines()[-1] == "[]"
    assert "Laptop mode" in shown.stdout
    assert "create-table" in run("--help").stdout


def test_serve_with_nothing_said() -> None:
    """It prints where it is and its customers, and the call that it prints logs one in."""
    with started() as server:
        for customer in CUSTOMERS:
            assert customer.email in server.said
            assert customer.password in server.said
        curl = next(line for line in server.said.splitlines() if line.startswith("curl"))
        words = shlex.split(curl)
        answer = httpx.post(
            words[2], content=words[-1], headers=dict([words[words.index("-H") + 1].split(": ")])
        )
        assert answer.json()["data"]["generateCustomerToken"]["token"]
        listed = server.caller.data('{ getAllAuthItemsById(user_id: "23") { customer_id } }')
        assert listed == [{"customer_id": "23"}]
        assert server.caller.http.post("/clock", json={"now": None}).status_code == 200
        assert server.caller.http.get("/").headers["content-type"].startswith("text/html")
        assert server.caller.http.post("/nowhere").status_code == 404
        code, log = server.end()
    assert code == 0
    requests = [json.loads(line) for line in log.splitlines() if '"request"' in line]
    assert [line["path"] for line in requests] == ["/graphql", "/graphql", "/clock", "/", "?"]


@pytest.mark.parametrize("node_env", [None, "", "Development"])
def test_production_unless_said(node_env: str | None) -> None:
    """With a secret set, any NODE_ENV but the exact word is production (DEV-01, DEV-03)."""
    environ = {} if node_env is None else {"NODE_ENV": node_env}
    with started(JWT_PRIVATE_KEY=SECRET, **environ) as server:
        refused = server.caller.category('{ getAllAuthItemsById(user_id: "23") { ttl } }')
        assert refused == "graphql-authorization"
        assert server.caller.data(LOGIN, **CUSTOMER)["token"]
        assert CUSTOMER["password"] not in server.said


def test_development_by_word() -> None:
    """With NODE_ENV=development the development operations are open."""
    with started(JWT_PRIVATE_KEY=SECRET, NODE_ENV="development") as server:
        assert server.caller.data('{ getAllAuthItemsById(user_id: "x") { ttl } }') == []


@pytest.mark.parametrize(
    "flags, environ, word",
    [
        ([], {"JWT_PRIVATE_KEY": ""}, "JWT_PRIVATE_KEY"),
        ([], {"JWT_PRIVATE_KEY": "short"}, "32"),
        ([], {"NODE_ENV": "production"}, "JWT_PRIVATE_KEY"),
        ([], {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"}, "Set "),
        (["--host", "0.0.0.0"], {}, "loopback"),
        (["--access-minutes", "15"], {}, "order"),
        (["--grace-seconds", "x"], {}, "GRACE_SECONDS"),
        (["--environment", "staging"], {}, "staging"),
        (["--workers", "0"], {}, "workers"),
        (["--port", "99999"], {}, "port"),
        (["--login-service", "no.such:thing"], {}, "MODULE:NAME"),
        (["--login-service", "json:nothing"], {}, "MODULE:NAME"),
        (["--login-service", "json"], {}, "MODULE:NAME"),
        (["--login-service", ".shop:login"], {}, "MODULE:NAME"),
        (["--region", "x y", *A_TABLE], {"JWT_PRIVATE_KEY": SECRET}, "AWS settings"),
        (["--region", "x y", *A_TABLE, "--workers", "2"], {"JWT_PRIVATE_KEY": SECRET}, "AWS"),
    ],
)
def test_settings_that_cannot_work(flags: list[str], environ: dict[str, str], word: str) -> None:
    """A bad setting ends it with code 2 before it listens, in one sentence without a traceback."""
    ended = run("serve", "--port", "0", *flags, **environ)
    assert ended.returncode == 2
    assert word in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_port_that_is_taken() -> None:
    """A port in use is named, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("serve", "--port", port)
    assert ended.returncode == 2
    assert port in ended.stderr
    assert "--port" in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_requests_in_flight_are_answered(number: int) -> None:
    """A request that had begun when the signal came is answered, then the server ends with 0."""
    with started() as server:
        url = server.caller.http.base_url
        body = json.dumps({"query": LOGIN, "variables": CUSTOMER}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((url.host, url.port or 0)) as connection:
            connection.sendall(head.encode() + body[:10])
            server.caller.http.get("/healthz")  # so the head above has been read
            server.process.send_signal(number)
            wait_until_refused(url.host, url.port or 0)
            connection.sendall(body[10:])
            answer = connection.makefile("rb").read()
        assert b'"token"' in answer
        server.process.communicate(timeout=20)
        assert server.process.returncode == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_end_does_not_wait_for_a_platform_that_hangs(
    tmp_path: Path, endpoint: str, workers: str
) -> None:
    """A login under way gets a retryable error in time, a head that has begun is told to retry."""
    (tmp_path / "hanging.py").write_text(HANGING)
    path = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    flags = ["--login-service", "hanging:service", "--workers", workers]
    environ = deployed(endpoint, LOGIN_SECONDS="2", PYTHONPATH=path)
    with started(*flags, **environ) as server, ThreadPoolExecutor() as pool:
        url = server.caller.http.base_url
        httpx.get(f"{url}/healthz", timeout=60)  # workers are still starting
        login = pool.submit(server.caller.category, LOGIN, email="a", password="b")
        with socket.create_connection((url.host, url.port or 0)) as begun:
            begun.sendall(b"POST /graphql HTTP/1.1\r\n")
            httpx.get(f"{url}/healthz")  # so the line above has been read
            server.process.send_signal(signal.SIGTERM)
            said = begun.makefile("rb").read()
        assert login.result(10) == "graphql-server-internal-error"
        assert server.process.wait(5) == 0
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    (error,) = json.loads(body)["errors"]
    assert error["extensions"]["category"] == "graphql-server-internal-error"


def wait_until_refused(host: str, port: int) -> None:
    """Wait until the server takes no new connection."""
    for _ in range(200):
        try:
            socket.create_connection((host, port)).close()
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("the server still listens")


def test_a_deployment_on_an_endpoint(endpoint: str) -> None:
    """It uses the table that its environment names, and tells neither secret nor password."""
    with started(**deployed(endpoint)) as server:
        assert "shared in ap-southeast-2" in server.said
        token = server.caller.data(LOGIN, **CUSTOMER)["token"]
        rows = memory_client().scan(TableName="shared")["Items"]
        assert {"S": "23"} in [row["customer_id"] for row in rows]
        code, log = server.end()
    assert code == 0
    for hidden in (token, SECRET, CUSTOMER["password"], CUSTOMER["email"]):
        assert hidden not in log
        assert hidden not in server.said or hidden == CUSTOMER["email"]


def test_flags_name_the_table(endpoint: str) -> None:
    """The three table flags do what their variables do."""
    flags = ["--dynamodb-endpoint", endpoint, "--region", "ap-southeast-2", "--table", "shared"]
    with started(*flags, JWT_PRIVATE_KEY=SECRET, **AWS) as server:
        assert server.caller.data(LOGIN, **CUSTOMER)["token"]


def test_workers(endpoint: str) -> None:
    """Two processes answer on one port, share the table, and end together."""
    with started("--workers", "2", **deployed(endpoint)) as server:
        server.caller.http.get("/healthz", timeout=60)  # they are still starting
        for _ in range(3):
            assert server.caller.data(LOGIN, **CUSTOMER)["token"]
        workers = workers_of(server)
        assert len(workers) == 2
        assert server.end()[0] == 0
        assert [pid for pid in workers if process(pid).exists()] == []


def test_a_worker_that_dies_is_replaced(endpoint: str) -> None:
    """The others answer meanwhile, and soon there are as many as before."""
    with started("--workers", "2", **deployed(endpoint)) as server:
        server.caller.http.get("/healthz", timeout=60)  # they are still starting
        dead = workers_of(server)[0]
        server.caller.http.close()  # it may be connected to the one that dies
        os.kill(dead, signal.SIGKILL)
        with Caller(str(server.caller.http.base_url)).http as http:
            assert http.get("/healthz", timeout=60).is_success
        assert wait_for(lambda: len({*workers_of(server)} - {dead}) == 2)
        assert server.end()[0] == 0


def test_workers_end_with_their_supervisor(endpoint: str) -> None:
    """When the parent is killed, its workers end too, and free the port."""
    with started("--workers", "2", **deployed(endpoint)) as server:
        server.caller.http.get("/healthz", timeout=60)  # they are still starting
        workers = workers_of(server)
        server.process.kill()
        server.process.wait(10)
        try:
            assert wait_for(lambda: not any(process(pid).exists() for pid in workers))
        finally:
            for pid in filter(lambda pid: process(pid).exists(), workers):
                os.kill(pid, signal.SIGKILL)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.caller.http.base_url}/healthz")


def test_a_flood_of_connections_keeps_nobody_out_for_long(endpoint: str) -> None:
    """With more connections than files the server refuses some, and its log stays short."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with started(**deployed(endpoint)) as server, ExitStack() as ends:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (FEW_FILES, FEW_FILES))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        ends.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        address = server.caller.http.base_url
        for _ in range(FEW_FILES + 300):
            sock = ends.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex((address.host, address.port))
        assert httpx.get(f"{address}/healthz", timeout=10).status_code in (200, 503)
        ends.close()
        time.sleep(0.5)
        assert server.caller.data(LOGIN, **CUSTOMER)["token"]
        log = server.end()[1]
    assert "out of system resource" not in log
    assert len(log.splitlines()) < 20


def wait_for(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within twenty seconds."""
    for _ in range(400):
        if condition():
            return True
        time.sleep(0.05)
    return False


def workers_of(server: Started) -> list[int]:
    """The processes that answer, by their ids."""
    pid = server.process.pid
    children = (process(pid) / "task" / str(pid) / "children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in command_of(int(child))]


def command_of(pid: int) -> bytes:
    return (process(pid) / "cmdline").read_bytes()


def process(pid: int) -> Path:
    return Path("/proc") / str(pid)


def test_the_test_clock() -> None:
    """--test-clock lets the clock be set over HTTP."""
    with started("--test-clock") as server:
        assert "/clock" in server.said
        now = int(time.time()) + 86_400
        assert server.caller.http.post("/clock", json={"now": now}).status_code == 200
        token = server.caller.data(LOGIN, **CUSTOMER)["token"]
        assert claims_of(token)["exp"] == now + 840


def test_no_test_clock() -> None:
    """--no-test-clock takes the clock away, which is otherwise there in laptop mode."""
    with started("--no-test-clock") as server:
        assert "/clock" not in server.said
        assert server.caller.http.post("/clock", json={"now": None}).status_code == 404


def claims_of(token: str) -> Any:
    """A token's payload, unverified: the secret is the server's own."""
    return json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))


def test_allow_origin(endpoint: str) -> None:
    """A production server lets pages of exactly the named origins in."""
    shop = "https://shop.example.com"
    with started("--allow-origin", shop, **deployed(endpoint)) as server:
        for origin, allowed in ((shop, shop), ("https://shop.example.com:444", None)):
            answer = server.caller.http.options(
                "/graphql",
                headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
            )
            assert answer.headers.get("access-control-allow-origin") == allowed


def test_create_table(endpoint: str) -> None:
    """It makes the table with its keys and TTL, says so, and the second time says it was there."""
    words = ["create-table", "--dynamodb-endpoint", endpoint, "--table", "made"]
    first = run(*words, "--region", "ap-southeast-2", **AWS)
    assert first.returncode == 0, first.stderr
    assert "Created the table made" in first.stdout
    assert "Turned TTL on" in first.stdout
    client = memory_client()
    keys = client.describe_table(TableName="made")["Table"]["KeySchema"]
    assert [key["AttributeName"] for key in keys] == ["customer_id", "refresh_token_hash"]
    ttl = client.describe_time_to_live(TableName="made")["TimeToLiveDescription"]
    assert ttl == {"AttributeName": "ttl", "TimeToLiveStatus": "ENABLED"}
    again = run(*words, DYNAMO_DB__REGION="ap-southeast-2", **AWS)
    assert again.returncode == 0
    assert "was there already" in again.stdout
    assert "was on already" in again.stdout


def test_a_table_for_tests_is_created_without_ttl(endpoint: str) -> None:
    """An emulator may delete at once what a moved clock made old."""
    words = ["create-table", "--no-ttl", "--dynamodb-endpoint", endpoint, "--table", "kept"]
    made = run(*words, "--region", "ap-southeast-2", **AWS)
    assert made.returncode == 0, made.stderr
    assert "TTL" not in made.stdout
    described = memory_client().describe_time_to_live(TableName="kept")
    assert described["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"


def test_create_table_refuses(endpoint: str) -> None:
    """A missing name, another kind of table or an endpoint that is not there is one sentence."""
    memory_client().create_table(
        TableName="other",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    region = ["--region", "ap-southeast-2"]
    for words, sentence in (
        ([*region], "DYNAMO_DB_AUTH_TABLE"),
        (["--table", "made"], "DYNAMO_DB__REGION"),
        ([*region, "--table", "other", "--dynamodb-endpoint", endpoint], "other keys"),
        ([*region, "--table", "made", "--dynamodb-endpoint", "http://127.0.0.1:9"], "127.0.0.1:9"),
        ([*region, "--table", "made", "--dynamodb-endpoint", "nonsense"], "nonsense"),
    ):
        ended = run("create-table", *words, **AWS)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert sentence in ended.stderr
        assert "Traceback" not in ended.stderr


def test_an_operator_looks_at_a_customer_and_burns(endpoint: str) -> None:
    """Both need no secret and tell none; afterwards the customer can log in again."""
    environ = deployed(endpoint)
    shown = {"email": CUSTOMERS[2].email, "password": CUSTOMERS[2].password}
    customer = f"--customer={CUSTOMERS[2].customer_id}"
    with started(**environ) as server:
        del environ["JWT_PRIVATE_KEY"]
        pairs = [server.caller.data(LOGIN, **shown) for _ in range(2)]
        listed = run("sessions", customer, **environ)
        burned = run("burn", customer, **environ)
        after = run("sessions", customer, **environ)
        assert server.caller.category(REFRESH, pairs[0]["token"], **only_refresh(pairs[0]))
        assert server.caller.data(LOGIN, **shown)["token"]
    assert listed.stdout.count("logged in: access token until 20") == 2
    assert "(2 found)" in burned.stdout
    assert "logged in" not in after.stdout
    assert "burned: every pair with an access token until 20" in after.stdout
    said = "".join(one.stdout + one.stderr for one in (listed, burned, after))
    assert not re.search(r"[0-9a-f]{32}|eyJ|Traceback", said)


@pytest.mark.parametrize("ttl, shown", [("0", "1970-01-01"), ("9999999999999", "until ?")])
def test_a_time_of_another_program_is_shown_as_far_as_it_is_one(
    endpoint: str, ttl: str, shown: str
) -> None:
    """A row whose `ttl` is in milliseconds is listed too."""
    row = {"customer_id": {"S": f"odd-{ttl}"}, "refresh_token_hash": {"S": "a"}, "ttl": {"N": ttl}}
    memory_client().put_item(TableName="shared", Item=row)
    listed = run("sessions", f"--customer=odd-{ttl}", **deployed(endpoint))
    assert (listed.returncode, listed.stderr) == (0, "")
    assert f"session {shown}" in listed.stdout or f"session until {shown}" in listed.stdout


def only_refresh(pair: Pair) -> dict[str, str]:
    return {"refresh_token": pair["refresh_token"]}


@pytest.mark.parametrize(
    "customer, changes, word",
    [
        ("undefined", {}, "customer's id"),
        ("ended#7", {}, "customer's id"),
        ("7", {"DYNAMO_DB_AUTH_TABLE": ""}, "DYNAMO_DB_AUTH_TABLE"),
        ("7", {"DYNAMO_DB_AUTH_TABLE": "missing"}, "The table missing failed"),
        ("7", {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"}, "run this again"),
        ("7", {"AWS_ENDPOINT_URL_DYNAMODB": "nonsense"}, "Invalid endpoint: nonsense"),
        ("7", {"AWS_DEFAULTS_MODE": "nonsense"}, "The AWS settings are wrong"),
    ],
)
def test_a_burn_that_cannot_be_done(
    endpoint: str, customer: str, changes: dict[str, str], word: str
) -> None:
    """It ends with 2 and one sentence."""
    ended = run("burn", "--customer", customer, **deployed(endpoint, **changes))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert word in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_the_schema_is_the_servers() -> None:
    """`schema` prints what a served reference shows by introspection."""
    printed = build_schema(run("schema").stdout)
    with started() as server:
        answer = server.caller.http.post("/graphql", json={"query": get_introspection_query()})
    served = build_client_schema(answer.json()["data"])
    shown, told = map(lexicographic_sort_schema, (served, printed))
    assert print_schema(shown) == print_schema(told)


def test_an_exported_secret_says_why_there_is_no_page() -> None:
    """Somebody who wants laptop mode reads which variables turn it off."""
    with started(JWT_PRIVATE_KEY="x" * 32) as server:
        assert "for laptop mode: unset JWT_PRIVATE_KEY" in server.said
    with started() as server:
        assert "unset" not in server.said
