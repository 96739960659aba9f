"""The embedded run on every core: so many copies of the reference, each judged by a share.

A copy is a process with a table, a clock and customers of its own, so that no share sees another.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from conformance_tests.embedded import forking
from conformance_tests.embedded.fork_server import starting_reference
from conformance_tests.report import suite_failure
from conformance_tests.report.safe_output import safe_output
from conformance_tests.report.verdict import Run
from conformance_tests.runner.options import Options, Progress
from conformance_tests.runner.work_queue import WorkQueue
from conformance_tests.target.load import with_profile
from conformance_tests.target.model import Target

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from multiprocessing.queues import Queue

Event = tuple[Any, ...]

#: Two a core: while one waits, for a table that hangs, say, another acts.
COPIES: Final = 2 * min(os.cpu_count() or 1, 3)
PATIENCE_SECONDS: Final = 0.5
END_SECONDS: Final = 5.0


class WorkerLost(Exception):
    """A copy ended by itself; one sentence."""


def run(options: Options, profile: str | None, progress: Progress) -> tuple[Target, Run]:
    """Judge the embedded reference by all shares at once; what they found as one run.

    Raises WorkerLost where a copy ended before it told all.
    """
    clock = time.monotonic()
    collector = EventCollector(progress, COPIES)
    with TemporaryDirectory(prefix="conformance-") as folder, ExitStack() as ends:
        command = ends.enter_context(starting_reference(Path(folder), at_once=True))
        copies, events = ends.enter_context(started(options, profile, command))
        while collector.waits:
            try:
                collector.on_event(*events.get(timeout=PATIENCE_SECONDS))
            except Empty:
                if lost := [copy.exitcode for copy in copies if copy.exitcode]:
                    raise WorkerLost(f"a copy ended with exit code {lost[0]}") from None
    targets, runs = zip(*collector.done, strict=True)
    return targets[0], merged(runs, time.monotonic() - clock)


def merged(runs: tuple[Run, ...], seconds: float) -> Run:
    """What all shares found, as the findings of one run."""
    crashes = (run.crashed for run in runs if run.crashed)
    problem = (run.unreachable for run in runs if run.unreachable)
    return replace(
        runs[0],
        # What each share found of its own traffic is one finding, unless they differ.
        findings=tuple(dict.fromkeys(chain.from_iterable(run.findings for run in runs))),
        duration_s=round(seconds, 3),
        crashed=next(crashes, None),
        unreachable=next(problem, None),
        interrupted=any(run.interrupted for run in runs),
        left_behind=tuple(chain.from_iterable(run.left_behind for run in runs)),
    )


@contextmanager
def started(
    options: Options, profile: str | None, command: tuple[str, ...]
) -> Iterator[tuple[list[BaseProcess], Queue[Event]]]:
    """The copies, and what they tell; none outlives the context."""
    context = forking.context()
    events: Queue[Event] = context.Queue()
    taken = context.Value("i", 0)
    copies: list[BaseProcess] = []
    try:
        # Whoever is interrupted between the start of a copy and its being listed leaves it behind.
        with forking.block_signals(signal.SIGINT, signal.SIGTERM):
            for place in range(COPIES):
                own = replace(options, queue=WorkQueue(taken, first=place == 0))
                copy = context.Process(target=judge, args=(own, profile, command, events))
                copy.start()
                copies.append(copy)
        yield copies, events
    except BaseException:
        for copy in copies:
            copy.terminate()
        raise
    finally:
        for copy in copies:
            copy.join(END_SECONDS)
            copy.kill()
            copy.join()


def judge(
    options: Options, profile: str | None, command: tuple[str, ...], events: Queue[Event]
) -> None:
    """One copy and its share; runs in a process of its own, which only its parent interrupts."""
    from conformance_tests.embedded import boot
    from conformance_tests.runner.run import run_suite

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with safe_output():
        try:
            with boot.embedded_reference(command=command) as target:
                held = with_profile(target, profile) if profile else target
                events.put(("done", held.on_paper(), run_suite(held, options, EventSender(events))))
        except KeyboardInterrupt:
            events.cancel_join_thread()  # nobody listens any more
        except Exception as problem:
            events.put(("lost", suite_failure.describe(problem)))


class EventSender:
    """A progress that passes on what it is told."""

    def __init__(self, events: Queue[Event]) -> None:
        self._events = events

    def __getattr__(self, word: str) -> Callable[..., None]:
        return lambda *said: self._events.put((word, *said))


class EventCollector:
    """Tells one progress what several copies tell, and keeps what each has found."""

    def __init__(self, progress: Progress, copies: int) -> None:
        self.done: list[tuple[Target, Run]] = []
        self._progress = progress
        self._copies = copies
        self._begun: list[tuple[float, ...]] = []

    @property
    def waits(self) -> bool:
        """Whether some copy has not told all."""
        return len(self.done) < self._copies

    def on_event(self, word: str, *said: Any) -> None:
        """One event of one copy."""
        if word == "done":
            self.done.append((said[0], said[1]))
        elif word == "lost":
            raise WorkerLost(said[0])
        elif word == "started":
            self._begun.append(said)
            tests, logins, seconds = zip(*self._begun, strict=True)
            self._progress.started(sum(tests), sum(logins), max(seconds))
        elif word != "finished":
            getattr(self._progress, word)(*said)
