"""Many requests at once on two servers over one table: no fork, and no ending is undone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cache

import pytest

from conformance_tests.deployment.faults.fault import Fault
from reference_auth.core.rows import Row
from tests.chaos.arena import Arena
from tests.chaos.callers import SERVER_ERROR, SESSION_OVER, Answer, Callers, Pair
from tests.chaos.figures import note
from tests.chaos.sizes import SEED, size

pytestmark = pytest.mark.needs("ministack")

PARTIES = 20
REPEATS = size(2, 100)
GRACE = 60
PATIENCE = 10
LONGEST_HEAD_START = 0.1  # seconds
BARRIER_SECONDS = 8.0  # a loaded machine derives for long before the last one has read

Race = Callable[[str, int, Callable[["Field", str], Awaitable[int]]], None]

with_and_without_grace = pytest.mark.parametrize("grace", [0, GRACE])


@dataclass
class Field:
    """Two servers over one table."""

    arena: Arena
    callers: Callers
    origins: list[str]
    choose: random.Random

    async def refresh_at_once(self, pair: Pair, parties: int = PARTIES) -> list[Answer]:
        return await asyncio.gather(*self.refreshes(pair, parties))

    def refreshes(self, pair: Pair, parties: int) -> list[Awaitable[Answer]]:
        """So many refreshes of one pair, the servers taking turns."""
        return [self.callers.refresh(self.origin(number), pair) for number in range(parties)]

    async def patiently(self, answer: Answer, pair: Pair) -> Answer:
        """A caller that is asked to try again does, while its grace lasts."""
        for _ in range(PATIENCE):
            if answer.category != SERVER_ERROR:
                break
            answer = await self.callers.refresh(self.origin(0), pair)
        return answer

    async def soon(self, request: Awaitable[Answer]) -> Answer:
        """A moment later, so that either may be first."""
        await asyncio.sleep(self.choose.uniform(0, LONGEST_HEAD_START))
        return await request

    def origin(self, number: int) -> str:
        return self.origins[number % len(self.origins)]

    async def refused(self, pairs: set[Pair]) -> None:
        """These pairs are over."""
        for pair in pairs:
            assert (await self.callers.refresh(self.origins[0], pair)).category == SESSION_OVER

    def only_row(self, customer_id: str) -> Row:
        (row,) = self.arena.rows(customer_id)
        return row


def held(answers: list[Answer]) -> set[Pair]:
    """The different pairs among the answers."""
    return {answer.pair for answer in answers if answer.pair}


def refusals(answers: list[Answer]) -> set[str | None]:
    assert all(answer.status == 200 for answer in answers), answers
    return {answer.category for answer in answers if answer.pair is None}


@pytest.fixture(scope="module")
def origins(arena: Arena) -> Iterator[Callable[[int], list[str]]]:
    """Two servers for each grace, started when first asked for."""
    with ExitStack() as stack:

        @cache
        def started(grace: int) -> list[str]:
            both = [arena.server("--grace-seconds", str(grace)) for _ in range(2)]
            return [stack.enter_context(server).origin for server in both]

        yield started


@pytest.fixture
def race(arena: Arena, origins: Callable[[int], list[str]]) -> Race:
    """Run one race so often, each with a customer of its own, and add up what it counts."""

    def run(name: str, grace: int, one: Callable[[Field, str], Awaitable[int]]) -> None:
        async def repeat() -> int:
            async with Callers() as callers:
                field = Field(arena, callers, origins(grace), random.Random(SEED))
                return sum(
                    [await one(field, f"{name}, {grace}, {number}") for number in range(REPEATS)]
                )

        note(f"race, {name}, grace {grace}", times=REPEATS, pairs=asyncio.run(repeat()))

    return run


@with_and_without_grace
def test_one_pair_is_refreshed_by_many(arena: Arena, race: Race, grace: int) -> None:
    """RACE-04, RACE-05: at most one live session; with grace one, whose pair everybody holds."""

    async def one(field: Field, customer_id: str) -> int:
        pair = arena.session(customer_id)
        answers = await field.refresh_at_once(pair)
        if grace:
            answers = [await field.patiently(answer, pair) for answer in answers]
            assert refusals(answers) == set()
            (winner,) = held(answers)
            row = field.only_row(customer_id)
            assert row.exp == winner.claims["exp"]
            assert row.rotated_from == arena.hash_of(pair)
        else:
            assert len(arena.rows(customer_id)) <= 1
            assert refusals(answers) <= {SERVER_ERROR, SESSION_OVER}
        return sum(answer.pair is not None for answer in answers)

    race("many refreshes", grace, one)


@with_and_without_grace
def test_one_pair_is_refreshed_by_many_who_read_it_alive(
    arena: Arena, race: Race, grace: int
) -> None:
    """RACE-04, RACE-06: held at a barrier after the read, exactly one session lives on."""

    async def one(field: Field, customer_id: str) -> int:
        pair = arena.session(customer_id)
        with barrier(arena, customer_id) as gate:
            answers = await field.refresh_at_once(pair)
        assert gate.complete, f"{gate.hits} of {PARTIES} came to the barrier"
        assert refusals(answers) <= {SERVER_ERROR}
        if grace:
            answers = [await field.patiently(answer, pair) for answer in answers]
            assert refusals(answers) == set()
        (winner,) = held(answers)
        assert field.only_row(customer_id).exp == winner.claims["exp"]
        assert arena.fence(customer_id) is None
        return sum(answer.pair is not None for answer in answers)

    race("many refreshes at a barrier", grace, one)


def test_many_log_in_within_one_second(arena: Arena, race: Race) -> None:
    """RACE-01, RACE-02: each login has a pair and a row of its own, or is asked to try again."""

    async def one(field: Field, customer_id: str) -> int:
        logins = [field.callers.log_in(field.origin(n), customer_id) for n in range(PARTIES)]
        answers = await asyncio.gather(*logins)
        assert refusals(answers) <= {SERVER_ERROR}
        pairs = [answer.pair for answer in answers if answer.pair]
        assert len(set(pairs)) == len(pairs) > PARTIES // 2
        stored = {row.exp for row in arena.rows(customer_id)}
        promised = {pair.claims["exp"] for pair in pairs}
        assert promised <= stored
        assert len(promised) == len(pairs)
        return len(pairs)

    race("logins of one second", 0, one)


@with_and_without_grace
def test_a_refresh_meets_a_revoke(arena: Arena, race: Race, grace: int) -> None:
    """RACE-11, CORE-24: a revoke that said true ended the session, whatever was handed out."""

    async def one(field: Field, customer_id: str) -> int:
        pair = arena.session(customer_id)
        revokes = [
            field.soon(field.callers.revoke(field.origin(number), pair)) for number in range(3)
        ]
        refreshes = field.refreshes(pair, 10 if grace else 1)
        answers = await asyncio.gather(*revokes, *refreshes)
        revoked, refreshed = answers[: len(revokes)], answers[len(revokes) :]
        assert refusals(refreshed) <= {SERVER_ERROR, SESSION_OVER}
        assert all(answer.value or answer.category == SERVER_ERROR for answer in revoked)
        rows = arena.rows(customer_id)
        assert len(rows) == (not any(answer.value for answer in revoked))
        assert arena.fence(customer_id) is None
        if not rows:
            await field.refused(held(refreshed) | {pair})
        return len(held(refreshed))

    race("refresh against revoke", grace, one)


@with_and_without_grace
def test_a_refresh_meets_a_burn(arena: Arena, race: Race, grace: int) -> None:
    """RACE-12, HARD-30: what began before the burn is over, what is left began after it."""

    async def one(field: Field, customer_id: str) -> int:
        spent = arena.session(customer_id, age=2000, stored=False)
        pair = arena.session(customer_id)
        replay = field.soon(field.callers.refresh(field.origins[1], spent))
        logins = [field.callers.log_in(field.origin(n), customer_id) for n in range(2)]
        refreshes = field.refreshes(pair, 5 if grace else 1)
        replayed, *answers = await asyncio.gather(replay, *logins, *refreshes)
        begun, refreshed = answers[: len(logins)], answers[len(logins) :]
        assert replayed.category == SESSION_OVER
        fence = arena.fence(customer_id)
        assert fence is not None
        assert fence.done
        rows = arena.rows(customer_id)
        assert all(row.rotated_from is None and not fence.covers(row.exp) for row in rows)
        assert {row.exp for row in rows} <= {pair.claims["exp"] for pair in held(begun)}
        await field.refused(held(refreshed))
        return len(held(refreshed))

    race("refresh against burn", grace, one)


def barrier(arena: Arena, customer_id: str) -> AbstractContextManager[Fault]:
    """Everybody reads the row alive before anybody goes on."""
    return arena.proxy.barrier("read", PARTIES, of=customer_id, seconds=BARRIER_SECONDS)
