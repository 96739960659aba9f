"""Key derivation: in threads, behind a bounded queue, and cached (HARD-26).

A refresh token and its hash depend on the customer's id, `exp` and the secret only. A server that
has just minted or verified a pair keeps both, and need not derive them again.
"""

from __future__ import annotations

import os
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from reference_auth.core import tokens
from reference_auth.core.config import Secret
from reference_auth.core.errors import Retry
from reference_auth.core.tokens import (
    Claims,
    CustomerId,
    IssuedPair,
    RefreshToken,
    RefreshTokenHash,
    TokenPair,
)

QUEUE = 200  # jobs that run or wait: one or two seconds of work for two cores
QUEUE_PER_CUSTOMER = 32  # of these, so that one customer cannot fill the queue

T = TypeVar("T")


class Derivation:
    """The slow functions of `tokens` for one secret.

    cached_pairs: how many pairs are kept in memory, at most; 0 keeps none.

    Only the event loop uses the cache and the counts of the queue, so they need no lock.
    """

    def __init__(self, secret: Secret, cached_pairs: int = 0) -> None:
        self._secret = secret
        self._cache: OrderedDict[Hashable, Any] = OrderedDict()  # least recently used first
        self._most = 2 * cached_pairs  # a refresh token and a hash each
        # The event loop begins each job: threads with a queue of their own hold it up.
        self._limiter = anyio.CapacityLimiter(2 * (os.cpu_count() or 1))
        self._queued = Counter[Hashable]()

    async def issue(self, claims: Claims) -> IssuedPair:
        refresh_token = await self.derive(claims.customer_id, claims.exp)  # WIRE-07
        hash = await self.hash_of(refresh_token)
        pair = TokenPair(tokens.mint(claims, self._secret), refresh_token)
        return IssuedPair(claims, pair, hash)

    async def derive(self, customer_id: CustomerId, exp: int) -> RefreshToken:
        return await self._cached(
            (customer_id, exp), lambda: tokens.derive(customer_id, exp, self._secret), customer_id
        )

    async def hash_of(self, refresh_token: RefreshToken) -> RefreshTokenHash:
        """Hash a refresh token for the table; its customer is not known here."""
        return await self._cached(
            refresh_token, lambda: tokens.hash_of(refresh_token, self._secret), refresh_token
        )

    async def _cached(self, key: Hashable, work: Callable[[], T], owner: Hashable) -> T:
        value: T
        value = self._cache[key] if key in self._cache else await self._in_thread(work, owner)
        self._cache[key] = value
        self._cache.move_to_end(key)
        if len(self._cache) > self._most:
            self._cache.popitem(last=False)
        return value

    async def _in_thread(self, work: Callable[[], T], owner: Hashable) -> T:
        """Run a job in a thread; raise Retry if too many wait, of this owner or in all."""
        if self._queued.total() >= QUEUE or self._queued[owner] >= QUEUE_PER_CUSTOMER:
            raise Retry
        self._queued[owner] += 1
        try:
            # Departs: HARD-26 the module derives on its event loop.
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._queued[owner] -= 1
            self._queued += Counter()  # drops those with none
