"""Whatever is permitted, no walk finds anything in it: 20 seeds, of which each variant has one.

WALKS=long: 200 seeds, of which each variant has twenty.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pytest

from conformance_tests.runner.run import run_suite
from tests.conformance.walks.alone import SOUND, alone
from tests.mutants.judged import changed
from tests.variants.every import CATALOGUE
from tests.variants.judged import SERVE, held_to

LONG = os.environ.get("WALKS") == "long"
SEEDS = range(200 if LONG else 20)
#: Seconds for each seed.
EACH = 2.0


def red(target: Any, wiring: Any, seed: int) -> dict[str, Any]:
    """What walks of this seed find: nothing, in what is permitted."""
    run = run_suite(target, alone(walks=EACH, seed=seed), wiring=wiring)
    assert run.crashed is None
    return {finding.requirement: finding.card for finding in run.findings}


def test_the_sound_reference() -> None:
    """Seed by seed, with everything to see."""
    with changed(SOUND, briefly=True, command=("true",)) as (target, wiring):
        assert {seed: found for seed in SEEDS if (found := red(target, wiring, seed))} == {}


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_variant(name: str) -> None:
    """Held to what its owner would claim."""
    number = list(CATALOGUE).index(name)
    finds_nothing(name, SEEDS[:20] if LONG else [number % len(SEEDS)])


@pytest.mark.parametrize(
    "name, seed", [("throttles_logins", 6), ("promises_in_another_order", 105)]
)
def test_a_seed_that_was_red(name: str, seed: int) -> None:
    """Rows that a developer asked for at the production instance, and two that were removed."""
    finds_nothing(name, [seed])


def finds_nothing(name: str, seeds: Iterable[int]) -> None:
    variant = CATALOGUE[name]
    with changed(
        variant, briefly=True, serve=SERVE, command=("true",), lifetimes=variant.lifetimes
    ) as (target, wiring):
        held = held_to(variant, target)
        assert {seed: found for seed in seeds if (found := red(held, wiring, seed))} == {}
