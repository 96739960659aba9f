"""Runs tests side by side: each that needs nothing which another one has, a few at once.

Each has a thread of its own, but for those that must be alone: they are run where the scheduler is.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from queue import SimpleQueue
from typing import Any, Final, Generic, Protocol, TypeVar

from conformance_tests.actors import customer_schedule
from conformance_tests.actors.customer_schedule import Assignment, Need
from conformance_tests.deployment.waiting import INTERRUPTED

T = TypeVar("T")
Test = TypeVar("Test", contravariant=True)
#: An interrupted run waits so long for tests that are in the middle of a call.
INTERRUPT_SECONDS: Final = 2.0
CUSTOMER, QUIET, TURN = "a customer", "the other tests to end", "its turn"


#: Of a test that needs no customer.
NOTHING: Final = Need(0)


class Next(Enum):
    """What comes after a test."""

    DONE = auto()
    AGAIN = auto()  # it is run again, alone
    LOST = auto()  # the same, once the deployment is there again


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """A test, the customers that it needs, and whether no other one may be under way.

    stage: a test that needs customers waits until none of an earlier stage does.
    """

    test: T
    need: Need = NOTHING
    stage: int = 0
    alone: bool = False

    @property
    def place(self) -> tuple[int, bool]:
        """Where it stands among the others: of a stage, those that run alone come last."""
        return self.stage, self.alone


class Tests(Protocol[Test]):
    """What the scheduler asks of whoever knows the tests."""

    def run(self, test: Test, alone: bool) -> Any: ...
    def take(self, test: Test, result: Any) -> Next: ...
    def revive(self) -> None: ...
    def last_active(self) -> Sequence[float]: ...
    def waits(self, told: str) -> None: ...


@dataclass(slots=True)
class _Running(Generic[T]):
    """A test that is under way, and the customers that it was given."""

    job: Job[T]
    assignment: Assignment
    thread: threading.Thread | None = None
    result: Any = None
    error: BaseException | None = None


class Scheduler(Generic[T]):
    """At most so many tests at once; the order is kept as far as nothing has to wait.

    alone_last: tests that run alone come after all others, not after those of their stage.
    """

    def __init__(self, tests: Tests[T], parallel: int, *, alone_last: bool = False) -> None:
        self._tests = tests
        self._parallel = parallel
        self._alone_last = alone_last
        self._waiting: list[Job[T]] = []
        self._running: list[_Running[T]] = []
        self._ended: SimpleQueue[_Running[T]] = SimpleQueue()
        self._interrupted = threading.Event()
        self._lost = False

    def run(self, jobs: Iterable[Job[T]]) -> None:
        """Run them all; an interrupt ends those that are under way."""
        self._waiting = sorted(jobs, key=self._place)
        try:
            while self._waiting or self._running:
                while (found := self._startable()) is not None:
                    self._start(*found)
                if self._running:
                    self._take(self._ended.get())
        except BaseException:
            self._interrupt()
            raise

    # -- what may start ------------------------------------------------------------------------

    def _startable(self) -> tuple[Job[T], Assignment] | None:
        """The first test that may start, with its customers."""
        if self._lost and not self._running:
            self._tests.revive()
            self._lost = False
        if self._lost or not self._waiting:
            return None
        why: Counter[str] = Counter()
        for job in self._waiting:
            given = self._obstacle(job)
            if isinstance(given, Assignment):
                return job, given
            why[given] += 1
        self._tests.waits(", ".join(f"{count} for {what}" for what, count in why.items()))
        return None

    def _obstacle(self, job: Job[T]) -> Assignment | str:
        """The customers with which a test may start, or what it waits for."""
        if job.alone and (self._running or job is not self._waiting[0]):
            return QUIET
        if len(self._running) >= self._parallel:
            return TURN
        if job.need.customers and self._earlier(job):
            return CUSTOMER
        running = [one.assignment for one in self._running]
        return customer_schedule.choose(self._tests.last_active(), job.need, running) or CUSTOMER

    def _earlier(self, job: Job[T]) -> bool:
        """Whether a test of an earlier place still needs customers."""
        others, place = [*self._waiting, *(one.job for one in self._running)], self._place(job)
        return any(other.need.customers and self._place(other) < place for other in others)

    def _place(self, job: Job[T]) -> tuple[int, int]:
        return (job.alone, job.stage) if self._alone_last else job.place

    # -- one test ------------------------------------------------------------------------------

    def _start(self, job: Job[T], assignment: Assignment) -> None:
        self._waiting.remove(job)
        begun = _Running(job, assignment)
        self._running.append(begun)
        own = contextvars.copy_context()
        if job.alone:
            begun.result = own.run(self._run, begun)
            self._take(begun)
        else:
            begun.thread = threading.Thread(
                target=own.run, args=(self._run_in_thread, begun), daemon=True
            )
            begun.thread.start()

    def _run(self, begun: _Running[T]) -> Any:
        customer_schedule.assign(begun.assignment)
        return self._tests.run(begun.job.test, begun.job.alone)

    def _run_in_thread(self, begun: _Running[T]) -> None:
        INTERRUPTED.set(self._interrupted)
        try:
            begun.result = self._run(begun)
        except BaseException as error:  # for the thread that waits for it
            begun.error = error
        self._ended.put(begun)

    def _take(self, ended: _Running[T]) -> None:
        """A test has ended."""
        self._running.remove(ended)
        if ended.error is not None:
            raise ended.error
        after = self._tests.take(ended.job.test, ended.result)
        if after is not Next.DONE:
            self._waiting.append(replace(ended.job, alone=True))
            self._waiting.sort(key=self._place)
        self._lost = self._lost or after is Next.LOST

    def _interrupt(self) -> None:
        """Let each test under way end at its next call, and wait a little for that."""
        self._interrupted.set()
        until = time.monotonic() + INTERRUPT_SECONDS
        for one in self._running:
            if one.thread is not None:
                one.thread.join(max(0.0, until - time.monotonic()))
