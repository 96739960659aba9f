"""Which walks are taken depends on the seed and on what a target is held to, on nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Any

import pytest

from conformance_tests.model.flow import Customer, Effect, Expected, Reply
from conformance_tests.model.issued import Terms
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.walks import steps
from conformance_tests.walks.kinds import KINDS, REGISTERED
from conformance_tests.walks.plan import Abilities, Planner, Script
from conformance_tests.walks.steps import Step

TERMS = Terms(840, 900, 2_592_000)
EVERYTHING: dict[str, Any] = {"developer": True, "production": True}


def planned(
    seed: int = 0,
    count: int = 16,
    asks: Callable[[str], bool] = REQUIREMENTS.__contains__,
    **can: Any,
) -> list[Script]:
    return list(islice(Planner(seed, Abilities(asks, TERMS, **can)).scripts(), count))


def verbs(scripts: list[Script]) -> set[str]:
    return {step.verb for script in scripts for step in script.steps}


def followed(script: Script, grace: int = 0) -> Iterator[tuple[int, Step, Expected, Customer, int]]:
    """Each request of a walk, its place, and where the model stands when it is made."""
    customer, now = Customer(grace), 0
    for place, step in enumerate(script.steps):
        if step.verb == steps.TIME:
            pair = steps.pair_of(step, customer)
            assert pair is not None
            now = steps.moments(pair, now, True, 0)[step.how]
        elif what := steps.expected(step, customer, now):
            yield place, step, what, customer, now
            issues = step.verb == steps.LOG_IN or Reply.NEW in what.replies
            new = steps.issued_pair(step, customer, now, TERMS) if issues else None
            steps.happened(step, what.effect, customer, now, new)


@pytest.mark.parametrize("derives", [True, False])
def test_a_successor_is_asked_for_where_it_can_come_again(derives: bool) -> None:
    """Of tokens that were drawn a deployment keeps no more than the hashes."""
    scripts = planned(grace=60, derives=derives)
    replies = {what.replies for script in scripts for _, _, what, *_ in followed(script, grace=60)}
    assert ((Reply.SUCCESSOR,) in replies) == derives


def at_once(scripts: list[Script]) -> Iterator[tuple[tuple[str, Effect], tuple[str, Effect]]]:
    """What is asked together, and what it does."""
    for script in scripts:
        for place, step, what, customer, now in followed(script):
            for other in script.steps[place + 1 : place + 2]:
                if not other.at_once:
                    continue
                assert steps.commute(step, other, customer, now)
                beside = steps.expected(other, customer, now)
                assert beside is not None
                yield (step.verb, what.effect), (other.verb, beside.effect)


def test_one_seed_gives_the_same_walks() -> None:
    """And another seed others."""
    assert planned(7, **EVERYTHING) == planned(7, **EVERYTHING) != planned(8, **EVERYTHING)


def test_every_kind_of_customer_walks() -> None:
    """In a few dozen walks, and every operation is asked."""
    found = planned(count=48, **EVERYTHING)
    assert {script.kind for script in found} == {REGISTERED, *(kind.name for kind in KINDS)}
    assert verbs(found) >= {steps.LOG_IN, steps.TIME, steps.REFRESH, steps.REVOKE, steps.CROWD}
    assert verbs(found) >= {*steps.DEVELOPMENT, steps.BAD_LOGIN}


def test_where_nobody_can_be_made_up_the_registered_walk() -> None:
    """Without rows to add, and with a last look at every session."""
    found = planned(made_up=False, sees_rows=False)
    assert {script.kind for script in found} == {REGISTERED}
    assert steps.CROWD not in verbs(found)
    assert any(script.steps[-1] == steps.Step(steps.REFRESH, 0) for script in found)


def test_numbers_walk_only_where_no_row_is_anybody_else_s() -> None:
    """A careless server might take one number for another."""
    numeric = {kind.name for kind in KINDS if kind.numeric}
    found = planned(count=48, numbers=False)
    assert numeric.isdisjoint(script.kind for script in found)


def test_nobody_waits_longer_than_a_target_allows() -> None:
    """With nothing to wait for no time goes by."""
    assert steps.TIME not in verbs(planned(made_up=False, sees_rows=False, longest_wait=0))


def test_two_are_asked_at_once() -> None:
    """A refresh or a revoke beside either; two rotations only where they may share a second."""
    everything, documented = (
        {*at_once(planned(count=160, asks=asks, **EVERYTHING))}
        for asks in (REQUIREMENTS.__contains__, lambda id_: id_ != "RACE-03")
    )
    verbs = {(verb, other) for (verb, _), (other, _) in everything}
    assert verbs == set(product((steps.REFRESH, steps.REVOKE), repeat=2))
    rotation = steps.REFRESH, Effect.ROTATES
    assert (rotation, rotation) in everything - documented


@pytest.mark.parametrize("left_out", ["CORE-12", "HARD-13"])
def test_what_a_target_is_not_held_to_ends_a_walk(left_out: str) -> None:
    """What its rows do then is open, so no step comes after it."""

    def asks(id_: str) -> bool:
        return id_ != left_out

    for script in planned(asks=asks, **EVERYTHING):
        for place, _, what, *_ in followed(script):
            assert what.rows != left_out or place == len(script.steps) - 1


def test_a_pair_that_takes_another_s_place_ages_alone() -> None:
    """Where time is told by an older pair, only a pair with a row grows old."""
    found = planned(ages=True, exact=False, **EVERYTHING)
    assert steps.TIME in verbs(found)
    assert math.isfinite(len(found))
