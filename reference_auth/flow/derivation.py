"""Key derivation: in threads, behind a bounded queue, and cached (HARD-26).

A refresh token and its hash depend on the customer's id, `exp` and the secret only. A server that
has just minted or verified a pair keeps both, and need not derive them again.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable
from typing import TypeVar

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
from reference_auth.flow.cache import Cache

QUEUE = 200  # jobs that run or wait: one or two seconds of work for two cores
QUEUE_PER_CUSTOMER = 32  # of these, so that one customer cannot fill the queue

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Derivation:
    """The slow functions of `tokens` for one secret.

    cached_pairs: how many pairs are kept in memory, at most; 0 keeps none.

    Only the event loop uses the caches and the counts of the queue, so they need no lock.
    """

    def __init__(self, secret: Secret, cached_pairs: int = 0) -> None:
        self._secret = secret
        self._refresh_tokens = Cache[tuple[CustomerId, int], RefreshToken](cached_pairs)
        self._hashes = Cache[RefreshToken, RefreshTokenHash](cached_pairs)
        self._limiter = anyio.CapacityLimiter(2 * (os.cpu_count() or 1))
        self._queued = Counter[Hashable]()

    async def issue(self, claims: Claims) -> IssuedPair:
        """Mint a pair and its hash."""
        key = (claims.customer_id, claims.exp)
        refresh_token = self._refresh_tokens.get(key)
        hash = refresh_token and self._hashes.get(refresh_token)
        if refresh_token and hash:
            pair = TokenPair(tokens.mint(claims, self._secret), refresh_token)
            return IssuedPair(claims, pair, hash)
        fresh = await self._in_thread(
            lambda: tokens.issue(claims, self._secret), claims.customer_id
        )
        self._refresh_tokens.put(key, fresh.pair.refresh_token)
        self._hashes.put(fresh.pair.refresh_token, fresh.hash)
        return fresh

    async def derive(self, customer_id: CustomerId, exp: int) -> RefreshToken:
        """Derive a refresh token."""
        key = (customer_id, exp)
        if known := self._refresh_tokens.get(key):
            return known
        refresh_token = await self._in_thread(
            lambda: tokens.derive(customer_id, exp, self._secret), customer_id
        )
        self._refresh_tokens.put(key, refresh_token)
        return refresh_token

    async def hash_of(self, refresh_token: RefreshToken) -> RefreshTokenHash:
        """Hash a refresh token for the table."""
        if known := self._hashes.get(refresh_token):
            return known
        hash = await self._in_thread(
            lambda: tokens.hash_of(refresh_token, self._secret), refresh_token
        )
        self._hashes.put(refresh_token, hash)
        return hash

    async def _in_thread(self, work: Callable[[], T], owner: Hashable) -> T:
        """Run a job in a thread; raise Retry if too many wait, of this owner or in all.

        owner: the customer, or a refresh token whose customer is not known here.
        """
        if self._queued.total() >= QUEUE or self._queued[owner] >= QUEUE_PER_CUSTOMER:
            raise Retry
        self._queued[owner] += 1
        try:
            # Departs: HARD-26 the module derives on its event loop.
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._queued[owner] -= 1
            if not self._queued[owner]:
                del self._queued[owner]
