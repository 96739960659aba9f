"""No walk finds anything in a sound implementation."""

from __future__ import annotations

from functools import partial

import pytest

from conformance_tests.report.verdict import Run
from conformance_tests.runner.run import run_suite
from tests.conformance.suite.ways import SEEN, featured
from tests.conformance.walks.alone import SOUND, alone, walked
from tests.conformance.walks.seeds import EACH, LONGER, found
from tests.mutants.judged import changed
from tests.second.served import served


def test_the_sound_reference() -> None:
    """Seed by seed, with everything to see."""
    assert found(partial(in_the_reference, None)) == []


@pytest.mark.needs("ministack")
def test_another_table_engine(ministack: str) -> None:
    """The same with its rows elsewhere."""
    assert found(partial(in_the_reference, ministack)) == []


def in_the_reference(engine: str | None, seed: int) -> Run:
    return walked(walks=EACH, seed=seed, engine=engine)


def test_the_second_implementation() -> None:
    """Of which no row is seen."""
    assert found(in_the_second) == []


def in_the_second(seed: int) -> Run:
    with served() as target:
        return run_suite(target, alone(walks=EACH, seed=seed))


@pytest.mark.parametrize("seen", SEEN)
def test_grace_and_an_absolute_end(seen: str) -> None:
    """A deployment that is started with both of them, by however little is seen of it."""
    assert found(partial(with_features, seen)) == []


def with_features(seen: str, seed: int, seconds: float = EACH) -> Run:
    with changed(SOUND, briefly=True, command=("true",)) as (target, wiring):
        return run_suite(featured(target, seen), alone(walks=seconds, seed=seed), wiring=wiring)


@pytest.mark.parametrize("seed", [31, 32, 104])
def test_a_seed_that_was_red_with_both(seed: int) -> None:
    """A spent pair in the last second of its session, and two sessions of one exp after another."""
    seen = partial(with_features, "secret, table and clock", seconds=LONGER)
    assert found(seen, range(seed, seed + 1)) == []
