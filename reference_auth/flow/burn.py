"""A burn ends every session of a customer, for one event only: a spent pair came back (CORE-12).

The fence goes up first, so nothing that it covers can be written behind the sweep; then the rows
go, until a query finds none; then the fence is marked done. Whoever meets one that is not done
finishes the burn.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from reference_auth.core.config import Config
from reference_auth.core.rows import CLOCK_SKEW, Fence, Row, key_of
from reference_auth.core.tokens import Claims
from reference_auth.store import items
from reference_auth.store.sessions import Sessions

security = logging.getLogger("reference_auth.security")


class Burn:
    """Raise the fence, sweep, mark done."""

    def __init__(self, sessions: Sessions, config: Config) -> None:
        self.sessions = sessions
        self.config = config

    async def begin(self, reused: Claims, now: int) -> None:
        """Burn, unless a fence covers the reused pair already (HARD-30)."""
        customer_id, ours = key_of(reused.customer_id), self.fence_at(now, reused)
        standing = await self.sessions.raise_fence(customer_id, ours, over=reused.exp)
        if standing.before == ours.before:
            self.report(customer_id)
        await self.finish(customer_id, standing)

    async def finish(self, customer_id: str, fence: Fence | None) -> None:
        """Leave no row that the fence covers, and note that it is so; returns only when it is."""
        while fence is not None and not fence.done:
            fence = await self.sweep(customer_id, fence)
            if await self.sessions.mark_done(customer_id, fence):
                return
            fence = await self.sessions.fence(customer_id)

    async def sweep(self, customer_id: str, fence: Fence) -> Fence:
        """Delete what the fence covers until a query finds nothing; return the fence by then."""
        reach = replace(fence, before=fence.before + CLOCK_SKEW)
        found = True
        while found:
            found = False
            async for page in self.sessions.pages(customer_id):
                rows = map(items.read_row, page)
                doomed = [row for row in rows if self.is_doomed(row, fence, reach)]
                fence = await self.raise_to(customer_id, fence, doomed)
                await self.sessions.delete_all(doomed)
                found = found or bool(doomed)
        return fence

    def is_doomed(self, row: Row, fence: Fence, reach: Fence) -> bool:
        """Covered, or just past it by rotation: that came from a server with a faster clock."""
        return fence.covers(row.exp) or (row.rotated_from is not None and reach.covers(row.exp))

    async def raise_to(self, customer_id: str, fence: Fence, doomed: Sequence[Row]) -> Fence:
        """Raise the fence over every doomed row before it goes, and keep it as long as they last.

        None is written again, and no pair of theirs outlives the fence that refuses it.
        """
        before = max([fence.before, *(row.exp or 0 for row in doomed)])
        ttl = max([fence.ttl, *(row.ttl or 0 for row in doomed)])
        higher = replace(fence, before=before, ttl=ttl)
        if higher == fence:
            return fence
        return await self.sessions.raise_fence(customer_id, higher, over=before + 1)

    def fence_at(self, now: int, reused: Claims) -> Fence:
        """Over every pair that could have been issued by now, for as long as one could last."""
        lifetimes = self.config.lifetimes
        ttl = max(now + lifetimes.extended, reused.refresh_expiry)
        return Fence(before=now + lifetimes.access, ttl=ttl)

    def report(self, customer_id: str) -> None:
        """One security event a burn, with the customer's id and nothing secret (HARD-28)."""
        # Departs: HARD-28 the module says nothing.
        security.warning(
            "A spent pair came back: every session of the customer ends",
            extra={"event": "replay", "customer_id": customer_id},
        )
