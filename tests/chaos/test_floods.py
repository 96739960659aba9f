"""Slow clients, idle ones and floods of nonsense: real customers are still served."""

from __future__ import annotations

import asyncio
import itertools
import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import pytest

from tests.chaos.arena import Arena
from tests.chaos.callers import Callers
from tests.chaos.figures import note
from tests.chaos.floods import (
    DRIPPING,
    UNFINISHED_BODIES,
    UNFINISHED_HEADS,
    Garbage,
    last_words,
    standing,
    trickling,
)
from tests.chaos.processes import ServerProcess
from tests.chaos.sizes import size

pytestmark = pytest.mark.needs("ministack")

CUSTOMERS = size(5, 50)
IDLE = size(100, 1000)
EACH_UNFINISHED = size(5, 40)
GARBAGE = size(20, 200)
LONGEST_BODY_WAIT = 10.0  # after so long the server gives up a body
SPARE = 10.0  # for a machine that has much else to do
FILES = 4096  # open at once; shells often allow 1,024, and more when asked


@pytest.fixture(scope="module")
def many_files() -> Iterator[None]:
    """As many open files as the flood needs, for the servers started meanwhile too."""
    soft, hard = before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def server(arena: Arena, many_files: None) -> Iterator[ServerProcess]:
    with arena.server("--grace-seconds", "0") as server:
        yield server


def test_idle_connections_cost_nothing(arena: Arena, server: ServerProcess) -> None:
    """Connections that say nothing keep no customer out."""
    quiet = served(arena, server, "quiet")
    with standing(server.origin, IDLE):
        tell("idle", IDLE, quiet, served(arena, server, "idle"))


def test_unfinished_requests_are_given_up(arena: Arena, server: ServerProcess) -> None:
    """GQL-05: a body that does not end, or drips, is answered 408; customers do not wait for it."""
    quiet = served(arena, server, "before")
    with ExitStack() as stack:
        stopped, bodies = (
            [
                sock
                for says in kind
                for sock in stack.enter_context(standing(server.origin, EACH_UNFINISHED, says))
            ]
            for kind in (UNFINISHED_HEADS, UNFINISHED_BODIES)
        )
        (dripping,) = stack.enter_context(standing(server.origin, 1, DRIPPING))
        stack.enter_context(trickling(dripping))
        began = time.monotonic()
        busy = served(arena, server, "beside")
        for sock in [*bodies, dripping]:
            left = began + LONGEST_BODY_WAIT + SPARE - time.monotonic()
            assert last_words(sock, left).status == 408
    tell("unfinished requests", len(stopped) + len(bodies) + 1, quiet, busy)


def test_a_flood_of_garbage_lets_customers_through(arena: Arena, server: ServerProcess) -> None:
    """HARD-25, HARD-26: nonsense costs little, and customers have their turn beside it."""
    quiet = served(arena, server, "calm")
    numbers = itertools.count()

    garbage = Garbage(
        server.origin, GARBAGE, genuine=lambda: arena.access_token(f"stolen-{next(numbers)}")
    )
    with garbage.flowing():
        busy = served(arena, server, "flooded")
    assert garbage.cheap
    assert garbage.dear
    tell("garbage refreshes", garbage.cheap, quiet, busy, with_a_genuine_token=garbage.dear)


@dataclass(frozen=True, slots=True)
class Served:
    """How long each request of these customers took, and how often one was put off."""

    seconds: list[float]
    put_off: int


def served(arena: Arena, server: ServerProcess, name: str) -> Served:
    """Customers log in, rotate and log out, one after the other, however often they must ask."""
    expired = {f"{name}-{number}": arena.session(f"{name}-{number}") for number in range(CUSTOMERS)}
    seconds: list[float] = []

    async def run() -> int:
        async with Callers() as callers:
            for customer_id, pair in expired.items():
                began = time.monotonic()
                log_in = partial(callers.log_in, server.origin, f"new-{customer_id}")
                assert (await callers.patiently(log_in)).pair
                refresh = partial(callers.refresh, server.origin, pair)
                rotated = (await callers.patiently(refresh)).pair
                assert rotated
                revoke = partial(callers.revoke, server.origin, rotated)
                assert (await callers.patiently(revoke)).value == {"result": True}
                seconds.append((time.monotonic() - began) / 3)
            return callers.put_off

    return Served(seconds, asyncio.run(run()))


def tell(what: str, times: int, quiet: Served, busy: Served, **more: int) -> None:
    before, beside = statistics.median(quiet.seconds), statistics.median(busy.seconds)
    note(
        f"flood, {what}",
        times=times,
        **more,
        customers=len(busy.seconds),
        put_off=busy.put_off,
        quiet_ms=round(before * 1000, 1),
        busy_ms=round(beside * 1000, 1),
        worst_ms=round(max(busy.seconds) * 1000, 1),
        ratio=round(beside / before, 1),
    )
