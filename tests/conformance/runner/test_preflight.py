"""Before a run: each thing that may be wrong with target or deployment is one sentence."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import count
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment import opening
from conformance_tests.deployment.clock import Clock
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.instances import Instances
from conformance_tests.deployment.opening import assemble, reach
from conformance_tests.deployment.table import Table
from conformance_tests.deployment.wiring import Wiring
from conformance_tests.outcomes import NotTestable, RunAlone
from conformance_tests.redaction import Redactor
from conformance_tests.report import verdict
from conformance_tests.runner import clock_check, preflight
from conformance_tests.runner.clock_check import take_clock
from conformance_tests.runner.discover import other_lifetimes
from conformance_tests.runner.options import Options
from conformance_tests.runner.preflight import OPAQUE, prepare
from conformance_tests.runner.run import remark_about, run_suite
from conformance_tests.target.model import Target
from conformance_tests.target.parts import (
    ClockAddress,
    FaultAddress,
    Http,
    Lifetimes,
    OddLogin,
    TableAddress,
)
from tests.conformance.fakes import (
    ALICE,
    BOB,
    LOGIN,
    REVOKE,
    SECRET,
    MemoryTable,
    client_of,
    deployment,
    error,
    pair,
    says,
    target,
)

CLOCK_URL = "http://deployment.test/clock"
ANYWHERE = TableAddress("auth", "eu-west-1", "http://127.0.0.1:1")
TYPENAME = httpx.Response(200, json={"data": {"__typename": "Query"}})

Asked = Callable[[httpx.Request], httpx.Response]


class Server(httpx.BaseTransport):
    """A deployment with a clock of its own; a test replaces what it wants to go wrong."""

    def __init__(self) -> None:
        self.ids: dict[str, Any] = {ALICE.email: 7, BOB.email: "bob"}
        self.forge = Forge(SECRET)
        self.table: MemoryTable | None = None
        self.ahead = 0.0
        self.stands_at: float | None = None
        self.clock: Asked = self.set_clock
        self.login: Callable[[str], httpx.Response] = self.log_in
        self.revoked: list[float | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path == "/clock":
            return self.clock(request)
        body = json.loads(request.content)
        if LOGIN in body["query"]:
            return self.login(body["variables"]["email"])
        if REVOKE in body["query"]:
            self.revoked.append(self.stands_at)
            return says(REVOKE, {"result": True})
        return TYPENAME

    def now(self) -> int:
        return int(time.time() + self.ahead if self.stands_at is None else self.stands_at)

    def set_clock(self, request: httpx.Request) -> httpx.Response:
        self.stands_at = json.loads(request.content)["now"]
        return httpx.Response(204)

    def log_in(self, email: str) -> httpx.Response:
        now, id_ = self.now(), self.ids[email]
        claims = {"customer_id": id_, "exp": now + 840, "refresh_expiry": now + 900}
        refresh_token = self.forge.refresh_token(id_, now + 840)
        if self.table is not None:
            self.table.put(id_, self.forge.hash_of(refresh_token), now + 900)
        return says(LOGIN, pair(self.forge.mint(claims), refresh_token))


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """A sleep that takes no time; to the server it does."""

    def sleep(seconds: float) -> None:
        server.ahead += seconds

    monkeypatch.setattr(time, "sleep", sleep)


def looked_over(server: Server, judged: Target) -> tuple[Customers, str | None]:
    with ExitStack() as ends:
        return prepared(server, judged, ends)


def prepared(
    server: Server, judged: Target, ends: ExitStack, *, side_by_side: bool = False
) -> tuple[Customers, str | None]:
    found = Customers(assemble(judged, ends, Wiring(transport=server)))
    return found, prepare(found, ends, side_by_side=side_by_side)


# -- is anyone there ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "response, said",
    [
        (TYPENAME, None),
        (httpx.Response(400, json={"errors": []}), None),
        (httpx.Response(301, headers={"location": "https://x/"}), "redirects to https://x/: put"),
        (httpx.Response(200, text="<html>"), "HTTP 200 (text/plain), not GraphQL: check url"),
        (httpx.Response(404), "HTTP 404 (no content type), not GraphQL: check url"),
        (httpx.Response(200, json=["data"]), "HTTP 200 (application/json), not GraphQL"),
    ],
)
def test_an_address_is_graphql_or_it_is_said_what_it_is(
    response: httpx.Response, said: str | None
) -> None:
    """Anything but a JSON object with data or errors is another kind of server."""
    found = reach(client_of(lambda body, headers: response))
    assert found is None if said is None else said in str(found)


def test_an_address_where_nobody_listens() -> None:
    """The sentence has the address and what happened."""

    def refuse(body: object, headers: object) -> httpx.Response:
        raise httpx.ConnectError("refused")

    found = reach(client_of(refuse))
    assert found == (
        "http://deployment.test/graphql cannot be reached: the connection was refused (refused); "
        "check url"
    )


# -- table and proxy ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble, said",
    [
        (
            ClientError({"Error": {"Code": "AccessDeniedException"}}, "Query"),
            "the table auth refuses Query: AccessDeniedException; let these credentials read",
        ),
        (
            ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Query"),
            "ResourceNotFoundException; there is none of that name there: check [table]",
        ),
        (
            NoCredentialsError(),
            "NoCredentialsError; set the usual AWS variables, AWS_ACCESS_KEY_ID",
        ),
        (
            EndpointConnectionError(endpoint_url="x"),
            "the table auth cannot be reached: EndpointConnectionError; mend [table] or leave it",
        ),
    ],
)
def test_a_table_that_cannot_be_read(
    server: Server, monkeypatch: pytest.MonkeyPatch, trouble: Exception, said: str
) -> None:
    """Denied or unreachable, it stops the run before anybody logs in."""

    def rows(self: Table, customer_id: object) -> None:
        raise trouble

    monkeypatch.setattr(Table, "rows", rows)
    judged, found = looked_over(server, target(table=ANYWHERE))
    assert said in str(found)
    assert judged.deployment.client.logins == 0


@pytest.mark.parametrize(
    "region, profile, said",
    [
        (
            "bad region",
            None,
            "cannot be opened: InvalidRegionError; check region in [table], or AWS_REGION",
        ),
        ("eu-west-1", "nosuch", "cannot be opened: ProfileNotFound; check AWS_PROFILE"),
    ],
)
def test_a_table_for_which_no_client_can_be_made(
    server: Server, monkeypatch: pytest.MonkeyPatch, region: str, profile: str | None, said: str
) -> None:
    """What the region or the environment spoils is a sentence too."""
    if profile is not None:
        monkeypatch.setenv("AWS_PROFILE", profile)
    _, found = looked_over(server, target(table=TableAddress("auth", region)))
    assert found == f"the table auth {said}"


def test_a_proxy_that_cannot_listen(server: Server) -> None:
    """A port that is taken is one sentence that says what to mend."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        faults = FaultAddress(listen, "http://127.0.0.1:1")
        _, found = looked_over(server, target(faults=faults))
    assert "mend [faults] or leave it out" in str(found)


# -- logins ------------------------------------------------------------------------------------


def test_everyone_logs_in_once_and_has_an_id(server: Server) -> None:
    """Two logins, two ids, each of its own type."""
    judged, found = looked_over(server, target(claims=frozenset({"CORE"})))
    assert found is None
    assert [customer.id for customer in judged.registered] == [7, "bob"]
    assert judged.deployment.client.logins == 2


def in_turn(server: Server, lowered_by: int = 1) -> Callable[[str], httpx.Response]:
    """Logins of which each has an exp of its own, as RACE-01 says."""
    lowered = count(0, lowered_by)

    def log_in(email: str) -> httpx.Response:
        claims = {"customer_id": server.ids[email], "exp": server.now() + 840 - next(lowered)}
        refresh_token = server.forge.refresh_token(claims["customer_id"], claims["exp"])
        return says(LOGIN, pair(server.forge.mint({**claims, "iat": server.now()}), refresh_token))

    return log_in


def seconds_of(server: Server, *seconds: int) -> None:
    """Each login as it was, in these seconds."""
    log_in, each = server.login, iter(seconds)

    def at_its_second(email: str) -> httpx.Response:
        server.stands_at = next(each)
        return log_in(email)

    server.login = at_its_second


@pytest.mark.parametrize(
    "seconds, logins, apart",
    [
        ([1, 1, 5, 5, 5], 5, True),
        ([1, 1, 5, 5, 6, 6, 6], 7, True),
        ([1, 1, 5, 6, 7, 8, 9, 10], 8, False),
    ],
    ids=["one second", "the next", "slow logins"],
)
def test_logins_of_one_second_are_seen_to_be_told_apart(
    server: Server, seconds: list[int], logins: int, apart: bool
) -> None:
    """Three of them; the first two are those that tell the ids."""
    server.login = in_turn(server)
    seconds_of(server, *(1_800_000_000 + 100 * second for second in seconds))
    judged, _ = looked_over(server, target())
    assert judged.deployment.tells_pairs_apart == apart
    assert judged.deployment.client.logins == logins


def test_pairs_of_one_second_that_are_the_same_are_not_told_apart(server: Server) -> None:
    """Two more logins show it."""
    server.login = in_turn(server, lowered_by=0)
    server.stands_at = 1_800_000_000
    judged, _ = looked_over(server, target())
    assert not judged.deployment.tells_pairs_apart
    assert judged.deployment.client.logins == 4


@pytest.mark.parametrize(
    "offered",
    [{"logins_per_minute": 60}, {"claims": frozenset({"CORE"})}],
    ids=["logins are few", "RACE is not claimed"],
)
def test_nobody_logs_in_once_more_where_it_is_no_use(
    server: Server, offered: dict[str, Any]
) -> None:
    """A pace is no reason to hurry, and who does not claim RACE may give one pair twice."""
    server.login = in_turn(server)
    judged, _ = looked_over(server, target(**offered))
    assert not judged.deployment.tells_pairs_apart
    assert judged.deployment.client.logins == 2


def test_refused_credentials_stop_the_logins(server: Server) -> None:
    """The sentence names the customer, what was said and where to look, never the password."""
    server.login = lambda email: says(LOGIN, None, error("graphql-authentication", "Wrong"))
    judged, found = looked_over(server, target())
    assert str(found).startswith("the login of alice@example.com was refused: HTTP 200")
    assert str(found).endswith("'Wrong' (graphql-authentication); check [[customers]]")
    assert judged.locked_out == found
    assert judged.deployment.client.logins == 1
    assert ALICE.password not in str(found)


def test_a_login_without_any_answer(server: Server) -> None:
    """A dropped connection is said as such."""

    def drop(email: str) -> httpx.Response:
        raise httpx.RemoteProtocolError("gone")

    server.login = drop
    _, found = looked_over(server, target())
    assert found == (
        "the login of alice@example.com got no answer: the connection was dropped (gone)"
    )


@pytest.mark.parametrize("value", [None, pair("", ""), pair("no-jwt", "x"), {"token": 7}])
def test_a_login_without_a_usable_pair_is_left_to_the_tests(server: Server, value: Any) -> None:
    """That is CORE-01's failure: the run goes on."""
    server.login = lambda email: says(LOGIN, value)
    judged, found = looked_over(server, target())
    assert found is None
    assert len(judged.registered) == 2


def test_two_customers_who_are_one(server: Server) -> None:
    """What concerns another customer could not be told from what concerns oneself."""
    server.ids = {ALICE.email: 7, BOB.email: "7"}
    judged, found = looked_over(server, target())
    assert found == "two customers log in as one and the same: name different ones"
    assert judged.locked_out == found


# -- secret and forge --------------------------------------------------------------------------


def in_memory(monkeypatch: pytest.MonkeyPatch, server: Server) -> MemoryTable:
    """Server and suite look at one table."""
    server.table = MemoryTable()
    monkeypatch.setattr(MemoryTable, "check", lambda self: None)
    monkeypatch.setattr(MemoryTable, "close", lambda self: None)
    monkeypatch.setattr(opening, "Table", lambda address, client: server.table)
    return server.table


def test_a_sound_deployment_is_not_doubted(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions can be forged where pair and row are what WIRE says."""
    in_memory(monkeypatch, server)
    judged, found = looked_over(server, target(secret=SECRET, table=ANYWHERE))
    assert (found, judged.deployment.wrong_secret, judged.deployment.odd_pairs) == (
        None,
        None,
        None,
    )
    assert judged.deployment.can_forge


def test_a_secret_that_verifies_nothing_is_doubted(server: Server) -> None:
    """What rests on it is not testable, and the sentence says where to look."""
    judged, found = looked_over(server, target(secret=f"not {SECRET}"))
    assert found is None
    assert judged.deployment.wrong_secret == (
        "the secret does not verify the deployment's own tokens: check [signing]"
    )
    assert not judged.deployment.can_hash


def test_a_deployment_that_derives_otherwise_is_not_forged_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real sessions are used then, and only WIRE-06 is the worse for it."""
    in_memory(monkeypatch, server)
    monkeypatch.setattr(server.forge, "refresh_token", lambda id_, exp: "ab" * 64)
    judged, _ = looked_over(server, target(secret=SECRET, table=ANYWHERE))
    assert "WIRE-06" in str(judged.deployment.odd_pairs)
    assert not judged.deployment.can_forge
    assert judged.someone().id == judged.alice.id


def test_refresh_tokens_of_another_make_are_told_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the secret alone too: no row has to guess at a cause, and the remark says what to do."""
    monkeypatch.setattr(server.forge, "refresh_token", lambda id_, exp: f"rt_{exp}-opaque")
    with ExitStack() as ends:
        judged, found = prepared(server, target(secret=SECRET), ends)
        assert found is None
        assert OPAQUE in str(remark_about(judged))
    assert judged.deployment.opaque == OPAQUE
    assert not judged.deployment.can_hash
    judged, _ = looked_over(server, target(secret=SECRET, claims=("CORE",)))
    assert judged.deployment.opaque is None


def test_a_deployment_that_hashes_otherwise_is_not_forged_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are found by comparison then, and only STORE-02 is the worse for it."""
    in_memory(monkeypatch, server)
    monkeypatch.setattr(server.forge, "hash_of", lambda token: token[:64])
    with ExitStack() as ends:
        judged, _ = prepared(server, target(secret=SECRET, table=ANYWHERE), ends)
        session = judged.alice.log_in()
    assert "STORE-02" in str(judged.deployment.odd_pairs)
    assert not judged.deployment.can_hash
    assert session.hash == session.refresh_token[:64]


def test_every_secret_of_the_target_is_known_at_once() -> None:
    """Passwords, the secret and the values of headers, before any traffic."""
    redactor = Redactor()
    judged = target(
        secret=SECRET,
        http=Http(headers={"X-Bypass": "let-me-in"}),
        odd_logins=(OddLogin("null", "ghost@example.com", "Boo-1"),),
    )
    redactor.add_given(judged.secrets())
    known = redactor.names()
    assert known.keys() == {ALICE.password, BOB.password, "Boo-1", SECRET, "let-me-in"}


# -- clocks ------------------------------------------------------------------------------------


def clocked(server: Server) -> Clock:
    judged, found = looked_over(server, target(clock=ClockAddress(http=CLOCK_URL)))
    assert found is None
    return judged.deployment.clock


@pytest.mark.usefixtures("asleep")
def test_a_clock_that_moves_and_stands_is_used(server: Server) -> None:
    """A login a minute later shows it; real time is given back in the end."""
    clock = clocked(server)
    assert (clock.name, clock.frozen) == ("http", True)
    assert server.stands_at is None


@pytest.mark.usefixtures("asleep")
def test_a_clock_that_ticks_on_is_used_as_such(server: Server) -> None:
    """It moves, but no test may rely on a second of it."""

    def tick(request: httpx.Request) -> httpx.Response:
        now = json.loads(request.content)["now"]
        server.ahead = 0.0 if now is None else now - time.time()
        return httpx.Response(200)

    server.clock = tick
    clock = clocked(server)
    assert (clock.name, clock.frozen) == ("http", False)


@pytest.mark.usefixtures("asleep")
def test_collisions_do_not_make_a_standing_clock_tick(server: Server) -> None:
    """A deployment that lets exp grow where two logins share a second stands still all the same."""
    seen: dict[tuple[str, int], int] = {}

    def collide(email: str) -> httpx.Response:
        server_now, kept = server.now(), server.stands_at
        again = seen[email, server_now] = seen.get((email, server_now), -1) + 1
        server.stands_at = server_now + again
        try:
            return server.log_in(email)
        finally:
            server.stands_at = kept

    server.login = collide
    assert clocked(server).frozen


@pytest.mark.usefixtures("asleep")
@pytest.mark.parametrize("status", [204, 404])
def test_a_clock_that_does_not_move_is_not_used(server: Server, status: int) -> None:
    """Whether it says so or not: real time is what remains, and what it is told to keep."""
    told: list[object] = []

    def stay(request: httpx.Request) -> httpx.Response:
        told.append(json.loads(request.content)["now"])
        return httpx.Response(status)

    server.clock = stay
    clock = clocked(server)
    assert clock.name == "real"
    with pytest.raises(NotTestable, match=r"the clock .*; mend \[clock\] or leave it out"):
        clock.move_to(clock.now() + 60)
    assert told[1] is None
    assert set(told[1:]) == {None}


@pytest.mark.usefixtures("asleep")
def test_a_dead_clock_is_not_used(server: Server) -> None:
    """A clock that gives no answer stops nothing."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    server.clock = refuse
    clock = clocked(server)
    assert clock.name == "real"
    with pytest.raises(NotTestable, match=r"gave no answer: .*; mend \[clock\] or leave it out"):
        clock.freeze_at(int(clock.now()) + 60)


@pytest.mark.usefixtures("asleep")
@pytest.mark.parametrize("status", [200, 404])
def test_a_clock_is_left_alone_as_long_as_tests_run_side_by_side(
    server: Server, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Where sessions can be forged. It is tried when the first test needs it, in all instances."""
    in_memory(monkeypatch, server)
    set_clock = server.clock
    server.clock = lambda request: set_clock(request) if status == 200 else httpx.Response(status)
    judged = target(secret=SECRET, table=ANYWHERE, clock=ClockAddress(http=CLOCK_URL))
    with ExitStack() as ends:
        customers, _ = prepared(server, judged, ends, side_by_side=True)
        deployment = customers.deployment
        assert server.stands_at is None
        assert deployment.ages_by_replacing
        for asked in ("movable", "frozen"):
            with pytest.raises(RunAlone):
                getattr(deployment.clock, asked)
        with pytest.raises(RunAlone), deployment.clock.window():
            pass
        take_clock(customers, Instances(deployment, ends))
        assert deployment.clock.movable is (status == 200)
        assert (deployment.clock.unusable is None) is (status == 200)
    assert server.stands_at is None


@pytest.mark.usefixtures("asleep")
def test_without_the_table_a_clock_is_taken_at_once(server: Server) -> None:
    """Sessions expire by it alone."""
    judged = target(secret=SECRET, clock=ClockAddress(http=CLOCK_URL))
    with ExitStack() as ends:
        customers, _ = prepared(server, judged, ends, side_by_side=True)
        assert customers.deployment.clock.movable


@pytest.mark.parametrize("ahead, noticed", [(0.4, 0.0), (30.0, 30.0), (-30.0, -30.0)])
def test_a_skew_is_measured_where_it_is_more_than_the_network_s(
    ahead: float, noticed: float
) -> None:
    """By the newest answers, but for a single odd one and those that a busy server dates early."""
    client = client_of(lambda body, headers: TYPENAME)
    late = [ahead - seconds for seconds in range(8)]
    client.skews = [5000.0, 5000.0, 5000.0, ahead, *late, 1000.0]
    assert client.skew == noticed


@pytest.mark.usefixtures("asleep")
def test_a_move_of_the_clock_stands_in_the_transcript(server: Server) -> None:
    """Who reads a failure sees where time went by."""
    with ExitStack() as ends:
        judged, _ = prepared(server, target(clock=ClockAddress(http=CLOCK_URL)), ends)
        judged.deployment.recorder.start_test()
        judged.deployment.pass_seconds(841)
        assert judged.deployment.recorder.transcript() == ("* the clock was moved by 841 s",)


@pytest.mark.usefixtures("asleep")
def test_an_interrupt_while_the_clock_is_tried_leaves_nothing_behind(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sessions end on the clock that they were made by, then it is given back."""

    def stop(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(clock_check, "_stands_still", stop)
    judged = target(clock=ClockAddress(http=CLOCK_URL))
    run = run_suite(judged, wiring=Wiring(transport=server))
    assert run.interrupted
    assert len(server.revoked) == 4  # each customer's first login, and two about the clock
    assert None not in server.revoked
    assert server.stands_at is None
    assert verdict.judge(judged, run).incomplete


@pytest.mark.usefixtures("asleep")
def test_a_fault_while_the_clock_is_tried_leaves_nothing_behind_either(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the suite itself breaks by is not swallowed."""

    def fail(*_: object) -> bool:
        raise RuntimeError("of the suite")

    monkeypatch.setattr(clock_check, "_stands_still", fail)
    with pytest.raises(RuntimeError, match="of the suite"):
        run_suite(target(clock=ClockAddress(http=CLOCK_URL)), wiring=Wiring(transport=server))
    assert len(server.revoked) == 4
    assert server.stands_at is None


def test_an_interrupt_between_two_logins_ends_the_first(server: Server) -> None:
    """Whose session it is may not be known yet."""

    def stop_at_bob(email: str) -> httpx.Response:
        if email == BOB.email:
            raise KeyboardInterrupt
        return server.log_in(email)

    server.login = stop_at_bob
    assert run_suite(target(), wiring=Wiring(transport=server)).interrupted
    assert len(server.revoked) == 1


def test_two_customers_who_are_one_are_logged_out(server: Server) -> None:
    """A run that cannot go on leaves no session either."""
    server.ids = {ALICE.email: 7, BOB.email: "7"}
    run_suite(target(), Options(only=("CORE-01",)), wiring=Wiring(transport=server))
    assert len(server.revoked) == 2


def test_a_login_that_is_asked_to_try_again_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A busy deployment is no wrong password; one that stays busy is told of."""
    monkeypatch.setattr(preflight, "LOGIN_PAUSE_SECONDS", 0)

    def met(busy_times: int) -> tuple[object, int]:
        asked: list[object] = []

        def speak(body: Mapping[str, Any], headers: httpx.Headers) -> httpx.Response:
            asked.append(body)
            if len(asked) > busy_times:
                return says(LOGIN, pair())
            return says(LOGIN, None, error("graphql-server-internal-error"))

        alice = RegisteredCustomer(deployment(speak), ALICE)
        return preflight.login_with_retry(alice).value, len(asked)

    value, asked = met(2)
    assert value
    assert asked == 3
    assert met(9) == (None, 3)


def test_times_that_have_no_difference_are_no_error_of_the_suite(server: Server) -> None:
    """Two numbers may be finite and their difference not: a requirement says what they are."""
    odd = {"exp": 1.7e308, "iat": -1.7e308, "refresh_expiry": 1.7e308}
    with ExitStack() as ends:
        customers, _ = prepared(server, target(), ends)
        session = Session(customers.alice, unsigned(odd), "x")
    assert other_lifetimes(session, Lifetimes()) is None


def test_what_comes_before_the_tests_takes_no_longer_than_they_may() -> None:
    """A deployment that puts everybody off is not waited for beyond --max-duration."""
    put_off = httpx.MockTransport(lambda request: httpx.Response(429, headers={"retry-after": "5"}))
    began = time.monotonic()
    run = run_suite(target(), Options(max_seconds=1), wiring=Wiring(transport=put_off))
    assert "lets nobody by" in str(run.unreachable)
    assert time.monotonic() - began < 4


def unsigned(claims: Mapping[str, Any]) -> str:
    """An access token with these claims, and a signature that is none."""
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts), "x"])
