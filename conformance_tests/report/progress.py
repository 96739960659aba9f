"""What is shown while a run goes on: the tests under way, for what others wait, how long still.

The words of the line are those of `testing`, or what a test that waits says by `deployment.tell`.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from conformance_tests.printable import printable
from conformance_tests.report.finding import Finding
from conformance_tests.report.safe_output import SafeStream
from conformance_tests.report.wording import count

#: A run whose logins alone take so many seconds says so.
LONG: Final = 20
#: After so many tests their pace says how long the others will take.
ENOUGH: Final = 20
#: Where no line moves, one is printed every so many seconds.
EVERY_SECONDS: Final = 30.0


class ProgressDisplay:
    """Keeps every finding as it comes, so that an interrupted run can say what it knows.

    Both a terminal and a log are told at the start how much there is to do. A terminal then shows
    one moving line, a log a plain one now and then; told to be quiet, it shows nothing.
    """

    def __init__(self, out: Console, *, quiet: bool = False, every: float = EVERY_SECONDS) -> None:
        self.findings: list[Finding] = []
        self._quiet = quiet
        self._every = every
        self._copies = 1
        self._red = 0
        self._done = 0
        self._total = 0
        self._now: dict[str, tuple[str, str]] = {}
        self._queued = ""
        self._begun = time.monotonic()
        self._ends = ExitStack()
        self._out = _past_capture(out, self._ends)
        self._bar = Progress(
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TextColumn("[red]{task.fields[red]}[/]"),
            TextColumn("{task.description}", markup=False),
            console=self._out,
            transient=True,
            disable=quiet or not out.is_terminal,
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=8,
        )

        self._task: TaskID = self._bar.add_task("", total=None, red="")

    def looking_at(self, what: str, copies: int = 1) -> None:
        """Nothing runs yet, but the line is there; so many copies will say that they started."""
        self._copies = copies
        self._bar.update(self._task, description=printable(what))
        self._bar.start()

    def started(self, total: int, logins: int, seconds: float) -> None:
        """The run begins, with so many tests, and so many logins and seconds for them at most."""
        self._total = total
        self._begun = time.monotonic()
        self._bar.update(self._task, total=total)
        self._bar.start()
        self._copies -= 1
        if self._copies or self._quiet:
            return
        self._say(_effort(total, logins, seconds))
        if not self._out.is_terminal:
            self._tell_now_and_then()

    def testing(self, ids: tuple[str, ...], name: str) -> None:
        """A test begins."""
        readable = printable(name).removeprefix("test_").replace("_", " ")
        self._now[name] = " ".join(ids), readable
        self._show()

    def ended(self, name: str, again: bool) -> None:
        """A test has ended, perhaps to be run again later."""
        self._now.pop(name, None)
        self._done += not again
        self._show()

    def queued(self, told: str) -> None:
        """For what the tests wait that have not begun."""
        self._queued = told
        self._show()

    def waiting(self, told: str) -> None:
        """What keeps a test that has begun."""
        self._show(f"{printable(told)}…")

    def _show(self, told: str = "") -> None:
        self._bar.update(self._task, completed=self._done, description=self._state(told))

    def _state(self, told: str = "") -> str:
        """The tests under way, for what others wait, and how long still.

        told: takes the place of a single test's name, so that it fits a narrow terminal.
        """
        now = list(self._now.values())
        ids = ", ".join(dict.fromkeys(ids for ids, _ in now))
        if len(now) > 1:
            parts = [f"{len(now)} at once: {ids}", told]
        else:
            parts = [f"{ids}  {told or name}" for _, name in now]
        parts.append(f"waiting: {self._queued}" if self._queued and now else "")
        return "; ".join(filter(None, [*parts, self._left()]))

    def _left(self) -> str:
        """How long the other tests take at the pace of those that are done."""
        if self._done < ENOUGH:
            return ""
        seconds = (time.monotonic() - self._begun) / self._done * (self._total - self._done)
        return f"about {seconds:.0f} s more" if seconds >= LONG else ""

    def finding(self, finding: Finding) -> None:
        """One test has spoken of one requirement."""
        self.findings.append(finding)
        if finding.status in ("fail", "error"):
            self._red += 1
            self._bar.update(self._task, red=f"{self._red} red")

    def finished(self) -> None:
        """The run has ended, in whatever way; said twice it does no harm."""
        self._bar.stop()
        self._ends.close()

    def _say(self, line: str) -> None:
        self._out.print(line, soft_wrap=True, markup=False)

    def _tell_now_and_then(self) -> None:
        """From a thread of its own: a test that waits calls nobody."""
        ended = threading.Event()
        thread = threading.Thread(target=self._tell_until, args=(ended,), daemon=True)
        thread.start()
        self._ends.callback(thread.join)
        self._ends.callback(ended.set)

    def _tell_until(self, ended: threading.Event) -> None:
        while not ended.wait(self._every):
            self._say(f"{self._done} of {self._total} tests, now {self._state()} …")


def _effort(total: int, logins: int, seconds: float) -> str:
    most = f"at most {count(logins, 'login')} of the customers given"
    told = f"{count(total, 'test')}, {most if logins else 'none of which logs in'}"
    if seconds < LONG:
        return f"{told}."
    time = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"
    return f"{told}; each waits for its turn, which takes up to {time}."


def _past_capture(out: Console, ends: ExitStack) -> Console:
    """A way out of one's own: pytest keeps for itself what is printed while a test runs."""
    try:
        own = os.fdopen(os.dup(out.file.fileno()), "w", encoding=out.encoding)
    except (OSError, ValueError):
        return out
    return Console(file=SafeStream(ends.enter_context(own)).as_text(), highlight=False)
