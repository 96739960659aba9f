"""A fault waits for calls that it concerns, and does one thing to each, for a bounded time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from conformance_tests.deployment.faults.calls import Call
from conformance_tests.deployment.faults.wire import Message, Stream

WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call in the proxy's hands: the request, who asked, and the way to the table."""

    call: Call
    request: Message
    caller: Stream
    forward: Callable[[Message], Message]

    def ask(self) -> Message:
        """The table's own answer."""
        return self.forward(self.request)


Act = Callable[["Fault", Exchange], Message | None]


class Fault:
    """One fault: whom it concerns, what it does (`act`), after how many calls that pass, how often,
    and what it met.

    `act` gives the answer, or None to close the connection without an answer.
    """

    def __init__(
        self,
        act: Act,
        concerns: Callable[[Call], bool],
        *,
        times: int | None,
        after: int = 0,
        patience: float,
        parties: int | None = None,
    ) -> None:
        self.calls: list[Call] = []
        self.timed_out = False
        self._act = act
        self._concerns = concerns
        self._left = times
        self._passes = after
        self._patience = patience
        self._parties = parties
        self._held = 0
        self._all_here = False
        self._released = False
        self._change = threading.Condition()

    @property
    def hits(self) -> int:
        """How many calls it has met: 0 means that the test has seen nothing."""
        return len(self.calls)

    @property
    def complete(self) -> bool:
        """Whether a barrier held all its parties at once and let them go together."""
        return self._held == self._parties and not self.timed_out

    def held(self, calls: int = 1, seconds: float = WAIT_SECONDS) -> bool:
        """Wait until that many calls have come to a stop in it; False if they have not by then."""
        with self._change:
            return self._change.wait_for(lambda: self._held >= calls, seconds)

    def release(self) -> None:
        """Let every held call go on, and leave all later ones alone."""
        with self._change:
            self._released = True
            self._change.notify_all()

    def take(self, call: Call) -> bool:
        """Whether this call is met by the fault; counts it. The proxy's business."""
        with self._change:
            if self._released or self._left == 0 or not self._concerns(call):
                return False
            if self._passes > 0:
                self._passes -= 1
                return False
            self._left = None if self._left is None else self._left - 1
            self.calls.append(call)
            return True

    def perform(self, exchange: Exchange) -> Message | None:
        """Do to a call what the fault does."""
        return self._act(self, exchange)

    def pause(self, seconds: float) -> None:
        """Wait, unless released before."""
        with self._change:
            self._held += 1
            self._change.notify_all()
            self._change.wait_for(lambda: self._released, min(seconds, self._patience))

    def gate(self) -> None:
        """Stop here until released, until all parties have come, or until patience ends."""
        with self._change:
            self._held += 1
            self._all_here = self._held == self._parties
            self._change.notify_all()
            went_on = self._change.wait_for(
                lambda: self._released or self._all_here, self._patience
            )
            self.timed_out = self.timed_out or not went_on


class Faults:
    """The faults in force; the newest that concerns a call has it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    @property
    def any_in_force(self) -> bool:
        """Whether some fault may meet the next call."""
        return bool(self._faults)

    @contextmanager
    def force(self, fault: Fault) -> Iterator[Fault]:
        """Put a fault in force for a while."""
        with self._lock:
            self._faults.insert(0, fault)
        try:
            yield fault
        finally:
            fault.release()
            with self._lock:
                self._faults.remove(fault)

    def meeting(self, call: Call) -> Fault | None:
        """The fault that takes this call, if any does."""
        if not self._faults:
            return None
        with self._lock:
            return next((fault for fault in self._faults if fault.take(call)), None)

    def release(self) -> None:
        """End every hold."""
        with self._lock:
            for fault in self._faults:
                fault.release()
