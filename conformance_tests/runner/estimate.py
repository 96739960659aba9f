"""Estimates before a run how many logins and how much of the user's time it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

import pytest

from conformance_tests.marks import fixtures_of, marker_option, requirements_of
from conformance_tests.runner.needs import customers_of

if TYPE_CHECKING:
    from conformance_tests.actors.pool import Customers
    from conformance_tests.deployment.deployment import Deployment

#: Those without which a test ends before anybody logs in, and whether they are there.
NEEDED: Final[Mapping[str, Callable[[Deployment], object]]] = {
    "table": lambda d: d.table,
    "forge": lambda d: d.forge,
    "made_up": lambda d: d.can_forge,
    "faults": lambda d: d.faults,
    "run_log": lambda d: d.run_log,
    "launcher": lambda d: d.target.launch,
    "protected": lambda d: d.target.protected_query,
    "graceful": lambda d: d.target.features.grace_seconds,
    "bounded": lambda d: d.target.features.max_session_minutes,
}


def logins(items: Iterable[pytest.Item], customers: Customers) -> int:
    """How often the target's customers may have to log in for these tests at most."""
    deployment = customers.deployment
    if customers.locked_out or not deployment.target.customers:
        return 0
    return sum(_logins(item, deployment) for item in items)


def _logins(item: pytest.Item, deployment: Deployment) -> int:
    asked = fixtures_of(item)
    rests = any(deployment.target.leaves_out(row) for row in requirements_of(item))
    if rests or not all(NEEDED[name](deployment) for name in asked & NEEDED.keys()):
        return 0
    return int(marker_option(item, "logins")) if customers_of(item, deployment) else 0


def seconds(count: int, customers: Customers) -> float:
    """How long so many logins take for the waits between them alone."""
    deployment, target = customers.deployment, customers.deployment.target
    paced = 60 * count / target.logins_per_minute if target.logins_per_minute else 0.0
    no_turns = deployment.clock.moves_now or deployment.tells_pairs_apart
    turns = 0.0 if no_turns else count / max(1, len(customers.registered))
    return max(paced, turns)
