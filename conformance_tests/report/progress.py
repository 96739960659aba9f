"""What is shown while a run goes on: the requirement at hand and how many tests are done."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from conformance_tests.printable import printable
from conformance_tests.verdict import Finding


class Collector:
    """Keeps every finding as it comes, so that an interrupted run can say what it knows.

    Beneath a terminal it draws one moving line; elsewhere it draws nothing.
    """

    def __init__(self, out: Console) -> None:
        self.findings: list[Finding] = []
        self._red = 0
        self._done = 0
        self._task: TaskID | None = None
        self._bar = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("[red]{task.fields[red]}[/]"),
            TextColumn("{task.description}", markup=False),
            console=out,
            transient=True,
            disable=not out.is_terminal,
            refresh_per_second=8,
        )

    def started(self, total: int) -> None:
        """The run begins, with so many tests."""
        self._bar.start()
        self._task = self._bar.add_task("", total=total, red="")

    def testing(self, ids: tuple[str, ...], name: str) -> None:
        """A test begins; the one before it is done."""
        if self._task is not None:
            line = f"{' '.join(ids)}  {printable(name).replace('_', ' ')}"
            self._bar.update(self._task, completed=self._done, description=line)
        self._done += 1

    def finding(self, finding: Finding) -> None:
        """One test has spoken of one requirement."""
        self.findings.append(finding)
        if finding.status in ("fail", "error") and self._task is not None:
            self._red += 1
            self._bar.update(self._task, red=f"{self._red} red")

    def finished(self) -> None:
        """The run has ended, in whatever way; said twice it does no harm."""
        self._bar.stop()
