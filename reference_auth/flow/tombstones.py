"""What is kept of ended pairs: a pair's tombstone, and the fence of its customer's last burn."""

from __future__ import annotations

from dataclasses import dataclass

from reference_auth.core import tokens
from reference_auth.core.rows import Fence, Row, Tombstone
from reference_auth.core.tokens import Claims, CustomerId
from reference_auth.flow.burn import Burn
from reference_auth.store.sessions import Sessions


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


class Tombstones:
    """Looks up what is kept of an ended pair, and makes the tombstone of a pair that ends."""

    def __init__(self, sessions: Sessions, burn: Burn) -> None:
        self.sessions = sessions
        self.burn = burn

    async def look_up(self, customer_id: CustomerId, row: Row) -> Kept:
        """Read the tombstone and the fence of a missing row; finish a burn that is not done."""
        # Departs: HARD-13, HARD-30 the module keeps nothing, and burns for whatever is missing.
        tombstone = await self.sessions.tombstone(customer_id, row.hash)
        fence = await self.sessions.fence(row.customer_id)
        kept = Kept(row.exp, tombstone, fence)
        if kept.is_fenced:
            await self.burn.finish(row.customer_id, fence)
        return kept

    def revoked(self, row: Row, claims: Claims, now: int) -> list[Tombstone]:
        """The tombstone of a pair that ends now; none is needed once the pair has expired."""
        if tokens.is_refresh_expired(claims, now):
            return []
        return [Tombstone.revoked(row, claims.refresh_expiry)]
