"""Runs of the walks alone, before the reference with or without a defect."""

from __future__ import annotations

from typing import Any

import pytest

from conformance_tests.report.verdict import Run
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import QUIET, run_suite
from tests.mutants.catalogue import Mutant
from tests.mutants.every import CATALOGUE
from tests.mutants.judged import changed

ALONE = ("-k", "test_walks", *QUIET)
SECONDS = 4.0


def leave_it(patch: pytest.MonkeyPatch) -> None:
    """Change nothing of the reference."""


SOUND = Mutant("sound", leave_it, "", frozenset(), frozenset(), "")


def walked(name: str = "", engine: str | None = None, **options: Any) -> Run:
    """The run of the walks alone before a mutant, or before the reference as it is.

    engine: the URL of another table engine than moto in this process.
    """
    change = CATALOGUE[name] if name else SOUND
    with changed(change, briefly=True, command=("true",), engine=engine) as (target, wiring):
        return run_suite(target, alone(**options), wiring=wiring)


def alone(**options: Any) -> Options:
    return Options(**{"walks": SECONDS, "pytest_args": ALONE, **options})
