"""How long a request waits: full-jitter back-off while the table is busy, and an end to it."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio

from reference_auth.core.errors import StorageTrouble

LONGEST_REQUEST = 8.0  # seconds, of storage and derivation together (FAULT-10)
LONGEST_BACKOFF = 4.0
FIRST_DELAY = 0.05
LONGEST_DELAY = 1.0

T = TypeVar("T")


class Busy(StorageTrouble):
    """A conflict or throttling: the table did nothing, and may do the same call soon."""


class Backoff:
    """Waits of random length that may grow, for four seconds in all."""

    def __init__(self) -> None:
        self._give_up = anyio.current_time() + LONGEST_BACKOFF
        self._ceiling = FIRST_DELAY

    async def wait(self) -> None:
        """Wait once more, or raise Busy when the time is up."""
        left = self._give_up - anyio.current_time()
        if left <= 0:
            raise Busy
        await anyio.sleep(min(left, random.uniform(0, self._ceiling)))
        self._ceiling = min(LONGEST_DELAY, 2 * self._ceiling)


async def patiently(action: Callable[[], Awaitable[T]]) -> T:
    """Do it again while the table is busy (FAULT-09)."""
    backoff = Backoff()
    while True:
        try:
            return await action()
        except Busy:
            await backoff.wait()


@contextmanager
def deadline() -> Iterator[None]:
    """Whatever hangs, a request has its answer in time (FAULT-10)."""
    try:
        with anyio.fail_after(LONGEST_REQUEST):
            yield
    except TimeoutError:
        raise StorageTrouble from None
