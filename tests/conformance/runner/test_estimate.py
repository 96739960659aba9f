"""What a run takes of its customers and its user is counted before anybody logs in."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.http.client import Client
from conformance_tests.embedded import boot
from conformance_tests.runner import estimate
from conformance_tests.runner.options import Options, Silence
from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from conformance_tests.target.parts import Features
from tests.conformance.fakes import HandClock, customers

TESTS = """
    from conformance_tests.marks import requirement

    @requirement("CORE-01", logins=3)
    def test_real(alice): ...

    @requirement("CORE-06", logins=5)
    def test_either(someone): ...

    @requirement("STORE-01", logins=7)
    def test_with_the_table(alice, table): ...

    @requirement("RACE-08", logins=11)
    def test_with_grace(graceful): ...

    @requirement("HARD-23", logins=17)
    def test_with_an_end(bounded): ...
"""
CONFTEST = """
    from conformance_tests.marks import declare_marker as pytest_configure
    from conformance_tests.suite.conftest import *
"""


@pytest.fixture
def items(pytester: pytest.Pytester) -> list[pytest.Item]:
    """Five tests, each of which asks for something else."""
    pytester.makeconftest(dedent(CONFTEST))
    pytester.makepyfile(dedent(TESTS))
    found, _ = pytester.inline_genitems("-p", "no:cacheprovider")
    return found


#: What a run may log in for, by what is there to be judged.
LOGINS = {
    "credentials": (customers(), 3 + 5),
    "a table": (customers(table=True), 3 + 5 + 7),
    "secret and table": (customers(table=True, secret=True), 3 + 7),
    "grace": (customers(features=Features(grace_seconds=30)), 3 + 5 + 11),
    "an end": (customers(features=Features(0, 60), table=True, secret=True), 3 + 7 + 17),
    "another claim": (customers(profile="documented", claims=("GQL",), features=Features()), 8),
    "no customers": (customers(customers=()), 0),
    "a refused password": (customers(locked_out="refused"), 0),
}


def test_only_what_can_be_asked_of_a_customer_is_counted(items: list[pytest.Item]) -> None:
    """A test whose fixture is not to be had ends before it logs in; who is made up never does.

    Where nobody can log in, no login is announced, nor any wait for one.
    """
    counted = {name: estimate.logins(items, judged) for name, (judged, _) in LOGINS.items()}
    assert counted == {name: logins for name, (_, logins) in LOGINS.items()}


def apart(judged: Customers) -> Customers:
    """The same, whose logins of one second are seen to give different pairs."""
    judged.deployment.tells_pairs_apart = True
    return judged


@pytest.mark.parametrize(
    "judged, seconds",
    [
        (customers(), 90.0),
        (customers(clock=HandClock()), 0.0),
        (apart(customers()), 0.0),
        (customers(clock=HandClock(), logins_per_minute=30), 180.0),
    ],
    ids=["real time", "a clock", "logins that are told apart", "a pace"],
)
def test_the_waits_between_logins_are_counted(judged: Customers, seconds: float) -> None:
    """A second each where time cannot be moved, shared by those who log in; or the pace.

    None where logins of one second are told apart.
    """
    assert estimate.seconds(90, judged) == seconds


# -- against what a run really takes -----------------------------------------------------------


class Count(Silence):
    """Counts what is announced for each test, and each login that is then made in it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.made: Counter[str] = Counter()
        self.announced: dict[str, int] = {}
        self.in_all = 0
        self._test = "before the first test"
        self._counting = threading.Lock()
        counted, announced = Client.count_logins, estimate.logins

        def count_logins(client: Client, count: int) -> None:
            with self._counting:
                self.made[self._test] += count
            counted(client, count)

        def logins(items: Iterable[pytest.Item], judged: Customers) -> int:
            self.announced = {item.name: announced([item], judged) for item in items}
            return announced(items, judged)

        patch.setattr(Client, "count_logins", count_logins)
        patch.setattr(estimate, "logins", logins)

    def started(self, total: int, logins: int, seconds: float) -> None:
        assert len(self.announced) == total, "two tests of one name cannot be told apart here"
        self.in_all = logins

    def testing(self, ids: tuple[str, ...], name: str) -> None:
        self._test = name

    @property
    def too_low(self) -> dict[str, tuple[int, int]]:
        """The tests that took more than was announced for them: how many, and how many more."""
        return {
            test: (self.announced[test], made)
            for test, made in self.made.items()
            if test in self.announced and made > self.announced[test]
        }


def by_the_clock(target: Target) -> Target:
    """With credentials and a clock: nobody is made up, and no time is really waited for."""
    nothing: dict[str, Any] = dict.fromkeys(("secret", "table", "faults", "launch", "log_file"))
    return replace(target, **nothing, instances={}, features=Features())


def without_the_secret(target: Target) -> Target:
    """With everything but what makes somebody up."""
    return replace(target, secret=None, launch=None)


def with_everything(target: Target) -> Target:
    """Where most are made up: what is left to the customers given."""
    return replace(target, launch=None)


@pytest.mark.parametrize(
    "seen, rows",
    [
        (by_the_clock, ("CORE", "HARD-16", "HARD-31", "RACE-01", "RACE-03", "GQL-07")),
        (without_the_secret, ("RACE-06", "RACE-10", "RACE-12", "FAULT-09", "STORE-12")),
        (with_everything, ("HARD-23", "CORE-09", "CORE-13", "FAULT-10", "DEV-01")),
    ],
)
def test_no_login_is_made_that_was_not_announced(
    monkeypatch: pytest.MonkeyPatch, seen: Any, rows: tuple[str, ...]
) -> None:
    """Neither in any one test nor in the whole run, those before the first test included."""
    count = Count(monkeypatch)
    with boot.embedded_reference(over_http=False) as (target, wiring):
        run = run_suite(seen(target), Options(only=rows), count, wiring=wiring)
    assert {finding.status for finding in run.findings} >= {"pass"}
    assert count.too_low == {}
    assert 0 < count.made.total() <= count.in_all


@pytest.mark.parametrize("only", ["CORE-01", "WIRE-11"])
def test_the_logins_before_the_first_test_are_announced(
    monkeypatch: pytest.MonkeyPatch, only: str
) -> None:
    """Each customer logs in once, and a clock is tried: also where no test will log in."""
    count = Count(monkeypatch)
    with boot.embedded_reference(over_http=False, behind_proxy=False) as (target, wiring):
        run_suite(by_the_clock(target), Options(only=(only,)), count, wiring=wiring)
    before = count.made["before the first test"]
    assert before >= 4
    assert count.in_all == count.made.total() == before + 2 * (only == "CORE-01")
