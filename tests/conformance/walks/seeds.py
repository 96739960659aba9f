"""Walks of many seeds, a few of each."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from conformance_tests.report.verdict import Run
from conformance_tests.walks import run as walks_run

SEEDS = range(200 if os.environ.get("WALKS") == "long" else 20)
#: Seconds for each seed: many seeds find more than long ones.
EACH, LONGER = 0.1, 2.0


def found(walked: Callable[[int], Run], seeds: range = SEEDS) -> list[str]:
    """What walks of these seeds find, in a few words each: nothing, in what is permitted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walks_run, "LEAST", 1)
        runs = {seed: walked(seed) for seed in seeds}
    assert not any(run.crashed for run in runs.values())
    return [
        f"seed {seed}: {found.requirement} {found.detail} {found.card and found.card.story}"
        for seed, run in runs.items()
        for found in run.findings
    ]
