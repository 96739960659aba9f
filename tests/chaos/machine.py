"""A machine that asks the reference and the model the same, and compares all that there is."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from reference_auth.core import tokens
from reference_auth.core.config import Config, Lifetimes, Secret
from reference_auth.core.errors import AuthError
from reference_auth.core.rows import FENCE
from reference_auth.core.tokens import TokenPair
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.sessions import Sessions
from reference_auth.store.storage import Storage
from tests.chaos.model import INPUT, OVER, Kept, Model, Outcome, Promise
from tests.reference.fake_table import FakeTable
from tests.reference.interleaving import InlineDerivation
from tests.reference.shop import START, Platform

ACCESS, REFRESH, EXTENDED = 15, 40, 200  # so short that everything can run out
SECRET = Secret("secret")
CUSTOMERS = (7, "7", "anna")  # a number and its text are one customer to the table
NEAR = (-1, 0, 1)

Held = tuple[TokenPair, Promise]


class InlineStorage(Storage):
    """The real storage without its threads."""

    async def _once(self, operation: str, parameters: Any) -> Any:
        return self._call_client(operation, parameters)


class Machine(RuleBasedStateMachine):
    """The reference over a table in a dictionary, one request at a time."""

    held: Bundle[Held] = Bundle("held")
    sessions_class: type[Sessions] = Sessions
    flow_class: type[Flow] = Flow
    runner: asyncio.Runner
    reached: Counter[str]

    @initialize(
        grace=st.sampled_from([0, 0, 5, 40]),
        maximum=st.sampled_from([None, None, 16, 60, 300]),
    )
    def open(self, grace: int, maximum: int | None) -> None:
        """A deployment with one of a few settings."""
        self.model = Model(ACCESS, REFRESH, EXTENDED, grace, maximum, START)
        config = Config(
            secret=SECRET,
            region="r",
            table="t",
            lifetimes=Lifetimes(ACCESS, REFRESH, EXTENDED),
            grace_seconds=grace,
            max_session_seconds=maximum,
        )
        self.now = START
        self.table = FakeTable()
        table = cast(Any, self.table)
        self.platform = Platform()
        self.hashes: dict[str, int] = {}
        self.newest: Held | None = None
        self.spent: list[Held] = []
        sessions = self.sessions_class(table, config)
        sessions.storage = InlineStorage(table)
        self.flow = self.flow_class(config, sessions, self.platform)
        self.flow.derivation = self.flow.grace.derivation = InlineDerivation()  # type: ignore[assignment]
        self.flow.wait_for_next_second = self.wait_for_next_second  # type: ignore[method-assign,assignment]

    async def wait_for_next_second(self, *_waiting: Any) -> None:
        self.now += 1

    # what customers and clocks do

    @rule(target=held, customer_id=st.sampled_from(CUSTOMERS), remember_me=st.booleans())
    def log_in(self, customer_id: str | int, remember_me: bool) -> Any:
        self.platform.customer_id = customer_id
        expected = self.model.log_in(customer_id, remember_me)
        work = self.flow.log_in("a@b.c", "right", remember_me, lambda: self.now)
        return self.noted(self.same(work, expected))

    @rule(target=held, pair=held)
    def refresh(self, pair: Held) -> Any:
        return self.refreshed(pair)

    @rule(target=held, off=st.sampled_from([0, 0, 1, 9, 24]))
    def rotate(self, off: int) -> Any:
        """The newest pair, as soon as its time has come."""
        if self.newest is None:
            return multiple()
        self.set_clock(max(self.now, self.newest[1].exp + off))
        return self.refreshed(self.newest)

    @rule(target=held, back=st.sampled_from([1, 1, 2, 3]))
    def refresh_again(self, back: int) -> Any:
        """A pair that was spent lately, or an ancestor of one."""
        return self.refreshed(self.spent[-back]) if back <= len(self.spent) else multiple()

    @rule(target=held, rotations=st.sampled_from([1, 1, 2]))
    def refresh_an_ancestor(self, rotations: int) -> Any:
        """The newest pair, as soon as it, or its successor too, could be rotated."""
        ancestor = self.newest
        if ancestor is None:
            return multiple()
        for _ in range(rotations):
            fresh = self.rotate(0)
        self.refreshed(ancestor)
        return fresh

    @rule(pair=held)
    def revoke(self, pair: Held) -> None:
        self.revoked(pair)

    @rule()
    def revoke_spent(self) -> None:
        """The tab that missed the last refresh logs out (9.6)."""
        if self.spent:
            self.revoked(self.spent[-1])

    @rule(pair=held, other=held)
    def spoil(self, pair: Held, other: Held) -> None:
        """A signature by another key (7.4, 9.2), and another session's refresh token (7.6, 9.3)."""
        (one, first), (two, second) = pair, other
        claims = tokens.verify(one.token, SECRET, self.now)
        forged = TokenPair(tokens.mint(claims, Secret("another secret")), one.refresh_token)
        self.same(self.refreshing(forged), OVER)
        self.same(self.revoking(forged), OVER)
        if (str(first.customer_id), first.exp) != (str(second.customer_id), second.exp):
            mixed = TokenPair(one.token, two.refresh_token)
            if self.model.is_over(first):
                self.model.refresh(first)  # 7.5: its row goes, whatever refresh token comes with it
            self.same(self.refreshing(mixed), OVER)
            self.same(self.revoking(mixed), INPUT)

    @rule(pair=held)
    def lose(self, pair: Held) -> None:
        """A row goes, and nothing is kept of it: restored backups and module nodes do that."""
        tokens_, promise = pair
        key = (str(promise.customer_id), tokens.hash_of(tokens_.refresh_token, SECRET))
        self.table.items.pop(key, None)
        self.model.kept(promise.customer_id).rows.pop(promise.exp, None)
        self.compare()

    @rule(seconds=st.sampled_from([1, 1, 2, 5, 9, 10, 11, 15, 25, 41]))
    def wait(self, seconds: int) -> None:
        self.set_clock(self.now + seconds)

    @rule(pair=held, which=st.sampled_from(["exp", "refresh_expiry"]), off=st.sampled_from(NEAR))
    def wait_for(self, pair: Held, which: str, off: int) -> None:
        """To the very second at which something runs out, and its neighbours."""
        self.set_clock(max(self.now, getattr(pair[1], which) + off))

    @rule(seconds=st.sampled_from([1, 2, 10, 16]))
    def step_back(self, seconds: int) -> None:
        self.set_clock(self.now - seconds)

    def teardown(self) -> None:
        self.reached.update(self.model.reached)

    def refreshed(self, pair: Held) -> Any:
        tokens_, promise = pair
        fresh = self.same(self.refreshing(tokens_), self.model.refresh(promise))
        if fresh not in (None, pair):
            self.spent.append(pair)
        return self.noted(fresh)

    def revoked(self, pair: Held) -> None:
        tokens_, promise = pair
        self.same(self.revoking(tokens_), self.model.revoke(promise))

    def noted(self, fresh: Held | None) -> Any:
        """Remember the newest pair, and put it among those held."""
        if fresh is None:
            return multiple()
        self.newest = fresh
        return fresh

    # how they are compared

    def set_clock(self, now: int) -> None:
        self.now = self.model.now = now

    async def refreshing(self, pair: TokenPair) -> TokenPair:
        return await self.flow.refresh(pair.token, pair.refresh_token, self.now)

    async def revoking(self, pair: TokenPair) -> bool:
        return await self.flow.revoke(pair.token, pair.refresh_token, self.now)

    def same(self, work: Any, expected: Outcome) -> Held | None:
        """Do it, and compare the answer and everything in the table; the pair, if there is one."""
        try:
            found: Any = self.runner.run(work)
        except AuthError as refusal:
            found = refusal.category
        pair = found if isinstance(found, TokenPair) else None
        assert (self.promise(pair) if pair else found) == expected
        self.compare()
        if pair is None:
            return None
        assert isinstance(expected, Promise)
        return pair, expected

    def promise(self, pair: TokenPair) -> Promise:
        """What a pair promises; the refresh token beside it must be the one that belongs to it."""
        claims = tokens.verify(pair.token, SECRET, self.now)
        assert pair.refresh_token == tokens.derive(claims.customer_id, claims.exp, SECRET)
        assert claims.iat is not None
        self.hashes[tokens.hash_of(pair.refresh_token, SECRET)] = claims.exp
        return Promise(
            claims.customer_id,
            claims.exp,
            claims.refresh_expiry,
            claims.iat,
            claims.auth_time,
            claims.session,
        )

    def compare(self) -> None:
        assert self.now == self.model.now
        for customer_id, kept in self.model.customers.items():
            assert self.found(customer_id) == kept

    def found(self, customer_id: str) -> Kept:
        """What the table holds, in the model's words."""
        kept = Kept()
        for (partition, hash), item in self.table.items.items():
            if partition == customer_id:
                row = items.read_row(item)
                rotated_from = self.hashes[row.rotated_from] if row.rotated_from else None
                assert row.exp == self.hashes[hash]
                assert row.ttl is not None
                kept.rows[row.exp] = row.ttl, rotated_from, row.session or row.exp
            elif partition == f"ended#{customer_id}":
                self.read_ended(kept, customer_id, hash, item)
        return kept

    def read_ended(self, kept: Kept, customer_id: str, hash: str, item: Any) -> None:
        if hash == FENCE:
            fence = items.read_fence(item)
            assert fence.done
            kept.fence = fence.before
            return
        tombstone = items.read_tombstone(item, customer_id)
        if tombstone.is_revoked:
            kept.revoked.add(self.hashes[hash])
            return
        claims = tombstone.successor
        assert claims is not None
        assert claims.iat is not None
        assert tombstone.until is not None
        exp, rotated = self.hashes[hash], self.model.kept(customer_id).rotated
        assert exp in rotated
        _, successor = rotated[exp]
        assert (claims.exp, claims.refresh_expiry) == (successor.exp, successor.refresh_expiry)
        assert (claims.iat, claims.auth_time) == (successor.iat, successor.auth_time)
        kept.rotated[exp] = tombstone.until, successor


def machine(runner: asyncio.Runner, **parts: Any) -> type[Machine]:
    """A machine whose reference has some parts exchanged; it counts what its runs reach."""
    return type("Machine", (Machine,), {"runner": runner, "reached": Counter(), **parts})
