"""The walks of one item of a run: within its time, until one fails, which is then made short."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.model.issued import Terms
from conformance_tests.outcomes import NotTestable, Violation
from conformance_tests.report.walked import Walked
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.walks.kinds import GROUPS, REGISTERED
from conformance_tests.walks.plan import BAD_LOGINS, SESSIONS, Abilities, Planner, Script
from conformance_tests.walks.shrink import Steps, renumbered, shrink
from conformance_tests.walks.walker import Place, Walk

if TYPE_CHECKING:
    from conformance_tests.actors.pool import Customers
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.deployment.instances import Instances
    from conformance_tests.target.model import Target

#: However slow the deployment and the machine are, so many walks are taken of each group of kinds;
#: where each waits, one.
LEAST: Final = 2
#: Customers who really log in take so many walks, of so many logins.
MOST_REGISTERED: Final = 12
LOGINS: Final = MOST_REGISTERED * (SESSIONS + 1 + BAD_LOGINS)
#: So many histories are tried to make a failing one short.
TRIES: Final = 60


def place_of(
    customers: Customers,
    instances: Instances,
    only: tuple[str, ...],
    destructive: bool,
    seconds: float,
) -> Place:
    """Where walks can be taken before this deployment, and what they may do there.

    only: the requirements and groups whose violation is told; none is all. Which walks are taken
        does not depend on it, so that a failure can be looked at alone.
    destructive: production may be disturbed.
    seconds: the time for all walks; none waits longer.
    """
    main = customers.deployment
    spared = main.target.environment == "production" and not destructive
    there = {main.target.environment: main} | {
        name: instances.in_environment(name)
        for name in ("development", "production")
        if name in main.target.instances
    }
    developer = there.get("development")
    developed = developer is not None and main.can_hash and main.table is None
    able = Abilities(
        asks=partial(_is_held_to, main.target, spared),
        terms=_terms(main),
        grace=main.features.grace_seconds,
        ages=main.ages_by_replacing or developed,
        exact=main.clock.frozen,
        longest_wait=min(main.clock.max_wait, seconds)
        if main.must_wait and not developed
        else math.inf,
        made_up=main.can_forge or developed,
        sees_rows=main.can_hash and (main.table is not None or developed),
        derives=main.derives,
        developed=developed,
        developer=developer is not None,
        production="production" in there,
        crowds=not spared,
        numbers=main.table is not None and not main.table.holds_others(customers.are_ours),
    )

    def tells(id_: str) -> bool:
        return not only or bool({id_, id_.partition("-")[0]} & {*only})

    developing = None if developer is None else Developer(developer.client)
    return Place(customers, able, tells, there.get("production"), developing)


def _is_held_to(target: Target, spared: bool, id_: str) -> bool:
    """Whether a requirement counts for the target, and may be tried on it."""
    row = REQUIREMENTS[id_]
    listed = any(failure.id == id_ for failure in target.known_failures)
    applies = target.answers_for(row) and target.leaves_out(row) is None and not row.excluded
    return applies and not listed and not (spared and row.destructive)


def _terms(deployment: Deployment) -> Terms:
    lifetimes = deployment.lifetimes
    return Terms(
        lifetimes.access,
        lifetimes.refresh,
        lifetimes.extended,
        deployment.clock.margin,
        deployment.longest_session or math.inf,
    )


def groups(place: Place) -> int:
    """How many items share the time of all walks."""
    return len(GROUPS) if place.able.made_up else 1


def walks(
    place: Place, seed: int, group: int, seconds: float, clean: Callable[[], None]
) -> Iterator[Walked]:
    """Walk until the time is up; raises the Violation of a walk that fails, with its short story.

    clean: removes what a walk has made up.
    """
    end, planner, taken = time.monotonic() + seconds, Planner(seed, place.able), 0
    least = 1 if math.isfinite(place.able.longest_wait) else LEAST
    for script in planner.scripts():
        if time.monotonic() >= end and taken >= least:
            break
        if script.group != group:
            continue
        taken += 1
        if script.kind == REGISTERED and taken > MOST_REGISTERED:
            break
        walk = Walk(place, script)
        broken = _failure(walk, clean)
        yield Walked(seed, 1, walk.taken, len(planner.seen))
        if broken is not None:
            until = replace(script, steps=script.steps[: walk.begun])
            short = _short(place, until, broken, clean)
            if short is not None or not walk.retryable:
                raise short or broken


def _failure(walk: Walk, clean: Callable[[], None]) -> Violation | None:
    """How a walk fails; what it could not reach or see is so much less of a walk."""
    walk.place.deployment.recorder.start_test()
    try:
        walk.run()
    except Violation as broken:
        return broken
    except (NotTestable, Throttled):
        return None
    finally:
        clean()
    return None


def _short(
    place: Place, script: Script, broken: Violation, clean: Callable[[], None]
) -> Violation | None:
    """The same violation at the end of the shortest story that is found; None if it comes no more.

    One that comes no more keeps its story, which says so.
    """

    def failure(steps: Steps) -> Violation | None:
        return _failure(Walk(place, replace(script, steps=steps)), clean)

    def fails(steps: Steps) -> bool:
        again = failure(steps)
        return again is not None and again.requirement == broken.requirement

    steps = renumbered(shrink(script.steps, fails, TRIES))
    last = failure(steps)  # once more, so that the transcript is this story's
    if last is None or last.requirement != broken.requirement:
        broken.story = (*broken.story, "walked once more, it did not fail")
        return None
    return last
