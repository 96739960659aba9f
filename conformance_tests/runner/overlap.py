"""Where time can only be waited for, tests wait together: one acts at a time, the others sleep."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from conformance_tests.actors.customer_schedule import Cast

R = TypeVar("R")
T = TypeVar("T")

#: So many sleep at once: when all wake, the last must not find its session ended.
AT_ONCE = 8
_BATON = threading.Lock()


class Strand(threading.Thread):
    """One test's own thread. Only the holder of the baton acts; a sleeper lays it down."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self.ended = False
        self._act = act
        self._variables = contextvars.copy_context()  # `_context` is Thread's own from 3.14 on
        self._rested = threading.Event()

    def begin(self) -> bool:
        """Run until the test ends (True) or sleeps for the first time (False)."""
        self.start()
        self._rested.wait()
        return self.ended

    def within(self, ask: Callable[..., R], *given: Any) -> R:
        """Ask something as the test itself would: with its own transcript, say."""
        return self._variables.run(ask, *given)

    def run(self) -> None:
        with _BATON:
            try:
                self._variables.run(self._act)
            except BaseException as error:
                self.error = error
            self.ended = True
        self._rested.set()

    def rest(self, seconds: float) -> None:
        """Sleep, and let others act meanwhile."""
        self._rested.set()
        _BATON.release()
        try:
            time.sleep(seconds)
        finally:
            _BATON.acquire()


@dataclass(frozen=True, slots=True)
class Sleeper(Generic[T]):
    """A test that is asleep, and the customers it keeps."""

    test: T
    strand: Strand
    cast: Cast


@dataclass(slots=True)
class Crowd(Generic[T]):
    """The tests that are asleep."""

    sleepers: list[Sleeper[T]] = field(default_factory=list)

    @property
    def casts(self) -> list[Cast]:
        """The customers that they keep."""
        return [sleeper.cast for sleeper in self.sleepers]

    def join(self, test: T, strand: Strand, cast: Cast) -> None:
        """One more."""
        self.sleepers.append(Sleeper(test, strand, cast))

    def leaving(self) -> Iterator[Sleeper[T]]:
        """Wait until any of them has ended; each that has is in the crowd no more."""
        while not any(sleeper.strand.ended for sleeper in self.sleepers):
            time.sleep(0.02)
        for sleeper in [each for each in self.sleepers if each.strand.ended]:
            self.sleepers.remove(sleeper)
            yield sleeper


def sleep(seconds: float) -> None:
    """Really wait; in a strand, without keeping the other strands from acting."""
    current = threading.current_thread()
    if isinstance(current, Strand):
        current.rest(seconds)
    else:
        time.sleep(seconds)
