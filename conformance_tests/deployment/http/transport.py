"""An answer has so many seconds as a whole: its head may drip just as its body may.

httpx bounds each read alone, so that an answer which comes a byte at a time never ends. Every read
of a connection therefore goes through here; no watchdog and no thread is needed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx


class Deadline:
    """When the answer that a thread waits for must be there."""

    def __init__(self, client: httpx.Client) -> None:
        self._own = threading.local()
        # httpx passes no backend on, so it is put where its connection pools look for one.
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx.HTTPTransport):
                pool: Any = transport._pool
                pool._network_backend = _Backend(pool._network_backend, self)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What is read in here is read in so many seconds, or it is an httpx.ReadTimeout."""
        self._own.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self._own.until = None

    def left(self, most: float | None) -> float | None:
        """The seconds that a read may take of these; raises where none is left."""
        until: float | None = getattr(self._own, "until", None)
        if until is None:
            return most
        left = until - time.monotonic()
        if left <= 0:
            raise httpx.ReadTimeout("it came, and did not end")
        return left if most is None else min(left, most)


class _Heeding:
    """Something of httpx's connections as it is, but for what a deadline bounds."""

    def __init__(self, inner: Any, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Backend(_Heeding):
    """Opens connections, each of which heeds the deadline."""

    def connect_tcp(self, *given: Any, **named: Any) -> _Stream:
        return _Stream(self._inner.connect_tcp(*given, **named), self._deadline)


class _Stream(_Heeding):
    """One connection, with TLS or without."""

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def start_tls(self, *given: Any, **named: Any) -> _Stream:
        return _Stream(self._inner.start_tls(*given, **named), self._deadline)
