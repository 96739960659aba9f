"""One mutant before the suite: the same boundary as any target, and the rows that turn red."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from conformance_tests import embedded, runner
from conformance_tests.runner import Options
from conformance_tests.verdict import Finding, Run
from tests.mutants.catalogue import Mutant

RED = ("fail", "warn")


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


def judged(mutant: Mutant, only: Iterable[str] = ()) -> Judged:
    """The suite's findings on the reference with this defect; `only` names rows or groups."""
    command = (sys.executable, "-m", "tests.mutants.serve", mutant.name)
    with pytest.MonkeyPatch.context() as patch:
        mutant.patch(patch)
        with embedded.boot(over_http=False, command=command) as target:
            return Judged(runner.run(target, Options(only=tuple(only))))
