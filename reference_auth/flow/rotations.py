"""Which pairs this process is rotating or has just rotated: a parallel request is no reuse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

import anyio

from reference_auth.store.retry import LONGEST_REQUEST


class Rotations:
    """When each rotation ended, kept for as long as a request that was received before may last."""

    def __init__(self) -> None:
        self._ended: dict[str, float] = {}  # by hash, the oldest first

    @contextmanager
    def under_way(self, hash: str) -> Iterator[None]:
        """Note that the pair with this hash is being spent: others may read meanwhile."""
        self._note(hash, inf)
        try:
            yield
        finally:
            self._note(hash, anyio.current_time())

    def lost_race(self, hash: str, received: float) -> bool:
        """Whether a request came before the pair was spent, so that it lost a race (RACE-06)."""
        return self._ended.get(hash, 0.0) > received

    def _note(self, hash: str, ended: float) -> None:
        too_old = anyio.current_time() - LONGEST_REQUEST
        while self._ended and next(iter(self._ended.values())) < too_old:
            del self._ended[next(iter(self._ended))]
        self._ended.pop(hash, None)
        self._ended[hash] = ended
