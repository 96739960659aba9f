"""How fast a deployment is asked: so many logins a minute, and as fast as a throttle lets by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from typing import Any

import httpx
import pytest

from conformance_tests.commands.doctor import examine
from conformance_tests.commands.init import init
from conformance_tests.deployment import waiting
from conformance_tests.deployment.http import throttle
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.deployment.instances import Instances
from conformance_tests.deployment.opening import assemble
from conformance_tests.deployment.wiring import Wiring
from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted
from conformance_tests.report import exit_codes
from conformance_tests.report.verdict import Report, Run, judge
from conformance_tests.runner.options import Options, Silence
from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from conformance_tests.target.parts import Credentials, Features, Instance
from tests.conformance.fakes import LOGIN, client_of, deployment, in_turn, pair, says, target

PER_MINUTE = 20
THROTTLE = "set logins_per_minute in [limits]"


class HandTime:
    """A time that only sleeping lets go by."""

    def __init__(self) -> None:
        self.now = 5_000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> HandTime:
    """The time by which the pace is kept; nobody really waits."""
    hand = HandTime()
    monkeypatch.setattr(throttle, "time", hand)
    monkeypatch.setattr(waiting, "sleep", lambda seconds: hand.sleep(seconds))
    return hand


def too_many(seconds: str | None = "3600") -> httpx.Response:
    """What a throttle says."""
    return httpx.Response(429, headers={} if seconds is None else {"retry-after": seconds})


# -- so many logins a minute -------------------------------------------------------------------


class Diary(httpx.BaseTransport):
    """A deployment that lets everybody in, and notes when."""

    def __init__(self, hand: HandTime) -> None:
        self.hand = hand
        self.logins: list[float] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        times = request.read().decode().count(f"{LOGIN}(")
        self.logins += [self.hand.now] * times
        return says(LOGIN, pair())

    @property
    def most_in_a_minute(self) -> int:
        return max(sum(then <= at < then + 60 for at in self.logins) for then in self.logins)


def open_deployment(diary: Diary, **changes: Any) -> tuple[ExitStack, Instances]:
    """A target with a login throttle, and all of its instances."""
    urls = {name: Instance(f"http://{name}.test/graphql") for name in ("production", "featured")}
    judged = target(
        logins_per_minute=PER_MINUTE,
        environment="development",
        instances=urls,
        features=Features(grace_seconds=30),
        **changes,
    )
    ends = ExitStack()
    return ends, Instances(assemble(judged, ends, Wiring(transport=diary)), ends)


def test_logins_keep_to_so_many_a_minute(hand: HandTime) -> None:
    """Whoever logs in at once waits for a turn, and the user is told."""
    told: list[str] = []
    ends, instances = open_deployment(diary := Diary(hand))
    client = instances.main.client
    client.rate.tell = told.append
    with ends:
        for _ in range(3 * PER_MINUTE):
            client.log_in("alice@example.com", "word")
    assert len(diary.logins) == 3 * PER_MINUTE
    assert diary.most_in_a_minute == PER_MINUTE
    assert set(told) == {"waiting 3 s to keep to logins_per_minute"}


def test_all_instances_of_a_target_keep_one_pace(hand: HandTime) -> None:
    """They may stand behind one throttle: together they log in no oftener than one would."""
    ends, instances = open_deployment(diary := Diary(hand))
    with ends:
        found = [instances.main, instances.in_environment("production"), instances.with_grace()]
        assert len({each.client.url for each in found}) == 3
        for _ in range(PER_MINUTE):
            for each in found:
                each.client.log_in("alice@example.com", "word")
    assert diary.most_in_a_minute == PER_MINUTE


def test_logins_at_once_take_turns(hand: HandTime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of several parallel logins waits for a turn of its own."""
    turns: list[float] = []
    kept = throttle.LoginRate(PER_MINUTE)
    monkeypatch.setattr(hand, "sleep", turns.append)
    deployment().together(*[kept.wait] * 8)
    assert sorted(turns) == [3.0 * place for place in range(1, 8)]


def test_logins_in_one_request_are_counted_one_by_one(hand: HandTime) -> None:
    """Before eleven of them in one document, as many turns have gone by."""
    ends, instances = open_deployment(Diary(hand))
    with ends:
        client, began = instances.main.client, hand.now
        OddClient(client).log_in_often("batch", 11, Credentials("a@b.test", "word"))
    assert hand.now - began == pytest.approx(30.0)


def test_without_a_limit_nobody_waits(hand: HandTime) -> None:
    """The clock has not moved after a hundred logins."""
    client, began = client_of(lambda body, headers: says(LOGIN, pair())), hand.now
    for _ in range(100):
        client.log_in("alice@example.com", "word")
    assert hand.now == began


# -- a throttle --------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds, waited", [("30", 30.0), (None, 1.0), ("0", 0.1), ("120", 120.0)])
def test_a_throttle_is_waited_for(hand: HandTime, seconds: str | None, waited: float) -> None:
    """As long as it says, a second where it does not; the user is told meanwhile."""
    told: list[str] = []
    client, began = client_of(in_turn(too_many(seconds), says(LOGIN, pair()))), hand.now
    client.rate.tell = told.append
    assert client.log_in("alice@example.com", "word").status == 200
    assert hand.now - began == pytest.approx(waited)
    assert told == [f"waiting {waited:.0f} s, as the deployment asks (HTTP 429)"]


def test_a_throttle_for_too_long_is_not_testable(hand: HandTime) -> None:
    """No test judges that answer; the sentence says what to do."""
    client, began = client_of(in_turn(too_many())), hand.now
    with pytest.raises(Throttled, match="HTTP 429, ask again in 3600 s") as throttled:
        client.log_in("alice@example.com", "word")
    assert THROTTLE in str(throttled.value)
    assert hand.now == began


def test_a_throttle_that_never_ends_is_waited_for_once(hand: HandTime) -> None:
    """Where all waiting was in vain, only the next answer that gets by gives patience again."""
    speak = [lambda body, headers: too_many("1")]
    client, began = client_of(lambda body, headers: speak[0](body, headers)), hand.now

    def given_up() -> float:
        before = hand.now
        with pytest.raises(Throttled):
            client.trivial()
        return hand.now - before

    assert [given_up() for _ in range(3)] == [pytest.approx(120.0, abs=1.5), 0.0, 0.0]
    assert hand.now - began < 122
    speak[0] = lambda body, headers: says("__typename", "Query")
    assert client.trivial().status == 200
    speak[0] = lambda body, headers: too_many("1")
    assert given_up() == pytest.approx(120.0, abs=1.5)


def test_a_throttle_may_refuse_many_logins_in_one_request(hand: HandTime) -> None:
    """GQL-07 asks for a throttle that counts them: there its refusal is an answer."""
    client = client_of(lambda body, headers: too_many())
    answer = OddClient(client).log_in_often("aliases", 11, Credentials("a@b.test", "word"))
    assert answer.status == 429


# -- before a run ------------------------------------------------------------------------------


class Throttling(httpx.BaseTransport):
    """A deployment that answers 429 to some requests, once so many of them were let by."""

    def __init__(self, to: httpx.BaseTransport, what: str = "", by: int = 0) -> None:
        self.to, self.what, self.left = to, what.encode(), count(by, -1)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        asked = request.url.path == "/graphql" and self.what in request.content
        if asked and next(self.left) <= 0:
            return too_many()
        return self.to.handle_request(request)


def trivially(request: httpx.Request) -> httpx.Response:
    return says("__typename", "Query")


TRIVIAL = httpx.MockTransport(trivially)


def test_a_throttle_at_the_first_login_is_told_as_such() -> None:
    """The customers are not what is to be mended, and the run is one that could not be had."""
    report = report_of(target(), Throttling(TRIVIAL, LOGIN), "CORE-01", "CORE-02")
    assert report.exit == exit_codes.UNTESTED
    assert not report.conformant
    told = str(report.untested)
    assert told.startswith("the login of alice@example.com was not let by: the deployment throttl")
    assert THROTTLE in told
    assert "[[customers]]" not in told


def test_a_throttle_at_the_very_first_request_is_told_as_such() -> None:
    """A deployment that answers 429 to everything is not reached."""
    report = report_of(target(), Throttling(TRIVIAL))
    assert report.exit == exit_codes.UNTESTED
    assert str(report.untested).startswith("http://deployment.test/graphql lets nobody by: the")
    assert not report.evaluated


@pytest.mark.parametrize("what", ["", LOGIN, "getUserAuth"])
def test_the_doctor_tells_a_throttle(what: str) -> None:
    """One of its lines is bad and says what to do."""
    with ExitStack() as ends:
        lines = list(examine(target(), ends, Wiring(transport=Throttling(TRIVIAL, what))))
    assert [line.sign for line in lines].count("bad") >= 1
    assert any(THROTTLE in line.says for line in lines if line.sign == "bad")


def test_init_tells_a_throttle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where too little can be found out it is one sentence, and no file."""
    throttling = Throttling(TRIVIAL, "__schema")
    monkeypatch.setattr(
        "conformance_tests.deployment.http.client.Transport", lambda ca_file: throttling
    )
    assert init("http://deployment.test/graphql") == exit_codes.UNTESTED
    printed = capsys.readouterr()
    assert printed.out == ""
    assert THROTTLE in printed.err


# -- in a run ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference() -> Iterator[Booted]:
    """The embedded reference, of which nothing but its clock is offered."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as (target, wiring):
        clock_alone = replace(
            target,
            secret=None,
            table=None,
            launch=None,
            log_file=None,
            odd_logins=(),
            instances={},
            features=Features(),
        )
        yield Booted(clock_alone, wiring)


class Told(Silence):
    """A progress that remembers what was waited for."""

    def __init__(self) -> None:
        self.waits: list[str] = []

    def waiting(self, told: str) -> None:
        self.waits.append(told)


def run_through(
    transport: httpx.BaseTransport, judged: Target, *only: str, progress: Silence | None = None
) -> Run:
    """A run whose requests all go this way."""
    return run_suite(judged, Options(only=only), progress, wiring=Wiring(transport=transport))


def report_of(judged: Target, transport: httpx.BaseTransport, *only: str) -> Report:
    return judge(judged, run_through(transport, judged, *only))


def test_a_throttled_sound_deployment_fails_nothing(reference: Booted) -> None:
    """What it let by is judged, the rest is unanswered and says why."""
    target, inner = reference.target, reference.wiring.transport
    assert inner is not None
    report = report_of(target, Throttling(inner, LOGIN, by=14), "CORE")
    rows = report.of_status("unanswered")
    assert [row.requirement.id for row in report.of_status("fail", "warn", "error")] == []
    assert report.of_status("pass")
    assert sum(THROTTLE in str(row.detail) for row in rows) >= 5


def test_a_deployment_that_lets_nobody_by_any_more_is_not_conformant(reference: Booted) -> None:
    """Once a run has begun as well: then nothing was evaluated."""
    target, inner = reference.target, reference.wiring.transport
    assert inner is not None
    report = report_of(target, Throttling(inner, by=6))
    assert report.of_status("fail", "warn", "error") == ()
    assert [row.requirement.id for row in report.of_status("pass")] == []
    assert report.exit == exit_codes.UNTESTED
    assert not report.conformant


def test_sessions_that_a_throttle_keeps_open_are_told(reference: Booted) -> None:
    """Whoever is not let by to log out leaves a session, and the report says so."""
    target, inner = reference.target, reference.wiring.transport
    assert inner is not None
    throttling = Throttling(inner, "revokeCustomerToken")
    left = run_through(throttling, target, "CORE-01").left_behind
    assert len(left) == 2
    assert all(THROTTLE in told for told in left)


def test_waits_in_a_run_are_told(reference: Booted) -> None:
    """The user learns of a throttle's wait as of any other."""
    target, inner = reference.target, reference.wiring.transport
    assert inner is not None
    turns = count(1)

    def now_and_then(request: httpx.Request) -> httpx.Response:
        is_login = LOGIN.encode() in request.read()
        if is_login and next(turns) % 4 == 0:
            return too_many("1")
        return inner.handle_request(request)

    progress = Told()
    rows, transport = ("CORE-01", "CORE-04", "CORE-26"), httpx.MockTransport(now_and_then)
    run = run_through(transport, target, *rows, progress=progress)
    assert {finding.status for finding in run.findings} == {"pass"}
    assert "waiting 1 s, as the deployment asks (HTTP 429)" in progress.waits


ODD_DATE = "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"


@pytest.mark.parametrize("said, seconds", [
    ("²", 1.0), ("", 1.0), ("-5", 1.0), ("soon", 1.0), (ODD_DATE, 1.0),
    ("0", 0.1), (" 7 ", 7.0), ("9" * 400, throttle.MOST_ASKED_SECONDS),
    ("Mon, 0² Jan 2024 00:00:00 GMT", 1.0),
    ("Thu, 01 Jan 1970 01:24:00 GMT", 40.0), ("Thu, 01 Jan 1970 01:24:00 -0000", 40.0),
])  # fmt: skip
def test_whatever_a_throttle_says_is_a_pause(hand: HandTime, said: str, seconds: float) -> None:
    """A number of seconds or a date; what is neither is a second, and no error of the suite."""
    answer = client_of(in_turn(httpx.Response(200))).trivial()
    throttled = replace(answer, status=429, headers={"retry-after": said})
    assert throttle.retry_after(throttled) == seconds


@pytest.mark.parametrize(
    "date",
    [
        ODD_DATE,
        "Mon, 01 Jan 2024 99:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 -0000",
        "2026-11-30T06:00:00Z",
        "\xb2",
        "",
    ],
)
def test_an_odd_date_shows_no_skew(date: str) -> None:
    """The deployment's clock is then taken for right."""
    client = client_of(in_turn(httpx.Response(200, headers={b"date": date.encode("latin-1")})))
    client.trivial()
    assert client.skew == 0
