"""One mutant before the suite: the same boundary as any target, and the rows that turn red."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from conformance_tests.deployment import forge
from conformance_tests.embedded import boot
from conformance_tests.embedded.forking import fork_server
from conformance_tests.report.blocked import blocked
from conformance_tests.report.finding import Finding
from conformance_tests.report.verdict import Run
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.parts import Lifetimes
from reference_auth.core import tokens
from tests.mutants.catalogue import Patch

RED = ("fail", "warn")
SERVE = "tests.mutants.serve"
#: The word that lets a started process derive in few rounds too.
BRIEFLY = ("--briefly",)
#: What derives a key in next to no time. It is the one thing that both sides have in common here:
#: a mutant that derives otherwise still does.
FEW_ROUNDS = 10
#: The rows that look at how long deriving takes; they are judged at full length alone.
OF_DERIVING = frozenset({"HARD-26", "HARD-39"})


@dataclass(frozen=True)
class Judged:
    """What the suite said of a mutant."""

    run: Run

    @property
    def red(self) -> dict[str, list[Finding]]:
        """The findings that broke a row, by row."""
        found: dict[str, list[Finding]] = {}
        for finding in blocked(self.run.findings):
            if finding.status in RED:
                found.setdefault(finding.requirement, []).append(finding)
        return found

    @property
    def trouble(self) -> list[str]:
        """What is no verdict: nothing judged, the run's own breakdown, and errors of the suite."""
        ends = [None if self.run.findings else self.run.unreachable, self.run.crashed]
        errors = [
            f"{finding.requirement} {finding.test}: {finding.detail}"
            for finding in self.run.findings
            if finding.status == "error"
        ]
        return [*filter(None, ends), *errors]


class Change(Protocol):
    """Something put into the reference by overriding a little of it: a mutant, or a variant."""

    @property
    def name(self) -> str: ...
    @property
    def patch(self) -> Patch: ...


def judged(
    change: Change,
    only: Iterable[str] = (),
    *,
    briefly: bool = False,
    command: tuple[str, ...] | None = None,
) -> Judged:
    """The suite's findings on the reference with this change; `only` names rows or groups."""
    with changed(change, briefly=briefly, command=command) as (target, wiring):
        return Judged(run_suite(target, Options(only=tuple(only)), wiring=wiring))


@contextmanager
def changed(
    change: Change,
    *,
    briefly: bool = False,
    serve: str = SERVE,
    command: tuple[str, ...] | None = None,
    lifetimes: Lifetimes = boot.DEFAULT_LIFETIMES,
    engine: str | None = None,
) -> Iterator[boot.Booted]:
    """The reference with this change, asked in the process.

    briefly: derive keys in few rounds, on both sides.
    serve: the module whose `main` starts it as a process of its own.
    command: what a `server` of that module gave, where there is one already.
    engine: the URL of another table engine than moto in this process.
    """
    with ExitStack() as ends:
        words = (*(command or ends.enter_context(server(serve))), *(BRIEFLY * briefly), change.name)
        patch = ends.enter_context(pytest.MonkeyPatch.context())
        if briefly:
            derive_briefly(patch)
        change.patch(patch)
        yield ends.enter_context(
            boot.embedded_reference(
                over_http=False, command=words, lifetimes=lifetimes, engine=engine
            )
        )


@contextmanager
def server(serve: str = SERVE) -> Iterator[tuple[str, ...]]:
    """The command that starts any change that the module knows; its forks end with the context."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="changed-")))
        imported = ("reference_auth.serve.server", "conformance_tests.embedded.warm_boto3")
        yield ends.enter_context(fork_server(folder, f"{serve}:main", *imported))


def derive_briefly(patch: pytest.MonkeyPatch) -> None:
    """Take the time out of a derivation, and leave its form."""
    forge.pbkdf2.cache_clear()
    for module in (tokens, forge):
        patch.setattr(module, "ROUNDS", FEW_ROUNDS)
    patch.setattr(forge, "minted_otherwise", list)  # the suite's check of itself needs them all
