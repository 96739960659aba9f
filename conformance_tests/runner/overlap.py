"""Where time can only be waited for, tests wait at the same time; only one of them acts at once."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from conformance_tests.actors.customer_schedule import Assignment

R = TypeVar("R")
T = TypeVar("T")

#: At most so many tests wait at once: when all wake up, the last must not find its session ended.
MAX_WAITING = 8
_RUN_LOCK = threading.Lock()


class CooperativeThread(threading.Thread):
    """One test's own thread: it holds the run lock while it acts, and not while it waits."""

    def __init__(self, target: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self.ended = False
        self._test = target
        self._variables = contextvars.copy_context()  # `_context` is Thread's own from 3.14 on
        self._paused = threading.Event()

    def run_until_it_waits(self) -> bool:
        """Run until the test ends (True) or waits for the first time (False)."""
        self.start()
        self._paused.wait()
        return self.ended

    def in_its_context(self, call: Callable[..., R], *given: Any) -> R:
        """Call something with the test's own context variables, its transcript for one."""
        return self._variables.run(call, *given)

    def run(self) -> None:
        with _RUN_LOCK:
            try:
                self._variables.run(self._test)
            except BaseException as error:
                self.error = error
            self.ended = True
        self._paused.set()

    def wait(self, seconds: float) -> None:
        """Sleep, and let other tests act meanwhile."""
        self._paused.set()
        _RUN_LOCK.release()
        try:
            time.sleep(seconds)
        finally:
            _RUN_LOCK.acquire()


@dataclass(frozen=True, slots=True)
class WaitingTest(Generic[T]):
    """A test that waits, and the customers it keeps."""

    test: T
    thread: CooperativeThread
    assignment: Assignment


@dataclass(slots=True)
class WaitingTests(Generic[T]):
    """The tests that wait now."""

    tests: list[WaitingTest[T]] = field(default_factory=list)

    @property
    def assignments(self) -> list[Assignment]:
        """The customers that they keep."""
        return [waiting.assignment for waiting in self.tests]

    def add(self, test: T, thread: CooperativeThread, assignment: Assignment) -> None:
        """One more test waits."""
        self.tests.append(WaitingTest(test, thread, assignment))

    def finished(self) -> Iterator[WaitingTest[T]]:
        """Wait until a test has ended; each that has is removed."""
        while not any(waiting.thread.ended for waiting in self.tests):
            time.sleep(0.02)
        for waiting in [each for each in self.tests if each.thread.ended]:
            self.tests.remove(waiting)
            yield waiting


def sleep(seconds: float) -> None:
    """Wait; a cooperative thread lets other tests act meanwhile."""
    current = threading.current_thread()
    if isinstance(current, CooperativeThread):
        current.wait(seconds)
    else:
        time.sleep(seconds)
