"""How long a request waits: full-jitter back-off while the table is busy, and a deadline."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import anyio

from reference_auth.core.errors import StorageError

LONGEST_REQUEST = 8.0  # seconds for all fields of a request: platform, table and derivation
ANSWER_SECONDS = 1.0  # for the answer after that
WRITE_SECONDS = 2.0  # a rotation that has less time left writes nothing
LONGEST_BACKOFF = 4.0
FIRST_DELAY = 0.05
LONGEST_DELAY = 1.0

T = TypeVar("T")


class Busy(StorageError):
    """A conflict or throttling: the table did nothing, and may do the same call soon."""


class Backoff:
    """Random waits up to a growing limit, four seconds in all."""

    def __init__(self) -> None:
        self._give_up = anyio.current_time() + LONGEST_BACKOFF
        self._ceiling = FIRST_DELAY

    async def wait(self) -> None:
        """Wait once more, or raise Busy after four seconds."""
        left = self._give_up - anyio.current_time()
        if left <= 0:
            raise Busy
        await anyio.sleep(min(left, random.uniform(0, self._ceiling)))
        self._ceiling = min(LONGEST_DELAY, 2 * self._ceiling)


async def retry_while_busy(action: Callable[[], Awaitable[T]]) -> T:
    """Repeat the action while the table is busy (FAULT-09)."""
    backoff = Backoff()
    while True:
        try:
            return await action()
        except Busy:
            await backoff.wait()


def request_limit() -> AbstractContextManager[object]:
    """Limit a whole request; raises TimeoutError if a field of the host takes longer."""
    return anyio.fail_after(LONGEST_REQUEST + ANSWER_SECONDS)


def has_time_to_write() -> bool:
    """Whether a write that begins now is answered in time, as far as one can tell."""
    return anyio.current_effective_deadline() - anyio.current_time() >= WRITE_SECONDS


@contextmanager
def deadline() -> Iterator[None]:
    """Answer a field before its request's limit, even if something hangs (FAULT-10)."""
    now = anyio.current_time()
    request_ends = anyio.current_effective_deadline() - ANSWER_SECONDS
    try:
        with anyio.fail_after(min(LONGEST_REQUEST, request_ends - now)):
            yield
    except TimeoutError:
        raise StorageError from None
