"""A server that is killed in the middle of rotations leaves each session whole."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable
from functools import partial

import pytest

from conformance_tests.deployment.faults.calls import CallLog
from tests.chaos.arena import Arena
from tests.chaos.callers import SERVER_ERROR, Answer, Callers, Pair
from tests.chaos.figures import note
from tests.chaos.processes import ServerProcess
from tests.chaos.sizes import SEED, size

pytestmark = pytest.mark.needs("ministack")

ROTATIONS = size(20, 1000)
AT_ONCE = 10
CALLS = 2  # a rotation's, to the table
GRACE = 60
LONGEST_WAIT = 10.0


@pytest.mark.parametrize("grace", [0, GRACE])
def test_a_killed_server_leaves_each_session_whole(arena: Arena, grace: int) -> None:
    """FAULT-04, RACE-08: the old row or the new one, and with grace the old pair still leads on."""
    asyncio.run(Crashes(arena, grace).run())


class Crashes:
    """Rounds of rotations, each cut short by SIGKILL at a random moment."""

    def __init__(self, arena: Arena, grace: int) -> None:
        self.arena = arena
        self.grace = grace
        self.choose = random.Random(SEED)
        self.answered = self.before = self.after = 0

    async def run(self) -> None:
        server = self.server()
        async with Callers() as callers:
            for number in range(ROTATIONS // AT_ONCE):
                pairs = self.pairs(f"crash-{self.grace}-{number}")
                answers = await self.cut_short(callers, server, list(pairs.values()))
                rotated = [self.whole(id, pair) for id, pair in pairs.items()]
                for answer, is_new in zip(answers, rotated, strict=True):
                    self.count(answer, is_new)
                server = self.server()
                if self.grace:
                    await self.lead_on(callers, server.origin, pairs)
        server.close()
        self.report()

    async def cut_short(
        self, callers: Callers, server: ServerProcess, pairs: list[Pair]
    ) -> list[Answer]:
        """Rotate all at once, and kill the server a moment after some call to the table."""
        calls = self.choose.randint(0, CALLS * AT_ONCE - 1)
        moment = self.choose.uniform(0, 0.01)
        with self.arena.proxy.watch() as log:
            killing = asyncio.to_thread(_kill_after, server, log, calls, moment)
            refreshing = asyncio.gather(*(callers.refresh(server.origin, pair) for pair in pairs))
            answers, _ = await asyncio.gather(refreshing, killing)
        return answers

    def server(self) -> ServerProcess:
        return self.arena.server("--grace-seconds", str(self.grace)).ready()

    def pairs(self, prefix: str) -> dict[str, Pair]:
        ids = [f"{prefix}-{number}" for number in range(AT_ONCE)]
        return {id: self.arena.session(id) for id in ids}

    def whole(self, customer_id: str, pair: Pair) -> bool:
        """Exactly one of old and new row is there; true if it is the new one."""
        (row,) = self.arena.rows(customer_id)
        old = self.arena.hash_of(pair)
        assert row.hash == old or row.rotated_from == old
        assert self.arena.fence(customer_id) is None
        return row.hash != old

    def count(self, answer: Answer, rotated: bool) -> None:
        assert answer.category in (None, SERVER_ERROR), answer
        assert rotated or answer.pair is None, "a pair was handed out that is not stored"
        self.answered += answer.pair is not None
        self.before += not rotated
        self.after += rotated and answer.pair is None

    async def lead_on(self, callers: Callers, origin: str, pairs: dict[str, Pair]) -> None:
        """The client sends its old pair again, and what it gets works."""
        asking = (again(callers, origin, pair) for pair in pairs.values())
        working = [answer.pair for answer in await asyncio.gather(*asking)]
        for id, pair, held in zip(pairs, pairs.values(), working, strict=True):
            assert held is not None
            (row,) = self.arena.rows(id)
            assert row.exp == held.claims["exp"]
            assert row.rotated_from == self.arena.hash_of(pair)
        asking = (again(callers, origin, held) for held in working if held)
        assert [answer.pair for answer in await asyncio.gather(*asking)] == working

    def report(self) -> None:
        note(
            f"crash, grace {self.grace}",
            rotations=ROTATIONS,
            kills=ROTATIONS // AT_ONCE,
            answered=self.answered,
            cut_with_old_row=self.before,
            cut_with_new_row=self.after,
        )


def again(callers: Callers, origin: str, pair: Pair) -> Awaitable[Answer]:
    """A client that is asked to try again does, while its grace lasts."""
    return callers.patiently(partial(callers.refresh, origin, pair))


def _kill_after(server: ServerProcess, log: CallLog, calls: int, seconds: float) -> None:
    end = time.monotonic() + LONGEST_WAIT
    while len(log) < calls and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(seconds)
    server.kill()
