"""What a test needs for itself alone, from what it declares: its fixtures and its marker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from conformance_tests.actors.customer_schedule import Need
from conformance_tests.good_calls import ORDER
from conformance_tests.marks import fixtures_of, marker_option, requirements_of
from conformance_tests.runner.schedule import Job

if TYPE_CHECKING:
    from conformance_tests.deployment.deployment import Deployment

#: The fixtures by which a test can meet a customer who really logs in.
REAL: Final = frozenset(
    {"alice", "bob", "bounded", "instances", "launcher", "overheard", "protected"}
)
#: The fixtures by which a test disturbs or watches what other tests do as well.
WHOLE: Final = frozenset({"faults", "run_log", "launcher", "instances", "overheard"})
#: The options of a test that is run alone.
ALONE: Final = ("serial", "last", "wrong_passwords")


def job_of(item: pytest.Item, deployment: Deployment, *, parallel: bool) -> Job[pytest.Item]:
    """A test as the scheduler sees it."""
    need = _need(item, deployment)
    return Job(item, need, _stage(item, need), not parallel or _alone(item, deployment))


def _stage(item: pytest.Item, need: Need) -> int:
    """When a test has its turn, as far as others are there that have to come before it.

    A burn of a customer is remembered for a while, a long jump ends every open session, wrong
    passwords may lock an account. Customers are few: the tests that need none can wait.
    """
    late = any(marker_option(item, option) for option in ("exclusive", "serial"))
    turns = (
        marker_option(item, "last"),
        marker_option(item, "wrong_passwords"),
        marker_option(item, "long_jump"),
        not need.customers,
        marker_option(item, "burns"),
        late,
    )
    return next((len(turns) - place for place, true in enumerate(turns) if true), 0)


def first(item: pytest.Item) -> int:
    """Of the tests of a stage, those come first that judge what other tests begin with."""
    places = [ORDER.index(row.id) for row in requirements_of(item) if row.id in ORDER]
    return min(places, default=len(ORDER))


def _need(item: pytest.Item, deployment: Deployment) -> Need:
    """The customers of the target that a test needs.

    Where their rows are seen, nobody else may use them: tests count and compare these.
    """
    shared = not deployment.sees_rows and not any(
        marker_option(item, option) for option in ("burns", "exclusive")
    )
    first = bool(marker_option(item, "wrong_passwords"))
    return Need(customers_of(item, deployment), not shared, first)


def customers_of(item: pytest.Item, deployment: Deployment) -> int:
    """How many customers of the target a test may use at once."""
    asked = fixtures_of(item)
    if "bob" in asked or ("another" in asked and not deployment.can_forge):
        return 2
    if deployment.can_forge and not (REAL & asked or marker_option(item, "registered")):
        return 0
    return 1 if "customers" in asked and marker_option(item, "logins") else 0


def _alone(item: pytest.Item, deployment: Deployment) -> bool:
    """Whether no other test may be under way: it would disturb them, or they what it measures.

    One that lacks the fault proxy ends before it could.
    """
    asked = fixtures_of(item)
    if "faults" in asked and deployment.faults is None:
        return False
    return any(marker_option(item, option) for option in ALONE) or not WHOLE.isdisjoint(asked)
