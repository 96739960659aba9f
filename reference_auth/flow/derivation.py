"""Key stretching off the event loop, behind a limiter of its own (HARD-26)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from reference_auth.core import tokens
from reference_auth.core.tokens import Claims, CustomerId, Issue

T = TypeVar("T")


class Derivation:
    """The slow functions of `tokens` for one secret: a thread each, twice the cores at once."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._limiter = anyio.CapacityLimiter(2 * (os.cpu_count() or 1))

    async def issue(self, claims: Claims) -> Issue:
        """Mint a pair and its hash."""
        return await self._apart(lambda: tokens.issue(claims, self._secret))

    async def derive(self, customer_id: CustomerId, exp: int) -> str:
        """Derive a refresh token."""
        return await self._apart(lambda: tokens.derive(customer_id, exp, self._secret))

    async def hash_of(self, refresh_token: str) -> str:
        """Hash a refresh token for the table."""
        return await self._apart(lambda: tokens.hash_of(refresh_token, self._secret))

    async def _apart(self, work: Callable[[], T]) -> T:
        # Departs: HARD-26 the module derives on its event loop.
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)
