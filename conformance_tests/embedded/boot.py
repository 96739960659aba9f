"""Boots the embedded reference: real servers over HTTP in this process, their table in moto.

The one module of the suite that imports the reference. Three servers share one table, one clock
and one secret: "development", "production" and "featured" (grace and an absolute end).
"""

from __future__ import annotations

import logging
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import uvicorn
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.wiring import Wiring
from conformance_tests.embedded.forking import room_for_sockets, starting_reference
from conformance_tests.embedded.in_process import in_process
from conformance_tests.embedded.moto_endpoint import MotoEndpoint
from conformance_tests.embedded.odd_platform import ODD_IDS, ODD_PASSWORD, WithOddLogins, odd_email
from conformance_tests.target.model import Target
from conformance_tests.target.parts import (
    ClockAddress,
    Credentials,
    FaultAddress,
    Features,
    Instance,
    Launch,
    Lifetimes,
    OddLogin,
    TableAddress,
)
from reference_auth.core.config import Config, Secret
from reference_auth.core.config import Lifetimes as ReferenceLifetimes
from reference_auth.serve.app import create_app
from reference_auth.serve.clock import MovableClock
from reference_auth.serve.demo import ALICE, BOB, DemoCustomer, DemoQuery, Directory
from reference_auth.serve.demo import CUSTOMERS as DEMO_CUSTOMERS
from reference_auth.serve.logs import JsonLines
from reference_auth.store.memory import REGION, memory_client
from reference_auth.store.own_environment import own_environment
from reference_auth.store.provision import create_table
from reference_auth.store.storage import make_client

HOST = "127.0.0.1"
TABLE = "auth"
GRACE_SECONDS = 60
#: On the featured server an access token ends before a grace window: two generations fit into one.
QUICK_ACCESS_SECONDS = 40
MAX_SESSION_MINUTES = 60
CUSTOMERS = (ALICE, BOB)
PASSWORDS = {customer.email: customer.password for customer in CUSTOMERS}
#: What each server does otherwise than the plain one.
SERVERS: dict[str, dict[str, Any]] = {
    "development": {"development": True},
    "production": {"development": False},
    "featured": {
        "development": True,
        "grace_seconds": GRACE_SECONDS,
        "max_session_seconds": MAX_SESSION_MINUTES * 60,
    },
}
DEFAULT_LIFETIMES = Lifetimes()
AppFactory = Callable[..., Any]


class Booted(NamedTuple):
    """The embedded reference: the target, and what is live of it."""

    target: Target
    wiring: Wiring


@contextmanager
def embedded_reference(
    make_app: AppFactory = create_app,
    *,
    lifetimes: Lifetimes = DEFAULT_LIFETIMES,
    behind_proxy: bool = True,
    over_http: bool = True,
    engine: str | None = None,
    command: tuple[str, ...] | None = None,
) -> Iterator[Booted]:
    """The embedded reference as a target that offers everything; it ends with the context.

    behind_proxy: the servers reach their table through the fault proxy, which a run starts.
    engine: the URL of another table engine than moto in this process.
    command: what starts one more server of it, as a process of its own.
    over_http: real servers on ports of their own; otherwise the apps are asked in the process.
    """
    with ExitStack() as ends:
        ends.enter_context(room_for_sockets())
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))
        ends.enter_context(own_environment())
        in_memory = memory_client() if engine is None else None
        engine = engine or ends.enter_context(MotoEndpoint(memory_client())).url
        table = ends.enter_context(own_table(engine, in_memory))
        proxy = ends.enter_context(FaultProxy(f"{HOST}:0", engine)) if behind_proxy else None
        endpoint = proxy.url if proxy else engine
        quick = replace(lifetimes, access=min(lifetimes.access, QUICK_ACCESS_SECONDS))
        platform = Directory(map(with_cheap_hash, DEMO_CUSTOMERS))
        secret, clock = secrets.token_hex(32), MovableClock()
        ends.enter_context(logging_to(folder / "deployment.log"))
        apps = {}
        for name, settings in SERVERS.items():
            config = Config(
                secret=Secret(secret),
                region=REGION,
                table=table,
                lifetimes=ReferenceLifetimes(**asdict(quick if name == "featured" else lifetimes)),
                **settings,
            )
            client: Any = make_client(config.region, {"AWS_ENDPOINT_URL_DYNAMODB": endpoint})
            ends.callback(client.close)
            if in_memory is not None:
                client = ShortCut(in_memory, client, proxy)
            apps[name] = make_app(
                config,
                WithOddLogins(platform),
                client=client,
                clock=clock,
                query=DemoQuery,
            )
        command = command or ends.enter_context(starting_reference(folder))
        if over_http:
            urls = ends.enter_context(serving(apps))
            transport = None
        else:
            urls = {name: f"http://{HOST}:{port}" for port, name in enumerate(apps, start=1)}
            named = {urlsplit(urls[name]).netloc: app for name, app in apps.items()}
            transport = ends.enter_context(in_process(named))
        target = Target(
            name="embedded reference",
            version=version(),
            url=f"{urls['development']}/graphql",
            environment="development",
            profile="hardened",
            customers=tuple(Credentials(email, word) for email, word in PASSWORDS.items()),
            secret=secret,
            table=TableAddress(table, REGION, engine, ends_with_run=in_memory is not None),
            clock=ClockAddress(http=f"{urls['development']}/clock", frozen=True),
            lifetimes=lifetimes,
            features=Features(GRACE_SECONDS, MAX_SESSION_MINUTES),
            protected_query="{ me { customer_id } }",
            odd_logins=tuple(OddLogin(kind, odd_email(kind), ODD_PASSWORD) for kind in ODD_IDS),
            faults=FaultAddress(urlsplit(proxy.url).netloc, engine) if proxy else None,
            log_file=str(folder / "deployment.log"),
            launch=launch(command, endpoint, table, lifetimes),
            instances={
                name: Instance(f"{url}/graphql", quick if name == "featured" else lifetimes)
                for name, url in urls.items()
            },
        )
        yield Booted(target, Wiring(transport, in_memory, proxy))


def warm_up() -> None:
    """Load what the table in this process is made of, which otherwise its first call does."""
    memory_client().list_tables()


@dataclass(frozen=True)
class ShortCut:
    """A client of the table in this process, which only goes through the proxy when it must.

    The way over HTTP costs three times the call; a test that watches or disturbs calls takes it.
    """

    straight: Any
    around: Any
    proxy: FaultProxy | None

    def __getattr__(self, operation: str) -> Any:
        free = self.proxy is None or self.proxy.idle
        return getattr(self.straight if free else self.around, operation)


def with_cheap_hash(customer: DemoCustomer) -> DemoCustomer:
    """The same customer with the cheapest hash there is: the platform is not what is judged."""
    hasher = PasswordHasher.from_parameters(CHEAPEST)
    return replace(customer, password_hash=hasher.hash(customer.password))


def launch(command: tuple[str, ...], endpoint: str, table: str, lifetimes: Lifetimes) -> Launch:
    """How to start one more server of the reference on the same table, as its own process."""
    settings = {
        "--dynamodb-endpoint": endpoint,
        "--region": REGION,
        "--table": table,
        "--access-minutes": _minutes(lifetimes.access),
        "--refresh-minutes": _minutes(lifetimes.refresh),
        "--extended-minutes": _minutes(lifetimes.extended),
        "--port": "{port}",
    }
    words = (word for setting in settings.items() for word in setting)
    return Launch(
        command=(*command, "serve", *words),
        url=f"http://{HOST}:{{port}}/graphql",
    )


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:.9f}"


def version() -> str:
    import reference_auth

    return getattr(reference_auth, "__version__", "")


@contextmanager
def own_table(engine: str, in_memory: Any) -> Iterator[str]:
    """The name of a table with its keys and TTL; one in this process is gone afterwards.

    A process may boot many: what one leaves would make each call of the next one slower.
    """
    import boto3

    name = TABLE if in_memory is None else f"{TABLE}-{secrets.token_hex(4)}"
    with closing(boto3.client("dynamodb", region_name=REGION, endpoint_url=engine)) as client:
        create_table(client, name, ttl=False)
    try:
        yield name
    finally:
        if in_memory is not None:
            in_memory.delete_table(TableName=name)


@contextmanager
def serving(apps: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """A real uvicorn for each app, on a thread of its own; gives their addresses."""
    begun = {name: Serving(app) for name, app in apps.items()}
    try:
        yield {name: one.address() for name, one in begun.items()}
    finally:
        for one in begun.values():
            one.dismiss()  # all of them first: each looks up ten times a second only
        for one in begun.values():
            one.close()


class Serving:
    """An app under uvicorn on a free port, from now on."""

    def __init__(self, app: Any) -> None:
        # Named TCP outright: asyncio turns Nagle's delay off only on sockets that say so.
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.bind((HOST, 0))
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, ws="none", lifespan="off")
        )
        kwargs = {"sockets": [self._listener]}
        self._thread = threading.Thread(target=self._server.run, kwargs=kwargs, daemon=True)
        self._thread.start()

    def address(self) -> str:
        """Where it answers, once it does."""
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)
        return f"http://{HOST}:{self._listener.getsockname()[1]}"

    def dismiss(self) -> None:
        """Tell it to end."""
        self._server.should_exit = self._server.force_exit = True

    def close(self) -> None:
        """Wait for its end."""
        self._thread.join(timeout=5)
        self._listener.close()


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """The reference's log lines go to a file, as a deployment's would."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("reference_auth")
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before
        handler.close()
