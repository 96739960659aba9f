"""The flow of one customer as SPEC.md has it: each call's answer, and what becomes of her rows.

A plain value, written from the clauses alone. Time is an argument, in whole epoch seconds. Each
expectation names the requirement that another answer breaks, and the one that another effect
breaks; a target that is not held to one of them may do otherwise there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

#: Seconds by which servers' clocks may differ (7.8).
SKEW: Final = 10
#: What a pair that has rotated so many times shows: the first time, the next ones, and later ones.
ROTATIONS: Final = ("CORE-06", "CORE-07", "CORE-07", "CORE-29")


class State(StrEnum):
    """What has become of a pair."""

    CURRENT = "current"  # its row is in the table
    SPENT = "spent"
    REVOKED = "revoked"
    BURNED = "burned"


class Reply(StrEnum):
    """What a call may answer."""

    SAME = "the same pair again"
    SUCCESSOR = "the pair that replaced it"
    NEW = "a new pair"
    OVER = "a refusal that ends the session"
    REFUSED = "a refusal"
    INPUT = "a refusal with category graphql-input"
    NO_SUCH = "a refusal with category graphql-no-such-entity"
    TRUE = "result true"
    DONE = "success true"
    ROWS = "every row of the customer"


class Effect(StrEnum):
    """What a call does to the customer's rows."""

    NOTHING = "no row to change"
    ISSUES = "one new row, and the others as they were"
    ROTATES = "the old row gone, one new row, and the others as they were"
    ENDS = "the session's row gone, and the others as they were"
    BURNS = "every row of this customer gone"


@dataclass(slots=True)
class Pair:
    """A pair of tokens: what it promises, and what has become of it.

    began: when its session did.
    until: the last second of the grace window that its rotation has opened.
    replaced: the suite has put another in its place, so its predecessor does not lead to it.
    """

    session: int
    generation: int
    exp: int
    refresh_expiry: int
    remembered: bool = False
    state: State = State.CURRENT
    began: int = 0
    until: int | None = None
    replaced: bool = False

    def is_live(self, now: int) -> bool:
        """3.6"""
        return now < self.exp

    def is_over(self, now: int) -> bool:
        """3.6"""
        return now > self.refresh_expiry


@dataclass(frozen=True, slots=True)
class Expected:
    """What a call must answer, what it does, and the requirements that say so.

    requirement: broken by any other answer; empty where SPEC.md says it and no requirement does.
    rows: broken by any other effect.
    """

    replies: tuple[Reply, ...]
    requirement: str
    effect: Effect = Effect.NOTHING
    rows: str = "STORE-12"

    def __str__(self) -> str:
        return " or ".join(self.replies)


@dataclass(slots=True)
class Customer:
    """The sessions of one customer, each from its login's pair to its newest.

    grace: seconds in which a spent pair leads to its successor.
    maximum: seconds from a login to the absolute end of its session.
    """

    grace: int = 0
    maximum: float = math.inf
    sessions: dict[int, list[Pair]] = field(default_factory=dict)
    #: How many rows a developer has written for her.
    written: int = 0
    burned: bool = False

    def current(self) -> list[Pair]:
        """The pairs that have a row."""
        newest = (pairs[-1] for pairs in self.sessions.values())
        return [pair for pair in newest if pair.state is State.CURRENT]

    # -- what must be ------------------------------------------------------------------------------

    def refresh(self, pair: Pair, now: int) -> Expected | None:
        """Section 7 for a pair whose tokens belong together; None where SPEC.md leaves it open."""
        if pair.is_over(now):
            return self._refresh_when_over(pair, now)
        if self._is_at_its_end(pair, now):
            return None
        if pair.state is State.CURRENT:
            return self._refresh_current(pair, now)
        if pair.state is State.SPENT:
            return self._replay(pair, now)
        revoked = pair.state is State.REVOKED
        expired, live = ("CORE-24", "HARD-14") if revoked else ("CORE-14", "HARD-15")
        rows = "HARD-13" if revoked else "HARD-30"
        return Expected((Reply.OVER,), live if pair.is_live(now) else expired, rows=rows)

    def _refresh_when_over(self, pair: Pair, now: int) -> Expected:
        """7.5"""
        requirement = "CORE-11" if now == pair.refresh_expiry + 1 else "CORE-15"
        if pair.state is State.CURRENT:
            return Expected((Reply.OVER,), requirement, Effect.ENDS, "CORE-15")
        return Expected((Reply.OVER,), requirement, rows="HARD-12")

    def _is_at_its_end(self, pair: Pair, now: int) -> bool:
        """13.3 leaves open which second is the last of a session with an absolute end, in which no
        new pair could live, and what becomes of its row then.
        """
        return now >= pair.began + self.maximum - 1

    def _refresh_current(self, pair: Pair, now: int) -> Expected:
        """7.9 and 7.10"""
        if pair.is_live(now):
            requirement = "CORE-10" if now == pair.exp - 1 else "CORE-05"
            return Expected((Reply.SAME,), requirement, rows="CORE-05")
        edges = {pair.refresh_expiry: "CORE-11", pair.exp: "CORE-10"}
        later = ROTATIONS[min(pair.generation, len(ROTATIONS) - 1)]
        return Expected((Reply.NEW,), edges.get(now, later), Effect.ROTATES, "STORE-07")

    def _replay(self, pair: Pair, now: int) -> Expected | None:
        """7.8"""
        if pair.until is not None and now <= pair.until:
            return self._refresh_within_grace(pair, now)
        if pair.refresh_expiry - now <= SKEW:
            return Expected((Reply.OVER,), "HARD-38", rows="HARD-38")
        return Expected((Reply.OVER,), "CORE-12", Effect.BURNS, "CORE-12")

    def _refresh_within_grace(self, pair: Pair, now: int) -> Expected | None:
        """12.3; it leaves open what becomes of the row of a successor that is over."""
        successor = self.sessions[pair.session][pair.generation + 1]
        if successor.replaced or successor.is_over(now):
            return None
        if successor.state is State.SPENT:
            return Expected((Reply.OVER,), "RACE-09", Effect.BURNS, "RACE-09")
        if successor.state is State.REVOKED:
            return Expected((Reply.OVER,), "RACE-10", rows="RACE-10")
        return Expected((Reply.SUCCESSOR,), "RACE-08", rows="RACE-08")

    def refresh_mixed(self, pair: Pair, now: int, rows: str) -> Expected | None:
        """7.6: another refresh token beside the access token of this pair."""
        if pair.is_over(now) or self._is_at_its_end(pair, now):
            return None
        return Expected((Reply.REFUSED,), "CORE-16" if pair.is_live(now) else rows, rows=rows)

    def revoke(self, pair: Pair, now: int) -> Expected | None:
        """Section 9 for a pair whose tokens belong together."""
        if pair.state is State.CURRENT:
            requirement = "CORE-20" if pair.is_live(now) else "CORE-21"
            return Expected((Reply.TRUE,), requirement, Effect.ENDS, "CORE-20")
        if pair.is_over(now):
            return Expected((Reply.TRUE, Reply.NO_SUCH), "", rows="CORE-20")  # 9.7
        if pair.state is not State.SPENT:
            return Expected((Reply.TRUE,), "HARD-16", rows="CORE-20")  # 9.5
        newest = self.sessions[pair.session][-1]
        if newest.state is not State.CURRENT:
            return Expected((Reply.TRUE, Reply.NO_SUCH), "", rows="CORE-20")  # 9.7
        often = newest.generation - pair.generation >= 2
        requirement, rows = ("RACE-15", "RACE-15") if often else ("", "RACE-11")
        return Expected((Reply.TRUE,), requirement, Effect.ENDS, rows)  # 9.6

    def revoke_mixed(self, pair: Pair, now: int, rows: str) -> Expected:
        """9.3"""
        return Expected((Reply.INPUT,), "CORE-22", rows="CORE-22")

    # -- what becomes of it ------------------------------------------------------------------------

    def issued(self, pair: Pair, now: int) -> None:
        """A login or a rotation has given this pair."""
        pairs = self.sessions.setdefault(pair.session, [])
        if pairs:
            pairs[-1].state = State.SPENT
            pairs[-1].until = now + self.grace if self.grace else None
        pairs.append(pair)

    def ended(self, pair: Pair, now: int) -> None:
        """The session of this pair was revoked, or its row deleted as expired; 9.4 and 9.6."""
        self.sessions[pair.session][-1].state = State.REVOKED
        if not pair.is_over(now):
            pair.state = State.REVOKED

    def burn(self) -> None:
        """Section 11: what was revoked stays so, and is refused all the same."""
        self.burned, self.written = True, 0
        for pair in (pair for pairs in self.sessions.values() for pair in pairs):
            if pair.state is not State.REVOKED:
                pair.state = State.BURNED
