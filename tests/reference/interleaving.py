"""Runs requests storage call by storage call, in an order that a seed decides.

The flow under test is the real one. Replaced are the table (a dictionary), the threads (every call
waits for its turn instead), the key stretching (one cheap hash) and the clock.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from unittest.mock import patch

from reference_auth.core import tokens
from reference_auth.core.config import Config, Lifetimes, Secret
from reference_auth.core.errors import AuthError, OutcomeUnknown, Retry
from reference_auth.core.rows import Row
from reference_auth.core.tokens import Claims, IssuedPair, RefreshToken, TokenPair
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.sessions import Sessions
from reference_auth.store.storage import Storage
from tests.reference.fake_table import FakeTable
from tests.reference.issued import issue
from tests.reference.shop import START, Platform

ACCESS, REFRESH, EXTENDED = 15, 25, 200
LOST_CALLS, LOST_ANSWERS = 0.03, 0.03
JUMPS = (0, 1, 1, 2, ACCESS - 1, ACCESS, ACCESS, ACCESS + 1, REFRESH + 1)


class Violation(AssertionError):
    """What the flow promises did not hold."""


class Turns:
    """Lets one of the waiting requests go on at a time; now and then its call fails."""

    def __init__(self, choose: random.Random) -> None:
        self.choose = choose
        self.waiting: list[asyncio.Future[None]] = []

    async def turn(self) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(mine)
        await mine

    def happens(self, chance: float) -> bool:
        return self.choose.random() < chance

    async def run(
        self, requests: list[Coroutine[Any, Any, None]], between: Callable[[], None]
    ) -> None:
        tasks = [asyncio.ensure_future(request) for request in requests]
        while not all(task.done() for task in tasks):
            while len(self.waiting) < sum(not task.done() for task in tasks):
                await asyncio.sleep(0)
            if self.waiting:
                between()
                self.waiting.pop(self.choose.randrange(len(self.waiting))).set_result(None)
                await asyncio.sleep(0)
        for task in tasks:
            task.result()


class SteppedStorage(Storage):
    """The real storage without its threads: each call waits for its turn, and a few get lost."""

    def __init__(self, table: Any, turns: Turns) -> None:
        super().__init__(table)
        self.turns = turns

    async def _once(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        await self.turns.turn()
        if self.turns.happens(LOST_CALLS):
            raise OutcomeUnknown
        answer = self._call_client(operation, parameters)
        if self.turns.happens(LOST_ANSWERS):
            raise OutcomeUnknown
        return answer


class InlineDerivation:
    """The real functions, in the event loop: they are cheap here."""

    async def issue(self, claims: Claims) -> IssuedPair:
        return issue(claims, Secret("secret"))

    async def derive(self, customer_id: Any, exp: int) -> str:
        return tokens.derive(customer_id, exp, Secret("secret"))

    async def hash_of(self, refresh_token: str) -> str:
        return tokens.hash_of(RefreshToken(refresh_token), Secret("secret"))


@contextmanager
def cheap_stretching() -> Iterator[None]:
    def once(text: str, secret: str) -> str:
        return hashlib.sha512(f"{secret} {text}".encode()).hexdigest()

    with patch.object(tokens, "_stretch", once):
        yield


@dataclass
class World:
    """One customer's table, the pairs that were handed out, and what was promised about them."""

    seed: int
    sessions_class: type[Sessions] = Sessions
    flow_class: type[Flow] = Flow
    now: int = START
    pairs: list[TokenPair] = field(default_factory=list)
    successors: dict[TokenPair, set[TokenPair]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.choose = random.Random(self.seed)
        self.table = cast(Any, FakeTable())
        self.turns = Turns(self.choose)
        grace = self.choose.choice([0, 0, 5, 40])
        lifetimes = Lifetimes(ACCESS, REFRESH, EXTENDED)
        config = Config(
            secret=Secret("secret"), region="r", table="t", lifetimes=lifetimes, grace_seconds=grace
        )
        sessions = self.sessions_class(self.table, config)
        sessions.storage = SteppedStorage(self.table, self.turns)
        self.flow = self.flow_class(config, sessions, Platform())
        self.flow.derivation = self.flow.grace.derivation = InlineDerivation()  # type: ignore[assignment]
        self.flow.wait_for_next_second = self.wait_for_next_second  # type: ignore[method-assign,assignment]

    async def wait_for_next_second(self, now: int, *_waiting: Any) -> None:
        """The clock stands still while nothing else happens, so a login waits a few turns only."""
        for _ in range(3):
            await self.turns.turn()
            if self.now > now:
                return
        raise Retry

    # what customers do

    async def log_in(self) -> None:
        remember_me = self.choose.random() < 0.6
        try:
            pair = await self.flow.log_in("a@b.c", "right", remember_me, lambda: self.now)
        except AuthError:
            return
        self.pairs.append(pair)

    async def refresh(self, pair: TokenPair) -> None:
        try:
            answer = await self.flow.refresh(pair.token, pair.refresh_token, self.now)
        except AuthError:
            return
        if answer != pair:
            self.pairs.append(answer)
            self.successors.setdefault(pair, set()).add(answer)

    async def revoke(self, pair: TokenPair) -> None:
        now = self.now
        try:
            await self.flow.revoke(pair.token, pair.refresh_token, now)
        except AuthError:
            return
        claims = tokens.verify(pair.token, Secret("secret"), now)
        if now <= claims.refresh_expiry:  # past it, true says no more than that this pair is over
            self.revoked.add(tokens.hash_of(pair.refresh_token, Secret("secret")))

    async def play(self, phases: int = 6) -> None:
        await self.turns.run([self.log_in(), self.log_in()], lambda: None)
        for _ in range(phases):
            self.now += self.choose.choice(JUMPS)
            requests = [self.request() for _ in range(self.choose.randint(2, 4))]
            await self.turns.run(requests, self.tick)
            self.check()

    def request(self) -> Coroutine[Any, Any, None]:
        if not self.pairs:
            return self.log_in()
        pair = self.choose.choice(self.pairs[-6:])
        match self.choose.choice(["log in", *["refresh"] * 4, *["revoke"] * 2]):
            case "log in":
                return self.log_in()
            case "refresh":
                return self.refresh(pair)
            case _:
                return self.revoke(pair)

    def tick(self) -> None:
        """Now and then a second passes between two storage calls."""
        self.now += self.choose.random() < 0.08

    # what the flow promises

    def check(self) -> None:
        rows = [items.read_row(item) for key, item in self.table.items.items() if key[0] == "7"]
        roots = [self.root_of(row.hash) for row in rows]
        self.hold(len(set(roots)) == len(roots), "a session forked")
        self.hold(
            all(len(new) == 1 for new in self.successors.values()), "a pair has two successors"
        )
        self.hold(not self.came_back(), "an ended pair came back")
        self.hold(not self.outlived(rows), "something older survived a finished burn")
        ended = {self.root_of(hash) for hash in self.revoked}
        self.hold(not ended & set(roots), "a revoke that said true was undone")

    def hold(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise Violation(f"{otherwise} (seed {self.seed})")

    def root_of(self, hash: str) -> str:
        """The login that a pair descends from, by the rows that were ever written."""
        parents = {
            key[1]: item["rotated_from"]["S"]
            for kind, key, item in self.table.log
            if kind == "put" and "rotated_from" in item
        }
        while hash in parents:
            hash = parents[hash]
        return hash

    def came_back(self) -> bool:
        """A row's key was written a second time."""
        keys = [key for kind, key, _ in self.table.log if kind == "put" and key[0] == "7"]
        return len(set(keys)) < len(keys)

    def outlived(self, rows: list[Row]) -> bool:
        """A row whose session began before the fence that a finished burn left."""
        fence = self.table.items.get(("ended#7", "burn"))
        if fence is None or "done" not in fence:
            return False
        writes = [key for kind, key, item in self.table.log if kind == "put" and "done" not in item]
        raised = max(n for n, key in enumerate(writes) if key == ("ended#7", "burn"))
        return any(writes.index(("7", self.root_of(row.hash))) < raised for row in rows)


def run_all(seeds: Iterable[int], **parts: Any) -> None:
    """Play each seed's schedule to its end; the same seed is the same schedule."""
    with cheap_stretching(), asyncio.Runner() as runner:
        for seed in seeds:
            runner.run(World(seed, **parts).play())
