"""Whatever is permitted, no walk finds anything in it."""

from __future__ import annotations

from functools import partial

import pytest

from conformance_tests.report.verdict import Run
from conformance_tests.runner.run import run_suite
from tests.conformance.walks.alone import alone
from tests.conformance.walks.seeds import EACH, LONGER, found
from tests.mutants.judged import changed
from tests.variants.every import CATALOGUE
from tests.variants.judged import SERVE, held_to


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_variant(name: str) -> None:
    """Held to what its owner would claim."""
    assert found(partial(in_a_variant, name)) == []


@pytest.mark.parametrize(
    "name, seed",
    [("throttles_logins", 6), ("promises_in_another_order", 105), ("refuses_with_401", 12)],
)
def test_a_seed_that_was_red(name: str, seed: int) -> None:
    """Rows that a developer asked for at the production instance, and two that were removed; two
    refreshes at once, of which the wait for a second of their own had made rivals.
    """
    assert found(partial(in_a_variant, name, seconds=LONGER), range(seed, seed + 1)) == []


def in_a_variant(name: str, seed: int, seconds: float = EACH) -> Run:
    """A run with a table of its own: a clock that went back would leave rows of later times."""
    variant = CATALOGUE[name]
    with changed(
        variant, briefly=True, serve=SERVE, command=("true",), lifetimes=variant.lifetimes
    ) as (target, wiring):
        return run_suite(held_to(variant, target), alone(walks=seconds, seed=seed), wiring=wiring)
