"""Grace: for a few seconds after a rotation, the old pair gets its successor again (RACE-08..10).

A lost answer must not cost a customer the session. So a rotation leaves a tombstone that names the
successor. It holds no token: tokens are derived, so the server builds the identical pair again and
writes nothing. Without the feature no such tombstone is written or used.
"""

from __future__ import annotations

from reference_auth.core.config import Config
from reference_auth.core.errors import SessionOver
from reference_auth.core.rows import CLOCK_SKEW, ROTATED, Row, Tombstone
from reference_auth.core.tokens import Claims, TokenPair
from reference_auth.flow.burn import Burn
from reference_auth.flow.derivation import Derivation
from reference_auth.store.sessions import Sessions


class Grace:
    def __init__(
        self, config: Config, sessions: Sessions, burn: Burn, derivation: Derivation
    ) -> None:
        self.seconds = config.grace_seconds
        self.sessions = sessions
        self.burn = burn
        self.derivation = derivation

    def tombstone(self, old: Row, successor: Claims, now: int) -> Tombstone | None:
        """The old pair's tombstone, if grace is on."""
        # Departs: RACE-08, RACE-09, RACE-10 the module knows no grace.
        if not self.seconds:
            return None
        until = now + self.seconds
        return Tombstone(old.customer_id, old.hash, ROTATED, until, until, successor)

    def is_in_window(self, tombstone: Tombstone | None, now: int) -> bool:
        """Whether the pair was rotated within the grace window."""
        return bool(self.seconds) and tombstone is not None and tombstone.is_in_grace(now)

    async def successor(self, tombstone: Tombstone | None, now: int) -> TokenPair | None:
        """The pair's successor; None outside the window, or if the successor was rotated itself."""
        if (
            tombstone is None
            or tombstone.successor is None
            or not self.is_in_window(tombstone, now)
        ):
            return None
        fresh = await self.derivation.issue(tombstone.successor)
        row = Row.of(fresh.claims, fresh.hash)
        found = await self.sessions.read(row.customer_id, row.hash)
        if found is None:
            await self.refuse_ended(fresh.claims, row, now)
            return None
        if found.is_expired(now):
            raise SessionOver
        return fresh.pair  # RACE-08

    async def refuse_ended(self, claims: Claims, row: Row, now: int) -> None:
        """Refuse if the successor has ended; otherwise it was rotated itself (RACE-10)."""
        kept = await self.burn.look_up(claims.customer_id, row)
        if kept.is_over or claims.refresh_expiry - now <= CLOCK_SKEW:
            raise SessionOver  # RACE-10
