"""What is shown while a run goes on: the requirement at hand and how many tests are done."""

from __future__ import annotations

import os
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from conformance_tests.printable import printable
from conformance_tests.verdict import Finding

#: A run whose logins alone take so many seconds says so wherever it is shown.
LONG: Final = 20


class Collector:
    """Keeps every finding as it comes, so that an interrupted run can say what it knows.

    On a terminal it draws one moving line; elsewhere it says once that a long run takes its time;
    told to be quiet, it shows nothing.
    """

    def __init__(self, out: Console, *, quiet: bool = False) -> None:
        self.findings: list[Finding] = []
        self._out = out
        self._quiet = quiet
        self._red = 0
        self._done = 0
        self._ids = ""
        self._bar = Progress(
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TextColumn("[red]{task.fields[red]}[/]"),
            TextColumn("{task.description}", markup=False),
            console=_past_capture(out),
            transient=True,
            disable=quiet or not out.is_terminal,
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=8,
        )

        self._task: TaskID = self._bar.add_task("", total=None, red="")

    def looking_at(self, what: str) -> None:
        """Nothing runs yet, but the line is there."""
        self._bar.update(self._task, description=printable(what))
        self._bar.start()

    def started(self, total: int, logins: int, seconds: float) -> None:
        """The run begins, with so many tests, and so many logins and seconds for them at most."""
        if not self._quiet and (self._out.is_terminal or seconds >= LONG):
            self._bar.console.print(_effort(total, logins, seconds), soft_wrap=True)
        self._bar.update(self._task, total=total)
        self._bar.start()

    def testing(self, ids: tuple[str, ...], name: str) -> None:
        """A test begins; the one before it is done."""
        self._ids = " ".join(ids)
        line = f"{self._ids}  {printable(name).removeprefix('test_').replace('_', ' ')}"
        self._bar.update(self._task, completed=self._done, description=line)
        self._done += 1

    def waiting(self, told: str) -> None:
        """What keeps a test that has begun."""
        self._bar.update(self._task, description=f"{self._ids}  {printable(told)}…")

    def finding(self, finding: Finding) -> None:
        """One test has spoken of one requirement."""
        self.findings.append(finding)
        if finding.status in ("fail", "error"):
            self._red += 1
            self._bar.update(self._task, red=f"{self._red} red")

    def finished(self) -> None:
        """The run has ended, in whatever way; said twice it does no harm."""
        self._bar.stop()


def _effort(total: int, logins: int, seconds: float) -> str:
    told = f"{total} tests, at most {logins} logins of the customers given"
    if seconds < LONG:
        return f"{told}."
    most = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"
    return f"{told}; each waits for its turn, which takes up to {most}."


def _past_capture(out: Console) -> Console:
    """A terminal of one's own: pytest keeps for itself what is printed while a test runs."""
    if not out.is_terminal:
        return out
    try:
        own = os.fdopen(os.dup(out.file.fileno()), "w", encoding="utf-8")
    except (OSError, ValueError):
        return out
    return Console(file=own, highlight=False)
