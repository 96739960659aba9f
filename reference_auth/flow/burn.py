"""A burn ends every session of a customer, after one event only: reuse of a spent pair (CORE-12).

First the fence is put: from then on nothing that it covers can be written. Then the covered rows
are deleted until a query finds none. Then the fence is marked done. A request that meets a fence
that is not done finishes the burn.

What is kept of an ended pair, its tombstone and its customer's fence, is looked up here too.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reference_auth.core.config import Config
from reference_auth.core.errors import OutcomeUnknown
from reference_auth.core.rows import CLOCK_SKEW, Fence, Row, Tombstone, partition_of
from reference_auth.core.tokens import Claims, CustomerId
from reference_auth.store import items
from reference_auth.store.sessions import Sessions

security = logging.getLogger("reference_auth.security")


@dataclass(frozen=True, slots=True)
class Kept:
    """The tombstone of a pair and the fence of its customer, where there are any."""

    exp: int | None
    tombstone: Tombstone | None
    fence: Fence | None

    @property
    def is_over(self) -> bool:
        """Revoked or burned: refused without another burn (HARD-13, HARD-15, HARD-30)."""
        return self.is_revoked or self.is_fenced

    @property
    def is_revoked(self) -> bool:
        return self.tombstone is not None and self.tombstone.is_revoked

    @property
    def is_fenced(self) -> bool:
        return self.fence is not None and self.fence.covers(self.exp)


class Burn:
    def __init__(self, sessions: Sessions, config: Config) -> None:
        self.sessions = sessions
        self.config = config

    async def begin(self, reused: Claims, now: int) -> None:
        """Burn, unless a fence already covers the reused pair (HARD-30)."""
        customer_id, ours = partition_of(reused.customer_id), self.fence_at(now, reused)
        try:
            in_force, is_new = await self.sessions.put_fence(customer_id, ours, over=reused.exp)
        except OutcomeUnknown:
            self.log_event(customer_id)  # it may be there, and then nobody else begins this burn
            raise
        if is_new:
            self.log_event(customer_id)
        await self.finish(customer_id, in_force)

    async def end_all(self, customer_id: str, now: int) -> None:
        """Burn without a reused pair: an operator asks for it."""
        ours = self.fence_at(now)
        in_force, _ = await self.sessions.put_fence(customer_id, ours, over=ours.before)
        await self.finish(customer_id, in_force)

    async def look_up(self, customer_id: CustomerId, row: Row) -> Kept:
        """Read the tombstone and the fence of a missing row; finish a burn that is not done."""
        # Departs: HARD-13, HARD-30 the module keeps nothing, and burns for whatever is missing.
        tombstone = await self.sessions.tombstone(customer_id, row.hash)
        fence = await self.sessions.fence(row.customer_id)
        kept = Kept(row.exp, tombstone, fence)
        if kept.is_fenced:
            await self.finish(row.customer_id, fence)
        return kept

    async def finish(self, customer_id: str, fence: Fence | None) -> None:
        """Delete the covered rows, then mark the fence done; returns when both have happened."""
        while fence is not None and not fence.done:
            fence = await self.sweep(customer_id, fence)
            if await self.sessions.mark_done(customer_id, fence):
                return
            fence = await self.sessions.fence(customer_id)

    async def sweep(self, customer_id: str, fence: Fence) -> Fence:
        """Delete the covered rows until a query finds none; return the fence in force by then."""
        with_skew = replace(fence, before=fence.before + CLOCK_SKEW)
        found = True
        while found:
            found = False
            async for page in self.sessions.pages(customer_id):
                rows = map(items.read_row, page)
                to_delete = [row for row in rows if self.is_to_delete(row, fence, with_skew)]
                fence = await self.raise_to(customer_id, fence, to_delete)
                await self.sessions.delete_all(to_delete)
                found = found or bool(to_delete)
        return fence

    def is_to_delete(self, row: Row, fence: Fence, with_skew: Fence) -> bool:
        """Covered, or rotated by a server whose clock is ahead, and just past the fence."""
        return fence.covers(row.exp) or (row.rotated_from is not None and with_skew.covers(row.exp))

    async def raise_to(self, customer_id: str, fence: Fence, to_delete: Sequence[Row]) -> Fence:
        """Raise the fence over these rows before they go, and keep it as long as they last.

        So none is written again, and none of their pairs outlives the fence that refuses it.
        """
        before = max([fence.before, *(row.exp or 0 for row in to_delete)])
        ttl = max([fence.ttl, *(row.ttl or 0 for row in to_delete)])
        higher = replace(fence, before=before, ttl=ttl)
        if higher == fence:
            return fence
        in_force, _ = await self.sessions.put_fence(customer_id, higher, over=before + 1)
        return in_force

    def fence_at(self, now: int, reused: Claims | None = None) -> Fence:
        """Covers every pair that can have been issued by now, for as long as one can last."""
        lifetimes = self.config.lifetimes
        ttl = max(now + lifetimes.extended, reused.refresh_expiry if reused else 0)
        return Fence(before=now + lifetimes.access, ttl=ttl)

    def log_event(self, customer_id: str) -> None:
        """Log one security event for each burn, with the customer's id and no secret (HARD-28)."""
        # Departs: HARD-28 the module logs nothing.
        security.warning(
            "A spent pair was reused: every session of the customer ends",
            extra={"event": "replay", "customer_id": customer_id},
        )
