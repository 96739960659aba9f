"""Where time can only be waited for, tests wait together: one acts at a time, the others sleep."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")

#: So many sleep at once: when all wake, the last must not find its session ended.
AT_ONCE = 5
_BATON = threading.Lock()


class Strand(threading.Thread):
    """One test's own thread. Only the holder of the baton acts; a sleeper lays it down."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self.ended = False
        self._act = act
        self._context = contextvars.copy_context()
        self._rested = threading.Event()

    def begin(self) -> bool:
        """Run until the test ends (True) or sleeps for the first time (False)."""
        self.start()
        self._rested.wait()
        return self.ended

    def within(self, ask: Callable[..., R], *given: Any) -> R:
        """Ask something as the test itself would: with its own transcript, say."""
        return self._context.run(ask, *given)

    def run(self) -> None:
        with _BATON:
            try:
                self._context.run(self._act)
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


def until_one_ends(strands: list[Strand]) -> None:
    """Wait until any of these tests has ended."""
    while not any(strand.ended for strand in strands):
        time.sleep(0.02)


def sleep(seconds: float) -> None:
    """Really wait; in a strand, without keeping the other strands from acting."""
    current = threading.current_thread()
    if isinstance(current, Strand):
        current.rest(seconds)
    else:
        time.sleep(seconds)
