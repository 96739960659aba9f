"""Time zones play no part, and a clock that steps back ends no session and brings none back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance_tests.clock import FaketimeClock
from tests.chaos.arena import GOOD_SECONDS, LIVE_SECONDS, Arena
from tests.chaos.callers import SERVER_ERROR, SESSION_OVER, Answer, Callers, Pair
from tests.chaos.figures import note
from tests.chaos.sizes import size

pytestmark = [pytest.mark.needs("ministack"), pytest.mark.needs("faketime")]

(LIBFAKETIME,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
# POSIX forms, so that a machine without a zone database keeps them too.
ZONES = {
    "St John's": ("NST3:30NDT,M3.2.0,M11.1.0", "2027-03-14T05:30", "2027-11-07T04:30"),
    "Lord Howe": ("LHST-10:30LHDT-11,M10.1.0,M4.1.0", "2027-10-02T15:30", "2027-04-03T15:00"),
    "Kiritimati": ("LINT-14", "2027-01-01T00:00", "2028-02-28T23:59"),
}
STEPS_BACK = size(2, 5)
DAY = 86_400


class Movable:
    """A server whose own clock is moved, forward and back, while it runs."""

    def __init__(self, arena: Arena, zone: str) -> None:
        self.clock = FaketimeClock(str(arena.folder / "faketime"))
        self.move(time.time())
        self.server = arena.server(
            TZ=zone,
            LD_PRELOAD=str(LIBFAKETIME),
            FAKETIME_TIMESTAMP_FILE=str(self.clock.path),
            FAKETIME_NO_CACHE="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        )

    def move(self, now: float) -> None:
        """Set the server's clock; it goes on from there."""
        self.clock._set(int(now))


Play = Callable[[Movable, Callers, str], Awaitable[None]]


def play(arena: Arena, zone: str, story: Play) -> None:
    movable = Movable(arena, zone)

    async def run(origin: str) -> None:
        async with Callers() as callers:
            await story(movable, callers, origin)

    with movable.server as server:
        asyncio.run(run(server.origin))


@pytest.mark.parametrize("place", list(ZONES))
def test_a_session_lives_through_a_change_of_the_clocks(arena: Arena, place: str) -> None:
    """CORE-10, CORE-11: the hour that is left out or comes twice is neither lost nor won."""
    zone, *changes = ZONES[place]

    async def story(movable: Movable, callers: Callers, origin: str) -> None:
        for change in changes:
            begin = datetime.fromisoformat(change).replace(tzinfo=UTC).timestamp() - 300
            movable.move(begin)
            pair = pair_of(await callers.log_in(origin, f"zone-{place}-{change}"))
            issued = pair.claims
            assert begin <= issued["iat"] <= begin + 30
            assert issued["exp"] - issued["iat"] == LIVE_SECONDS
            for second in (begin + 60, begin + 600, issued["exp"] - 30):
                movable.move(second)
                assert pair_of(await callers.refresh(origin, pair)) == pair
            movable.move(issued["exp"])
            fresh = pair_of(await callers.refresh(origin, pair))
            assert issued["exp"] <= fresh.claims["iat"] <= issued["exp"] + 30
            assert fresh.claims["exp"] - fresh.claims["iat"] == LIVE_SECONDS
            movable.move(fresh.claims["refresh_expiry"] + DAY * 31)
            assert (await callers.refresh(origin, fresh)).category == SESSION_OVER
        assert arena.fences() == []

    play(arena, zone, story)
    note("time zones", **{place: f"{len(changes)} changes"})


def test_a_clock_that_steps_back_ends_nothing(arena: Arena) -> None:
    """HARD-12, RACE-03: pairs from the future are echoed, and rotate when their time has come."""

    async def story(movable: Movable, callers: Callers, origin: str) -> None:
        start = int(time.time()) + DAY
        for number in range(STEPS_BACK):
            movable.move(start)
            old = pair_of(await callers.log_in(origin, f"back-{number}"))
            movable.move(start + LIVE_SECONDS)
            fresh = pair_of(await callers.refresh(origin, old))
            for back in (1, 60, LIVE_SECONDS - 60, GOOD_SECONDS, DAY):
                movable.move(start + LIVE_SECONDS - back)
                assert pair_of(await callers.refresh(origin, fresh)) == fresh
                spent = await callers.refresh(origin, old)  # whose token may be live again
                assert spent.category == SESSION_OVER or back < 60
            movable.move(fresh.claims["exp"])
            assert pair_of(await callers.refresh(origin, fresh)) != fresh
        assert arena.fences() == []

    note("clock steps back", times=STEPS_BACK * 5)
    play(arena, "UTC0", story)


def test_a_clock_that_steps_back_brings_no_burned_session_back(arena: Arena) -> None:
    """HARD-30, HARD-31: until its time comes round again, a login behind a fence is put off."""

    async def story(movable: Movable, callers: Callers, origin: str) -> None:
        start = int(time.time()) + 2 * DAY
        movable.move(start)
        customer_id = "back-and-burned"
        spent = pair_of(await callers.log_in(origin, customer_id))
        movable.move(start + LIVE_SECONDS)
        burned = pair_of(await callers.refresh(origin, spent))
        movable.move(start + LIVE_SECONDS + 15)
        assert (await callers.refresh(origin, spent)).category == SESSION_OVER
        movable.move(start)
        assert (await callers.refresh(origin, burned)).category == SESSION_OVER
        assert (await callers.log_in(origin, customer_id)).category == SERVER_ERROR
        assert arena.rows(customer_id) == []
        movable.move(start + LIVE_SECONDS + 60)
        assert pair_of(await callers.log_in(origin, customer_id))

    play(arena, "UTC0", story)


def pair_of(answer: Answer) -> Pair:
    """The pair of an answer that must have one."""
    assert answer.pair is not None, answer
    return answer.pair
