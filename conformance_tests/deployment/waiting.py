"""How a test waits: until the time is over, or until the run is interrupted."""

from __future__ import annotations

import threading
from contextvars import ContextVar

from conformance_tests.outcomes import NotReached

#: Is set once the run that the test belongs to is interrupted; by default nobody interrupts.
INTERRUPTED: ContextVar[threading.Event] = ContextVar("interrupted")
#: Whether other tests are under way beside the one that asks.
BESIDE_OTHERS: ContextVar[bool] = ContextVar("beside_others", default=False)
_NEVER = threading.Event()


def sleep(seconds: float) -> None:
    """Wait; NotReached as soon as the run is interrupted."""
    INTERRUPTED.get(_NEVER).wait(seconds)
    check()


def check() -> None:
    """NotReached where the run is interrupted: each call of a test begins with this."""
    if INTERRUPTED.get(_NEVER).is_set():
        raise NotReached("the run was interrupted")
