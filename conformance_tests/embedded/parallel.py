"""The embedded run on every core: so many workers, each with a copy of the reference.

A worker is a process with a table, a clock and customers of its own, so that none sees another.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
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
from conformance_tests.report import suite_failure
from conformance_tests.report.safe_output import safe_output
from conformance_tests.report.verdict import Run
from conformance_tests.report.walked import sum_of
from conformance_tests.runner.options import Options, Progress
from conformance_tests.runner.work_queue import WorkQueue
from conformance_tests.target.load import with_profile
from conformance_tests.target.model import Target

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from multiprocessing.queues import Queue

Event = tuple[Any, ...]

#: Two a core: while one waits, for a table that hangs, say, another acts.
WORKERS: Final = 2 * min(os.cpu_count() or 1, 3)
PATIENCE_SECONDS: Final = 0.5
END_SECONDS: Final = 5.0


class WorkerLost(Exception):
    """A worker ended by itself; one sentence."""


def run(options: Options, profile: str | None, progress: Progress) -> tuple[Target, Run]:
    """Judge the embedded reference by all workers at once; what they found as one run.

    Raises WorkerLost where a worker ended before it had sent all.
    """
    clock = time.monotonic()
    collector = EventCollector(progress, WORKERS)
    with TemporaryDirectory(prefix="conformance-") as folder, ExitStack() as ends:
        command = ends.enter_context(forking.starting_reference(Path(folder), at_once=True))
        workers, events = ends.enter_context(started(options, profile, command))
        while collector.waits:
            try:
                collector.on_event(*events.get(timeout=PATIENCE_SECONDS))
            except Empty:
                if lost := [worker.exitcode for worker in workers if worker.exitcode]:
                    raise WorkerLost(f"a worker ended with exit code {lost[0]}") from None
    targets, runs = zip(*collector.done, strict=True)
    return targets[0], merged(runs, time.monotonic() - clock)


def merged(runs: tuple[Run, ...], seconds: float) -> Run:
    """What all workers found, as the findings of one run."""
    crashes = (run.crashed for run in runs if run.crashed)
    problems = (run.unreachable for run in runs if run.unreachable)
    return replace(
        runs[0],
        # What each worker found of its own traffic is one finding, unless they differ.
        findings=tuple(dict.fromkeys(chain.from_iterable(run.findings for run in runs))),
        duration_s=round(seconds, 3),
        crashed=next(crashes, None),
        unreachable=next(problems, None),
        stopped=next((run.stopped for run in runs if run.stopped), None),
        last_request=next((run.last_request for run in runs if run.last_request), None),
        interrupted=any(run.interrupted for run in runs),
        left_behind=tuple(chain.from_iterable(run.left_behind for run in runs)),
        walked=sum_of([run.walked for run in runs if run.walked]),
    )


@contextmanager
def started(
    options: Options, profile: str | None, command: tuple[str, ...]
) -> Iterator[tuple[list[BaseProcess], Queue[Event]]]:
    """The workers, and what they send; none outlives the context."""
    context = forking.process_context()
    events: Queue[Event] = context.Queue()
    taken = context.Value("i", 0)
    workers: list[BaseProcess] = []
    try:
        # An interrupt between the start of a worker and its being listed would orphan it.
        with forking.block_signals(signal.SIGINT, signal.SIGTERM):
            for place in range(WORKERS):
                own = replace(options, queue=WorkQueue(taken, first=place == 0))
                worker = context.Process(target=judge, args=(own, profile, command, events))
                worker.start()
                workers.append(worker)
        yield workers, events
    except BaseException:
        for worker in workers:
            worker.terminate()
        raise
    finally:
        for worker in workers:
            worker.join(END_SECONDS)
            worker.kill()
            worker.join()


def judge(
    options: Options, profile: str | None, command: tuple[str, ...], events: Queue[Event]
) -> None:
    """One worker; runs in a process of its own, which only its parent interrupts."""
    from conformance_tests.embedded import boot
    from conformance_tests.runner.run import run_suite

    for number in forking.FROM_A_TERMINAL:
        signal.signal(number, signal.SIG_IGN)
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        threading.Thread(target=end_with_parent, daemon=True).start()
        with safe_output():
            try:
                with boot.embedded_reference(command=command) as (target, wiring):
                    judged = with_profile(target, profile) if profile else target
                    found = run_suite(judged, options, EventSender(events), wiring=wiring)
                    events.put(("done", judged, found))
            except Exception as error:
                events.put(("lost", suite_failure.describe(error)))
    except KeyboardInterrupt:
        events.cancel_join_thread()  # nobody reads any more


def end_with_parent() -> None:
    """End this worker, and with it what it has started, once its parent is gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


class EventSender:
    """A progress that sends on what it is told."""

    def __init__(self, events: Queue[Event]) -> None:
        self._events = events

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args: self._events.put((name, *args))


class EventCollector:
    """Tells one progress what several workers send, and keeps what each has found."""

    def __init__(self, progress: Progress, workers: int) -> None:
        self.done: list[tuple[Target, Run]] = []
        self._progress = progress
        self._workers = workers
        self._begun: list[tuple[float, ...]] = []

    @property
    def waits(self) -> bool:
        """Whether some worker has not sent all."""
        return len(self.done) < self._workers

    def on_event(self, name: str, *args: Any) -> None:
        """One event of one worker."""
        if name == "done":
            self.done.append((args[0], args[1]))
        elif name == "lost":
            raise WorkerLost(args[0])
        elif name == "started":
            self._begun.append(args)
            tests, logins, seconds = zip(*self._begun, strict=True)
            self._progress.started(sum(tests), sum(logins), max(seconds))
        elif name != "finished":
            getattr(self._progress, name)(*args)
