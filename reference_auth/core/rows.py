"""What the table holds, as values: session rows, tombstones and the fence."""

from __future__ import annotations

from dataclasses import dataclass

from reference_auth.core.tokens import BOOKKEEPING, Claims, CustomerId

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
    hash: str
    ttl: int | None
    exp: int | None = None
    rotated_from: str | None = None
    session: int | None = None

    @classmethod
    def of(cls, claims: Claims, hash: str, rotated_from: str | None = None) -> Row:
        """The row that belongs to a pair (STORE-04)."""
        customer_id, ttl = key_of(claims.customer_id), claims.refresh_expiry
        return cls(customer_id, hash, ttl, claims.exp, rotated_from, claims.session)

    def continues(self, pair: Row, claims: Claims) -> bool:
        """Whether this row is of the same session as a pair, however often it was rotated.

        A server that knows no `session` wrote only whose successor the row is.
        """
        return (self.session or self.exp) == claims.session_id or self.rotated_from == pair.hash

    def is_expired(self, now: int) -> bool:
        """The table deletes expired rows late, so every reader judges `ttl` itself (STORE-08)."""
        # Departs: STORE-08 the module takes a row that is there for one that is good.
        return self.ttl is not None and now > self.ttl


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is kept of an ended pair: why it ended, and while grace lasts, what follows it."""

    customer_id: str
    hash: str
    reason: str
    ttl: int
    until: int | None = None
    successor: Claims | None = None

    @classmethod
    def revoked(cls, row: Row, ttl: int) -> Tombstone:
        """A tombstone that keeps a pair ended for as long as it could have lasted."""
        return cls(row.customer_id, row.hash, REVOKED, ttl)

    @property
    def is_revoked(self) -> bool:
        return self.reason == REVOKED

    def leads_on(self, now: int) -> bool:
        """The window is judged here: the table's own deletion lags (RACE-08, RACE-09)."""
        return self.reason == ROTATED and self.until is not None and now <= self.until


@dataclass(frozen=True, slots=True)
class Fence:
    """What is kept of a burn: every pair of the customer with `exp` at or before it is over."""

    before: int
    ttl: int
    done: bool = False

    def covers(self, exp: int | None) -> bool:
        """A row without `exp` came from an older node, which keeps no time to compare."""
        return exp is None or exp <= self.before


def key_of(customer_id: CustomerId) -> str:
    """The customer's partition: an integer and its text are the same customer to the table."""
    return str(customer_id)


def ended_key_of(customer_id: str) -> str:
    """The partition of what has ended, which no query for sessions sees."""
    return BOOKKEEPING + customer_id
