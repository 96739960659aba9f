"""A run stops on a deployment that answers no more; one that comes back is taken up again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import pytest

from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.http.client import open_client
from conformance_tests.deployment.instances import Instances
from conformance_tests.deployment.launch import Launcher, _free_port
from conformance_tests.runner import watch
from conformance_tests.runner.cleanup import clean_up
from conformance_tests.runner.options import Options, RunContext
from conformance_tests.runner.plugin import ConformancePlugin
from conformance_tests.target.parts import KnownFailure, Launch
from tests.conformance.fakes import ALICE, HandClock, deployment, says

CONFTEST = "from conformance_tests.suite.conftest import *"
HEAD = """
    from conformance_tests.marks import requirement
    from conformance_tests.outcomes import NotTestable, Violation
"""
DEADLY = """
    @requirement("CORE-03")
    def test_a_before(expect, client):
        expect.that(client.refresh("fine", "x").status == 200, "an answer", "none")

    @requirement("GQL-05")
    def test_b_deadly(expect, client):
        expect.not_executed(client.refresh("deadly", "x"))

    @requirement("CORE-03")
    def test_c_after(expect, client):
        expect.that(client.refresh("fine", "x").status == 200, "an answer", "none")
"""


@dataclass
class Mortal:
    """A deployment that a word in a header kills, and that is back after so many more requests."""

    back_after: float
    dead: bool = False
    asked: int = 0

    def __call__(self, body: Any, headers: httpx.Headers) -> httpx.Response:
        if "deadly" in headers.get("authorization", ""):
            self.dead, self.asked = True, 0
            raise httpx.RemoteProtocolError("Server disconnected")
        self.asked += 1
        if self.dead and self.asked <= self.back_after:
            raise httpx.ConnectError("refused")
        self.dead = False
        return says("refreshCustomerToken", None)


@dataclass
class Judged:
    """A run's findings, and pytest's outcomes by test."""

    context: RunContext
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def endings(self) -> list[tuple[str, str]]:
        return [(each.requirement, each.status) for each in self.context.findings]


Judge = Callable[..., Judged]


@pytest.fixture
def judge(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Runs tests under the plugin; nobody waits long for a deployment to come back."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(watch, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(watch, "BACK_SECONDS", 0.2)
    pytester.makeconftest(CONFTEST)

    def run(tests: str, speak: Any, options: Options | None = None, **target: Any) -> Judged:
        pytester.makepyfile(dedent(HEAD) + dedent(tests))
        judged = deployment(speak, clock=HandClock(), **target)
        with ExitStack() as ends:
            context = RunContext(Customers(judged), Instances(judged, ends), options or Options())
            arguments = ("-p", "no:cacheprovider", "--assert=plain")
            plugin = ConformancePlugin(context)
            seen = pytester.inline_run(*arguments, plugins=[plugin], no_reraise_ctrlc=True)
        reports = seen.getreports("pytest_runtest_logreport")
        ended = (report for report in reports if report.when != "teardown")
        outcomes = {each.nodeid.split("::")[1]: str(each.outcome) for each in ended}
        return Judged(context, outcomes)

    return run


def test_a_deployment_that_is_gone_stops_the_run(judge: Judge) -> None:
    """What was judged stands, the rest was not reached, and the last request is named once."""
    judged = judge(DEADLY, Mortal(back_after=float("inf")))
    assert judged.endings == [
        ("CORE-03", "pass"),
        ("GQL-05", "not-reached"),
        ("CORE-03", "not-reached"),
    ]
    assert judged.context.stopped == "the deployment stopped answering in the test of GQL-05"
    assert judged.context.findings[-1].detail == judged.context.stopped
    told = str(judged.context.last_request)
    assert "Bearer deadly" in told.partition("this request came last (b deadly): ")[2]
    assert set(judged.outcomes.values()) == {"passed", "failed"}


def test_a_deployment_that_comes_back_is_judged_to_the_end(judge: Judge) -> None:
    """The request that it died of is the finding."""
    judged = judge(DEADLY, Mortal(back_after=3))
    assert judged.endings == [("CORE-03", "pass"), ("GQL-05", "fail"), ("CORE-03", "pass")]
    card = judged.context.findings[1].card
    assert card is not None
    assert "was started again" in card.actual
    assert "Bearer deadly" in card.reproduce[-1]
    assert judged.context.stopped is None


def test_one_that_only_dropped_a_connection_goes_on(judge: Judge) -> None:
    """It answers at once: the test's own finding stands."""
    judged = judge(DEADLY, Mortal(back_after=0))
    assert judged.endings == [("CORE-03", "pass"), ("GQL-05", "fail"), ("CORE-03", "pass")]
    card = judged.context.findings[1].card
    assert card is not None
    assert card.expected == "the request to be answered 4xx, no data"


SERVER = """
    import json, os, sys
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            if "deadly" in self.headers.get("authorization", ""):
                os._exit(1)
            body = json.dumps({"data": {"refreshCustomerToken": None}}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args): ...

    HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def test_one_that_launch_can_start_is_started_again(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At its own address, and the clock is set as it was."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    program = tmp_path / "server.py"
    program.write_text(dedent(SERVER))
    launch = Launch((sys.executable, str(program)), "http://127.0.0.1:{port}/graphql")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(dedent(HEAD) + dedent(DEADLY))
    clock, port = HandClock(), _free_port()
    with ExitStack() as ends:
        url = ends.enter_context(Launcher(launch, None).start(port=port)).url
        judged = deployment(clock=clock, launch=launch)
        judged.client = ends.enter_context(
            closing(open_client(judged.target, judged.recorder, url=url))
        )
        context = RunContext(Customers(judged), Instances(judged, ends))
        pytester.inline_run("-p", "no:cacheprovider", plugins=[ConformancePlugin(context)])
    endings = [each.status for each in context.findings]
    assert endings == ["pass", "fail", "pass"]
    assert clock.moves == [int(clock.now())]


def test_the_time_of_a_run_is_limited(judge: Judge) -> None:
    """What was not reached by then says so; nobody waits beyond it for a throttle."""
    judged = judge(DEADLY, Mortal(back_after=0), Options(max_seconds=1e-6))
    assert {status for _, status in judged.endings} == {"not-reached"}
    assert "--max-duration" in str(judged.context.stopped)


def throttled(body: Any, headers: httpx.Headers) -> httpx.Response:
    return httpx.Response(429, headers={"retry-after": "100"})


def test_a_throttled_deployment_is_unanswered_before_the_time_is_up(judge: Judge) -> None:
    """429 with 100 seconds to wait, and 5 left for the run."""
    judged = judge(DEADLY, throttled, Options(max_seconds=5))
    assert {status for _, status in judged.endings} == {"unanswered"}


def test_an_interrupted_run_names_what_it_did_not_reach(judge: Judge) -> None:
    """Also further tests of a row of which one has passed."""
    interrupt = """
    @requirement("GQL-05")
    def test_a_passes(expect): ...

    @requirement("GQL-05")
    def test_b_interrupted(expect):
        raise KeyboardInterrupt

    @requirement("GQL-05")
    def test_c_after(expect): ...
    """
    judged = judge(interrupt, Mortal(back_after=0))
    assert [status for _, status in judged.endings] == ["pass", "not-reached", "not-reached"]


def test_nothing_is_sent_to_a_deployment_that_is_gone() -> None:
    """Cleaning up says what may be left, and does not wait for each answer."""
    judged = deployment(Mortal(back_after=0, dead=True))
    alice = RegisteredCustomer(judged, ALICE)
    alice.keep(("one", "two"))
    judged.gone = True
    (left,) = clean_up(Customers(judged, (alice,)))
    assert left == "sessions of alice@example.com may be open still: nothing answers"


RED = """
    @requirement("CORE-02")
    def test_a_must(): raise Violation("this", "that")

    @requirement("HARD-16")
    def test_a_should(): raise Violation("this", "that")

    @requirement("CORE-08")
    def test_known(): raise Violation("this", "that")

    @requirement("API-02")
    def test_advice(): raise Violation("this", "that")

    @requirement("CORE-04")
    def test_unanswered(client): client.refresh("one", "x")

    @requirement("CORE-06")
    def test_unseen(): raise NotTestable("table")
"""


@pytest.mark.parametrize("strict", [False, True])
def test_pytest_says_what_the_verdict_says(judge: Judge, strict: bool) -> None:
    """It is told of a failure exactly where the verdict is red for it."""
    target = {
        "claims": ("CORE", "HARD"),
        "known_failures": (KnownFailure("CORE-08", "we know"),),
    }
    options = Options(strict=strict, max_seconds=5)
    outcomes = judge(RED, throttled, options, **target).outcomes
    failed = {test for test, outcome in outcomes.items() if outcome == "failed"}
    assert failed == {"test_a_must", "test_unanswered", *(["test_a_should"] if strict else [])}
