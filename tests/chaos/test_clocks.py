"""Time zones play no part, and a clock that steps back ends no session and brings none back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from conformance_tests.deployment.clock import FaketimeClock
from tests.chaos.arena import GOOD_SECONDS, LIVE_SECONDS, Arena
from tests.chaos.callers import SERVER_ERROR, SESSION_OVER, Answer, Callers, Pair
from tests.chaos.figures import note
from tests.chaos.processes import ServerProcess
from tests.chaos.sizes import size

pytestmark = pytest.mark.needs("ministack")

# POSIX forms, so that a machine without a zone database keeps them too.
ZONES = {
    "St John's": ("NST3:30NDT,M3.2.0,M11.1.0", "2027-03-14T05:30", "2027-11-07T04:30"),
    "Lord Howe": ("LHST-10:30LHDT-11,M10.1.0,M4.1.0", "2027-10-02T15:30", "2027-04-03T15:00"),
    "Kiritimati": ("LINT-14", "2027-01-01T00:00", "2028-02-28T23:59"),  # has no change of its own
}
PLACES = list(ZONES)[: size(1, 3)]
STEPS_BACK = size(1, 5)
GRACE = 60  # so that a slow machine's customers may ask again
SLACK = 60  # seconds that a slow machine may take
DAY = 86_400

Play = Callable[[FaketimeClock, Callers, str], Awaitable[None]]


@pytest.fixture
def clock(arena: Arena) -> FaketimeClock:
    """A file that says how far ahead of real time a server is."""
    clock = FaketimeClock(str(arena.folder / "clock"))
    clock.reset()
    return clock


def play(server: ServerProcess, clock: FaketimeClock, story: Play) -> None:
    async def run(origin: str) -> None:
        async with Callers() as callers:
            await story(clock, callers, origin)

    with server:
        asyncio.run(run(server.origin))


def stepping(arena: Arena, clock: FaketimeClock) -> ServerProcess:
    """A server whose clock steps as the file says, back too."""
    return arena.server(platform="shifted", CHAOS_CLOCK=str(clock.path))


def zoned(arena: Arena, clock: FaketimeClock, zone: str) -> ServerProcess:
    """A server whose whole process is in another zone and at another time."""
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    return arena.server(
        *("--grace-seconds", str(GRACE)),
        TZ=zone,
        LD_PRELOAD=str(library),
        FAKETIME_TIMESTAMP_FILE=str(clock.path),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
        FAKETIME_FORCE_MONOTONIC_FIX="0",
    )


@pytest.mark.needs("faketime")
@pytest.mark.parametrize("place", PLACES)
def test_a_session_lives_through_a_change_of_the_clocks(
    arena: Arena, clock: FaketimeClock, place: str
) -> None:
    """CORE-10, CORE-11: the hour that is left out or comes twice is neither lost nor won."""
    zone, *moments = ZONES[place]

    async def story(clock: FaketimeClock, callers: Callers, origin: str) -> None:
        async def refreshed(pair: Pair) -> Answer:
            return await callers.patiently(partial(callers.refresh, origin, pair))

        for number, moment in enumerate(moments):
            begin = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() - 300
            move(clock, begin)
            customer_id = f"zone-{place}-{number}"
            pair = pair_of(await callers.patiently(partial(callers.log_in, origin, customer_id)))
            issued = pair.claims
            assert begin <= issued["iat"] <= begin + SLACK
            assert issued["exp"] - issued["iat"] == LIVE_SECONDS
            move(clock, begin + 600)  # after a change, by the clock on the wall up to an hour off
            assert pair_of(await refreshed(pair)) == pair
            move(clock, issued["exp"])
            fresh = pair_of(await refreshed(pair))
            assert issued["exp"] <= fresh.claims["iat"] <= issued["exp"] + SLACK
            assert fresh.claims["exp"] - fresh.claims["iat"] == LIVE_SECONDS
            move(clock, fresh.claims["refresh_expiry"] + 2)
            assert (await refreshed(fresh)).category == SESSION_OVER
        assert arena.fences() == []

    play(zoned(arena, clock, zone), clock, story)
    note("time zones", **{place: f"{len(moments)} moments"})


def test_a_clock_that_steps_back_ends_nothing(arena: Arena, clock: FaketimeClock) -> None:
    """HARD-12, RACE-03: pairs from the future are echoed, and rotate when their time has come."""

    async def story(clock: FaketimeClock, callers: Callers, origin: str) -> None:
        start = int(time.time()) + DAY
        for number in range(STEPS_BACK):
            move(clock, start)
            old = pair_of(await callers.log_in(origin, f"back-{number}"))
            move(clock, start + LIVE_SECONDS)
            fresh = pair_of(await callers.refresh(origin, old))
            for back in (1, 60, LIVE_SECONDS - 60, GOOD_SECONDS, DAY):
                move(clock, start + LIVE_SECONDS - back)
                assert pair_of(await callers.refresh(origin, fresh)) == fresh
                spent = await callers.refresh(origin, old)  # whose token may be live again
                assert spent.category == SESSION_OVER or back < 60
            move(clock, fresh.claims["exp"])
            assert pair_of(await callers.refresh(origin, fresh)) != fresh
        assert arena.fences() == []

    note("clock steps back", times=STEPS_BACK * 5)
    play(stepping(arena, clock), clock, story)


def test_a_clock_that_steps_back_brings_no_burned_session_back(
    arena: Arena, clock: FaketimeClock
) -> None:
    """HARD-30, HARD-31: until its time comes round again, a login behind a fence is put off."""

    async def story(clock: FaketimeClock, callers: Callers, origin: str) -> None:
        start = int(time.time()) + 2 * DAY
        move(clock, start)
        customer_id = "back-and-burned"
        spent = pair_of(await callers.log_in(origin, customer_id))
        move(clock, start + LIVE_SECONDS)
        burned = pair_of(await callers.refresh(origin, spent))
        move(clock, start + LIVE_SECONDS + 15)
        assert (await callers.refresh(origin, spent)).category == SESSION_OVER
        move(clock, start)
        assert (await callers.refresh(origin, burned)).category == SESSION_OVER
        assert (await callers.log_in(origin, customer_id)).category == SERVER_ERROR
        assert arena.rows(customer_id) == []
        move(clock, start + LIVE_SECONDS + 60)
        assert pair_of(await callers.log_in(origin, customer_id))

    play(stepping(arena, clock), clock, story)


def move(clock: FaketimeClock, now: float) -> None:
    """Set the server's clock; it goes on from there."""
    clock._set(int(now))


def pair_of(answer: Answer) -> Pair:
    """The pair of an answer that must have one."""
    assert answer.pair is not None, answer
    return answer.pair
