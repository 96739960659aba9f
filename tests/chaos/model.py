"""SPEC.md on dictionaries: what every request answers, and what the table holds afterwards.

Written from the clauses, not from the code; the numbers are the clauses'.
A session is known by its customer and its `exp`, because its tokens are derived from those.
One request at a time, one server, no trouble with the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

OVER, INPUT, NO_SUCH, RETRY = (
    "graphql-authorization",
    "graphql-input",
    "graphql-no-such-entity",
    "graphql-server-internal-error",
)
SKEW = 10  # 7.8, 11.4
SHIFTS = 10  # 6.5, 8.5


@dataclass(frozen=True, slots=True)
class Promise:
    """What a pair promises: the claims of clause 3.2."""

    customer_id: str | int
    exp: int
    refresh_expiry: int
    iat: int
    auth_time: int | None = None
    session: int | None = None

    @property
    def session_id(self) -> int:
        """3.13"""
        return self.session or self.exp


@dataclass(slots=True)
class Kept:
    """One customer's part of the table, clauses 3.13 and 10."""

    rows: dict[int, tuple[int, int | None, int]] = field(
        default_factory=dict
    )  # ttl, rotated from, session
    revoked: set[int] = field(default_factory=set)
    rotated: dict[int, tuple[int, Promise]] = field(default_factory=dict)  # until, successor
    fence: int | None = None

    def covers(self, exp: int) -> bool:
        """10.4"""
        return self.fence is not None and exp <= self.fence

    def is_taken(self, exp: int) -> bool:
        """6.4, 8.3"""
        return exp in self.rows or exp in self.revoked or exp in self.rotated


Outcome = Promise | str | bool


@dataclass(slots=True)
class Model:
    """The rules of one deployment, and what its table holds."""

    access: int
    refresh_lifetime: int
    extended: int
    grace: int
    maximum: int | None
    now: int
    customers: dict[str, Kept] = field(default_factory=dict)
    reached: Counter[str] = field(default_factory=Counter)

    def kept(self, customer_id: str | int) -> Kept:
        return self.customers.setdefault(str(customer_id), Kept())

    # 6

    def log_in(self, customer_id: str | int, remember_me: bool) -> Outcome:
        """6.3 to 6.7; the next second comes at once."""
        kept = self.kept(customer_id)
        while True:
            lifetime = self.extended if remember_me else self.refresh_lifetime
            first = self.bounded(customer_id, self.now + lifetime, None)
            outcome = self.begin(kept, first)
            if outcome is not None:
                return outcome
            self.now += 1

    def begin(self, kept: Kept, first: Promise) -> Outcome | None:
        """None where no key is free (6.5) or a fence stands in the way (6.6)."""
        for promise in self.candidates(first):
            if kept.covers(promise.exp):
                return None
            if not kept.is_taken(promise.exp):
                kept.rows[promise.exp] = promise.refresh_expiry, None, promise.exp
                return promise
        return None

    def candidates(self, first: Promise) -> Iterator[Promise]:
        """6.5, 8.5"""
        lowered = (replace(first, exp=first.exp - shift) for shift in range(SHIFTS + 1))
        return (promise for promise in lowered if promise.exp > self.now)

    def bounded(
        self, customer_id: str | int, refresh_expiry: int, auth_time: int | None
    ) -> Promise:
        """13.2, 13.3"""
        exp = self.now + self.access
        if self.maximum is None:
            return Promise(customer_id, exp, refresh_expiry, self.now)
        began = self.now if auth_time is None else auth_time
        end = min(refresh_expiry, began + self.maximum)
        return Promise(customer_id, min(exp, end - 1), end, self.now, began)

    # 7

    def refresh(self, pair: Promise) -> Outcome:
        """From 7.5 on: what comes before it is the same for every forged and mismatched pair."""
        kept = self.kept(pair.customer_id)
        if self.is_over(pair):
            if kept.rows.pop(pair.exp, None) and self.now <= pair.refresh_expiry:
                kept.revoked.add(pair.exp)
            return OVER
        if pair.exp not in kept.rows:
            return self.absent(kept, pair)
        if self.now < pair.exp:
            return pair
        return self.rotate(kept, pair)

    def is_over(self, pair: Promise) -> bool:
        """7.5, 13.3"""
        return self.now > pair.refresh_expiry or self.is_past_the_end(pair)

    def is_past_the_end(self, pair: Promise) -> bool:
        """13.3: no successor of it could be live."""
        if self.maximum is None or pair.auth_time is None:
            return False
        return pair.auth_time + self.maximum - 1 <= self.now

    def absent(self, kept: Kept, pair: Promise) -> Outcome:
        """7.8"""
        if pair.exp in kept.revoked or kept.covers(pair.exp):
            return OVER
        until, successor = kept.rotated.get(pair.exp, (-1, pair))
        if self.grace and self.now <= until:
            return self.graced(kept, replace(successor, customer_id=pair.customer_id))
        if self.now < pair.exp:
            return RETRY if pair.exp - self.now <= SKEW else OVER
        if pair.refresh_expiry - self.now <= SKEW:
            return OVER
        return self.burn(kept)

    def graced(self, kept: Kept, successor: Promise) -> Outcome:
        """12.3"""
        if successor.exp in kept.rows:
            self.reached["graces"] += 1
            return OVER if self.now > successor.refresh_expiry else successor
        if successor.exp in kept.revoked or kept.covers(successor.exp):
            return OVER
        if successor.refresh_expiry - self.now <= SKEW:
            return OVER
        return self.burn(kept)

    # 8

    def rotate(self, kept: Kept, old: Promise) -> Outcome:
        left = old.refresh_expiry - self.now
        rolled = self.now + self.refresh_lifetime
        refresh_expiry = old.refresh_expiry if left >= self.refresh_lifetime else rolled  # 8.2
        first = self.bounded(old.customer_id, refresh_expiry, old.auth_time)
        first = replace(first, session=old.session_id)
        for new in self.candidates(first):
            if kept.covers(old.exp):
                return OVER  # 8.6
            if not kept.is_taken(new.exp):
                self.reached["rotations"] += 1
                del kept.rows[old.exp]
                kept.rows[new.exp] = new.refresh_expiry, old.exp, new.session_id
                if self.grace:
                    kept.rotated[old.exp] = self.now + self.grace, new
                return new
        return RETRY

    # 9

    def revoke(self, pair: Promise) -> Outcome:
        """From 9.4 on."""
        kept = self.kept(pair.customer_id)
        if kept.rows.pop(pair.exp, None):
            if self.now <= pair.refresh_expiry:
                kept.revoked.add(pair.exp)
            return True
        if pair.exp in kept.revoked or kept.covers(pair.exp):
            return True  # 9.5
        is_past = self.now > pair.refresh_expiry
        for exp, (_, _, session) in kept.rows.items():
            if session == pair.session_id:  # 9.6
                self.reached["successors revoked"] += 1
                del kept.rows[exp]
                kept.revoked.add(exp)
                if not is_past:
                    kept.rotated.pop(pair.exp, None)
                    kept.revoked.add(pair.exp)
                return True
        return True if is_past else NO_SUCH  # 9.7

    # 11

    def burn(self, kept: Kept) -> str:
        """11.2 to 11.4"""
        self.reached["burns"] += 1
        kept.fence = self.now + self.access
        reach = kept.fence + SKEW
        while doomed := [exp for exp in kept.rows if self.is_doomed(kept, exp, reach)]:
            kept.fence = max(kept.fence, *doomed)
            for exp in doomed:
                del kept.rows[exp]
        return OVER

    def is_doomed(self, kept: Kept, exp: int, reach: int) -> bool:
        _, rotated_from, _ = kept.rows[exp]
        return kept.covers(exp) or (rotated_from is not None and exp <= reach)
