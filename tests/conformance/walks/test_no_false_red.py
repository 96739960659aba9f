"""Whatever is permitted, no walk finds anything in it: 20 seeds, of which each variant has one.

WALKS=long: 200 seeds of longer walks, of which each variant has twenty.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial

import pytest

from conformance_tests.report.verdict import Run
from conformance_tests.runner.run import run_suite
from conformance_tests.walks import run as walks_run
from tests.conformance.suite.ways import SEEN, featured
from tests.conformance.walks.alone import SOUND, alone, walked
from tests.mutants.judged import changed
from tests.variants.every import CATALOGUE
from tests.variants.judged import SERVE, held_to

LONG = os.environ.get("WALKS") == "long"
SEEDS = range(200 if LONG else 20)
#: Seconds for each seed.
EACH = 2.0


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the short form one walk of each group of kinds: many seeds find more than long ones."""
    if not LONG:
        monkeypatch.setattr(walks_run, "LEAST", 1)
        monkeypatch.setattr(f"{__name__}.EACH", 0.1)


def told(walked: Callable[[int], Run], seeds: Iterable[int]) -> list[str]:
    """What walks of these seeds find, in a few words each: nothing, in what is permitted."""
    runs = {seed: walked(seed) for seed in seeds}
    assert not any(run.crashed for run in runs.values())
    return [
        f"seed {seed}: {found.requirement} {found.detail} {found.card and found.card.story}"
        for seed, run in runs.items()
        for found in run.findings
    ]


def in_the_sound_reference(seed: int) -> Run:
    return walked(walks=EACH, seed=seed)


@pytest.mark.usefixtures("briefly")
def test_the_sound_reference() -> None:
    """Seed by seed, with everything to see."""
    assert told(in_the_sound_reference, SEEDS) == []


@pytest.mark.usefixtures("briefly")
@pytest.mark.parametrize("seen", SEEN)
def test_grace_and_an_absolute_end(seen: str) -> None:
    """A deployment that is started with both of them, by however little is seen of it."""
    assert told(partial(with_features, seen), SEEDS[:: 1 if LONG else 4]) == []


def with_features(seen: str, seed: int) -> Run:
    with changed(SOUND, briefly=True, command=("true",)) as (target, wiring):
        return run_suite(featured(target, seen), alone(walks=EACH, seed=seed), wiring=wiring)


@pytest.mark.usefixtures("briefly")
@pytest.mark.parametrize("name", CATALOGUE)
def test_a_variant(name: str) -> None:
    """Held to what its owner would claim."""
    number = list(CATALOGUE).index(name)
    seeds = SEEDS[:20] if LONG else [number % len(SEEDS)]
    assert told(partial(in_a_variant, name), seeds) == []


@pytest.mark.parametrize("seed", [31, 32, 104])
def test_a_seed_that_was_red_with_both(seed: int) -> None:
    """A spent pair in the last second of its session, and two sessions of one exp after another."""
    assert told(partial(with_features, "secret, table and clock"), [seed]) == []


@pytest.mark.parametrize(
    "name, seed",
    [("throttles_logins", 6), ("promises_in_another_order", 105), ("refuses_with_401", 12)],
)
def test_a_seed_that_was_red(name: str, seed: int) -> None:
    """Rows that a developer asked for at the production instance, and two that were removed; two
    refreshes at once, of which the wait for a second of their own had made rivals.
    """
    assert told(partial(in_a_variant, name), [seed]) == []


def in_a_variant(name: str, seed: int) -> Run:
    """A run with a table of its own: a clock that went back would leave rows of later times."""
    variant = CATALOGUE[name]
    with changed(
        variant, briefly=True, serve=SERVE, command=("true",), lifetimes=variant.lifetimes
    ) as (target, wiring):
        return run_suite(held_to(variant, target), alone(walks=EACH, seed=seed), wiring=wiring)
