"""Whatever the table answers, no session forks, none is lost, and nobody is logged out for it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from conformance_tests.deployment.faults.fault import Fault
from reference_auth.core.rows import Row
from tests.chaos.arena import LIVE_SECONDS, Arena
from tests.chaos.callers import SERVER_ERROR, Answer, Callers, Pair
from tests.chaos.fault_plan import Plan, Trouble
from tests.chaos.figures import note
from tests.chaos.sizes import SEED, size

pytestmark = pytest.mark.needs("ministack")

OPERATIONS = size(120, 5000)  # twice: with grace and without
CUSTOMERS = size(40, 125)
START = 1_900_000_000  # later than any real now, so that no engine reaps a row by its own clock
GRACE = 60
STEPS = (LIVE_SECONDS + 1,) * 6 + (5,) * 3
FIRST_STEPS = (5, LIVE_SECONDS + 1)  # a row is read, then read again and rotated: all can be met
ROUNDS = OPERATIONS // CUSTOMERS
SLOW_ROUNDS = size(3, 8)  # one round in so many has faults that last for seconds
MORE_ROUNDS = 3  # at most, while some kind of fault has met nobody
PATIENCE = 10  # how often a request is sent again once the faults are over


@pytest.mark.parametrize("grace", [0, GRACE])
def test_no_fault_costs_a_session(arena: Arena, grace: int) -> None:
    """FAULT-01..06, 08, 09, 11, 12: random operations beside random faults of the table."""
    asyncio.run(Troubles(arena, grace).run())


@dataclass
class Session:
    """One customer's session as the customer knows it, and the row that it should have."""

    customer_id: str
    pair: Pair | None = None
    row: Row | None = None
    spent: Pair | None = None
    rotated_at: int = 0


class Troubles:
    """Rounds of one operation for each customer; the clock stands still within a round."""

    def __init__(self, arena: Arena, grace: int) -> None:
        self.arena = arena
        self.grace = grace
        self.choose = random.Random(SEED)
        self.plan = Plan(arena.proxy, self.choose)
        self.counts: Counter[str] = Counter()
        self.names = 0
        self.now = START
        self.first_steps = iter(FIRST_STEPS)
        self.sessions = [self.stranger() for _ in range(CUSTOMERS)]

    async def run(self) -> None:
        flags = ["--grace-seconds", str(self.grace), "--environment", "development", "--test-clock"]
        with self.arena.server(*flags) as server:
            self.origin = server.origin
            async with Callers() as self.callers:
                for number in range(ROUNDS):
                    await self.round(slow=number % SLOW_ROUNDS == SLOW_ROUNDS - 1)
                for _ in range(MORE_ROUNDS):
                    if self.plan.unmet:
                        await self.round(slow=True)
        self.nothing_burned()
        assert not self.plan.unmet
        note(f"faults, grace {self.grace}", **self.counts)

    async def round(self, *, slow: bool) -> None:
        await self.callers.set_clock(self.origin, self.now)
        troubles = [self.plan.troubles(s.customer_id, slow=slow) for s in self.sessions]
        works = [self.operation(session) for session in self.sessions]
        with ExitStack() as stack:
            faults = self.enforce(stack, troubles)
            answers = await asyncio.gather(*(self.ask(session, work) for session, work in works))
        met = [kind for kind, fault in faults if fault.hits]
        self.counts.update(met)
        self.counts["operations"] += len(works)
        self.plan.met(met)
        settled = zip(works, answers, strict=True)
        self.sessions = list(
            await asyncio.gather(*(self.settle(*work, answer) for work, answer in settled))
        )
        self.now += next(self.first_steps, None) or self.choose.choice(STEPS)

    def enforce(
        self, stack: ExitStack, troubles: Sequence[list[Trouble]]
    ) -> list[tuple[str, Fault]]:
        """Put every fault in force, and name its kind."""
        flat = (trouble for some in troubles for trouble in some)
        return [(trouble.kind, stack.enter_context(trouble.fault)) for trouble in flat]

    # what customers do

    def stranger(self) -> Session:
        self.names += 1
        return Session(f"fault-{self.grace}-{self.names}")

    def operation(self, session: Session) -> tuple[Session, str]:
        """What this customer does in this round."""
        if session.pair is None:
            return session, "log in"
        if session.spent and self.grace and self.now <= session.rotated_at + self.grace:
            return session, self.choose.choice(["refresh", "refresh again"])
        return session, "revoke" if self.choose.random() < 0.07 else "refresh"

    async def ask(self, session: Session, work: str) -> Answer:
        match work, session:
            case "log in", _:
                return await self.callers.log_in(self.origin, session.customer_id)
            case "revoke", Session(pair=Pair() as pair):
                return await self.callers.revoke(self.origin, pair)
            case "refresh again", Session(spent=Pair() as spent):
                return await self.callers.refresh(self.origin, spent)
            case _, Session(pair=Pair() as pair):
                return await self.callers.refresh(self.origin, pair)
        raise AssertionError(work)

    # what must hold afterwards

    async def settle(self, session: Session, work: str, answer: Answer) -> Session:
        """Judge one answer, and go on as a customer would."""
        said = "an answer" if answer.value else "try again"
        self.counts[f"{work}: {said}"] += 1
        assert answer.status == 200
        assert answer.value or answer.category == SERVER_ERROR, (work, answer.category)
        if work == "log in":
            return self.begun(session, answer)
        if work == "revoke":
            return await self.ended(session, answer)
        return await self.refreshed(session, work, answer)

    def begun(self, session: Session, answer: Answer) -> Session:
        rows = self.arena.rows(session.customer_id)
        if answer.pair is None:
            assert len(rows) <= 1
            return self.stranger()
        (row,) = rows
        return self.holding(session, answer.pair, row)

    async def ended(self, session: Session, answer: Answer) -> Session:
        if not answer.value:
            answer = await self.patiently(session, "revoke")
        assert answer.value == {"result": True}
        assert self.arena.rows(session.customer_id) == []
        return self.stranger()

    async def refreshed(self, session: Session, work: str, answer: Answer) -> Session:
        (row,) = self.arena.rows(session.customer_id)
        if answer.pair is None:
            if self.lost(session, row):
                self.counts["rotated, and its answer lost"] += 1
                return self.stranger()
            answer = await self.patiently(session, work)
            (row,) = self.arena.rows(session.customer_id)
        assert answer.pair is not None
        return self.holding(session, answer.pair, row)

    def lost(self, session: Session, row: Row) -> bool:
        """Without grace a rotation whose answer was lost is not asked for again."""
        assert session.row is not None
        assert row == session.row or row.rotated_from == session.row.hash
        return row != session.row and not self.grace

    def holding(self, session: Session, pair: Pair, row: Row) -> Session:
        """The pair is the one that is stored; tokens are derived, so its times tell."""
        claims = pair.claims
        assert (row.exp, row.ttl) == (claims["exp"], claims["refresh_expiry"])
        if session.row is None or row == session.row:
            return Session(session.customer_id, pair, row, session.spent, session.rotated_at)
        assert row.rotated_from == session.row.hash
        return Session(session.customer_id, pair, row, session.pair, self.now)

    async def patiently(self, session: Session, work: str) -> Answer:
        """Send it again now that the faults are over; only a busy server may say no."""
        for _ in range(PATIENCE):
            answer = await self.ask(session, work)
            if answer.value:
                return answer
            assert answer.category == SERVER_ERROR
            await asyncio.sleep(0.2)
        raise AssertionError(f"{work} fails without a fault")

    def nothing_burned(self) -> None:
        assert self.arena.fences() == []
        assert not [event for event in self.arena.events() if event.startswith("A spent pair")]
