"""One mutant before the suite: the same boundary as any target, and the rows that turn red."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from conformance_tests import embedded, forge, recorded, runner
from conformance_tests.plugin import Options
from conformance_tests.verdict import Finding, Run
from reference_auth import tokens
from tests.mutants.catalogue import Mutant

RED = ("fail", "warn")
#: What derives a key in next to no time. It is the one thing that both sides have in common here:
#: a mutant that derives otherwise still does.
FEW_ROUNDS = 10
#: The row that looks at how long deriving takes; it is judged at full length alone.
OF_DERIVING = "HARD-26"


@dataclass(frozen=True)
class Judged:
    """What the suite said of a mutant."""

    run: Run

    @property
    def red(self) -> dict[str, list[Finding]]:
        """The findings that broke a row, by row."""
        found: dict[str, list[Finding]] = {}
        for finding in self.run.findings:
            if finding.status in RED:
                found.setdefault(finding.requirement, []).append(finding)
        return found

    @property
    def trouble(self) -> list[str]:
        """What is no verdict: the run's own breakdown, and errors of the suite."""
        ends = [self.run.unreachable, self.run.crashed]
        errors = [
            f"{finding.requirement} {finding.test}: {finding.detail}"
            for finding in self.run.findings
            if finding.status == "error"
        ]
        return [*filter(None, ends), *errors]


def judged(mutant: Mutant, only: Iterable[str] = (), *, briefly: bool = False) -> Judged:
    """The suite's findings on the reference with this defect; `only` names rows or groups.

    briefly: derive keys in few rounds, on both sides.
    """
    manner = ("--briefly",) if briefly else ()
    command = (sys.executable, "-m", "tests.mutants.serve", *manner, mutant.name)
    with pytest.MonkeyPatch.context() as patch:
        if briefly:
            derive_briefly(patch)
        mutant.patch(patch)
        with embedded.boot(over_http=False, command=command) as target:
            return Judged(runner.run(target, Options(only=tuple(only))))


def derive_briefly(patch: pytest.MonkeyPatch) -> None:
    """Take the time out of a derivation, and leave its form."""
    forge.pbkdf2.cache_clear()
    for module in (tokens, forge):
        patch.setattr(module, "ROUNDS", FEW_ROUNDS)
    patch.setattr(recorded, "minted_otherwise", list)  # the suite's check of itself needs them all
