"""What the table holds, as values: session rows, tombstones and the fence."""

from __future__ import annotations

from dataclasses import dataclass

from reference_auth.core.tokens import ENDED_PREFIX, Claims, CustomerId, RefreshTokenHash

FENCE = "burn"
REVOKED = "revoked"
ROTATED = "rotated"
CLOCK_SKEW = 10  # seconds that two servers' clocks may differ by


@dataclass(frozen=True, slots=True)
class Row:
    """One live session: `ttl` is its refresh expiry, `exp` its pair's access expiry.

    Rows of older nodes have no `exp`, and some have no readable `ttl` (STORE-06).
    """

    customer_id: str
    hash: RefreshTokenHash
    ttl: int | None
    exp: int | None = None
    rotated_from: RefreshTokenHash | None = None
    session: int | None = None

    @classmethod
    def of(
        cls, claims: Claims, hash: RefreshTokenHash, rotated_from: RefreshTokenHash | None = None
    ) -> Row:
        """The row of a pair (STORE-04)."""
        customer_id, ttl = partition_of(claims.customer_id), claims.refresh_expiry
        return cls(customer_id, hash, ttl, claims.exp, rotated_from, claims.session)

    def continues(self, pair: Row, claims: Claims) -> bool:
        """Whether this row is of the same session as a pair, however often it was rotated.

        A row of a server without `session` names only the pair that it was rotated from.
        """
        return (self.session or self.exp) == claims.session_id or self.rotated_from == pair.hash

    def is_expired(self, now: int) -> bool:
        """The table deletes expired rows late, so every reader checks `ttl` itself (STORE-08)."""
        # Departs: STORE-08 the module takes a row that is there for one that is good.
        return self.ttl is not None and now > self.ttl


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is kept of an ended pair: why it ended, and with grace its successor's claims."""

    customer_id: str
    hash: RefreshTokenHash
    reason: str
    ttl: int
    until: int | None = None
    successor: Claims | None = None

    @classmethod
    def revoked(cls, row: Row, ttl: int) -> Tombstone:
        """The tombstone of a revoked pair, kept for as long as the pair could have lasted."""
        return cls(row.customer_id, row.hash, REVOKED, ttl)

    @property
    def is_revoked(self) -> bool:
        return self.reason == REVOKED

    def is_in_grace(self, now: int) -> bool:
        """Whether the grace window is open; the table's own deletion is late (RACE-08, RACE-09)."""
        return self.reason == ROTATED and self.until is not None and now <= self.until


@dataclass(frozen=True, slots=True)
class Fence:
    """What is kept of a burn: the customer's pairs with `exp` at or before `before` are over."""

    before: int
    ttl: int
    done: bool = False

    def covers(self, exp: int | None) -> bool:
        """A row without `exp` is of an older node: it is covered by every fence."""
        return exp is None or exp <= self.before


def partition_of(customer_id: CustomerId) -> str:
    """The customer's partition key; an integer id and its text have the same one."""
    return str(customer_id)


def ended_partition_of(customer_id: str) -> str:
    """The partition of tombstones and the fence, which no query for sessions returns."""
    return ENDED_PREFIX + customer_id
