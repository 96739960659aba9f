"""Whatever is permitted, no walk finds anything in it: 20 seeds each, 200 with WALKS=long."""

from __future__ import annotations

import os
from typing import Any

import pytest

from conformance_tests.runner.run import run_suite
from tests.conformance.walks.alone import SOUND, alone
from tests.mutants.judged import changed
from tests.variants.every import CATALOGUE
from tests.variants.judged import SERVE, held_to

SEEDS = range(200 if os.environ.get("WALKS") == "long" else 20)
#: Seconds for each seed: together a minute or two for each way to look.
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
    """Held to what its owner would claim; a seed or ten of them each."""
    variant = CATALOGUE[name]
    with changed(
        variant, briefly=True, serve=SERVE, command=("true",), lifetimes=variant.lifetimes
    ) as (target, wiring):
        held = held_to(variant, target)
        few = SEEDS[: max(1, len(SEEDS) // 10)]
        assert {seed: found for seed in few if (found := red(held, wiring, seed))} == {}
