"""What a run takes of its customers and its user is counted before anybody logs in."""

from __future__ import annotations

from textwrap import dedent

import pytest

from conformance_tests import effort
from conformance_tests.deployment import Deployment
from conformance_tests.target import Features
from tests.conformance.fakes import HandClock, deployment

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
"""
CONFTEST = """
    from conformance_tests.marks import declare_marker as pytest_configure
    from conformance_tests.suite.conftest import *
"""


@pytest.fixture
def items(pytester: pytest.Pytester) -> list[pytest.Item]:
    """Four tests, each of which asks for something else."""
    pytester.makeconftest(dedent(CONFTEST))
    pytester.makepyfile(dedent(TESTS))
    found, _ = pytester.inline_genitems("-p", "no:cacheprovider")
    return found


@pytest.mark.parametrize(
    "judged, logins",
    [
        (deployment(), 3 + 5),
        (deployment(table=True), 3 + 5 + 7),
        (deployment(table=True, secret=True), 3 + 7),
        (deployment(features=Features(grace_seconds=30)), 3 + 5 + 11),
        (deployment(profile="documented", claims=("GQL",), features=Features()), 3 + 5),
    ],
    ids=["credentials", "a table", "secret and table", "grace", "another claim"],
)
def test_only_what_can_be_asked_of_a_customer_is_counted(
    items: list[pytest.Item], judged: Deployment, logins: int
) -> None:
    """A test whose fixture is not to be had ends before it logs in; who is made up never does."""
    assert effort.logins(items, judged) == logins


@pytest.mark.parametrize("without", ["a password that is right", "customers"])
def test_where_nobody_can_log_in_no_login_is_announced(
    items: list[pytest.Item], without: str
) -> None:
    """Nor any wait for one."""
    judged = deployment() if without != "customers" else deployment(customers=())
    judged.locked_out = "refused" if without != "customers" else None
    assert effort.logins(items, judged) == 0


@pytest.mark.parametrize(
    "judged, seconds",
    [
        (deployment(), 90.0),
        (deployment(clock=HandClock()), 0.0),
        (deployment(clock=HandClock(), logins_per_minute=30), 180.0),
    ],
    ids=["real time", "a clock", "a pace"],
)
def test_the_waits_between_logins_are_counted(judged: Deployment, seconds: float) -> None:
    """A second each where time cannot be moved, shared by those who log in; or the pace."""
    assert effort.seconds(90, judged) == seconds
