"""Whatever comes in, something orderly goes out: no 5xx, no dropped connection, no token."""

from __future__ import annotations

import asyncio
import random
import re
import statistics
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

import pytest

from tests.chaos import bad_bodies, bad_heads, bad_tokens
from tests.chaos.arena import Arena
from tests.chaos.callers import Callers, Pair
from tests.chaos.figures import note
from tests.chaos.generated import documents
from tests.chaos.probe import Probe
from tests.chaos.raw import Reply, Request, send
from tests.chaos.sizes import SEED, size

pytestmark = pytest.mark.needs("ministack")

CASES = size(400, 100_000)  # of those below, at most
ENOUGH = size(400, 10_000)  # and at least
DOCUMENTS = size(40, 1500)  # of each of two kinds
BROKEN_SIGNATURES = size(200, 5000)
BEARERS = size(60, 2500)
FLIPPED = size(60, 2500)
AT_ONCE = 8
SLOWEST = 20  # times the quiet median
QUIET_PROBES = 40
FLOOR = 0.002  # seconds: below it a median says more of the machine than of the server

ACCEPTED = re.compile(rb'"(refresh_)?token": ?"|"(result|success)": ?true')


def test_nothing_bad_is_accepted_dropped_or_slows_the_rest(arena: Arena) -> None:
    """GQL-03..08, HARD-01..08, HARD-29, STORE-12: and genuine sessions live through it."""
    pairs = [arena.session("bad-expired"), arena.session("bad-live", age=0)]
    requests = all_requests(pairs)[:CASES]
    assert len(requests) >= ENOUGH
    before = sorted(map(repr, arena.everything()))
    with arena.server() as server:
        probe = Probe(server.origin)
        quiet = probe.median(QUIET_PROBES)
        with probe:
            replies = send_all(server.origin, requests)
        assert sorted(map(repr, arena.everything())) == before
        asyncio.run(still_served(server.origin, *pairs))
    answered = zip(requests, replies, strict=True)
    assert not [(request.what, reply) for request, reply in answered if not is_orderly(reply)]
    busy = statistics.median(probe.seconds)
    statuses = Counter(reply.status for reply in replies)
    note(
        "bad input",
        cases=len(requests),
        **{f"status {status}": times for status, times in sorted(statuses.items())},
        probes=len(probe.seconds),
        quiet_ms=round(quiet * 1000, 1),
        busy_ms=round(busy * 1000, 1),
        ratio=round(busy / quiet, 1),
    )
    assert busy < SLOWEST * max(quiet, FLOOR)


def all_requests(pairs: list[Pair]) -> list[Request]:
    """Every kind, mixed; no request twice."""
    choose = random.Random(SEED)
    requests = list(
        dict.fromkeys(
            chain(
                documents(DOCUMENTS),
                bad_bodies.recorded(),
                bad_bodies.spoiled(choose, BROKEN_SIGNATURES),
                bad_heads.recorded(),
                bad_heads.bearers(choose, BEARERS),
                bad_tokens.recorded(pairs),
                bad_tokens.wrong_claims(pairs),
                bad_tokens.flipped(choose, pairs, FLIPPED),
            )
        )
    )
    choose.shuffle(requests)
    return requests


def is_orderly(reply: Reply) -> bool:
    """A whole answer, no failure of the server, and nothing handed out or done."""
    return 200 <= reply.status < 500 and not ACCEPTED.search(reply.body)


def send_all(origin: str, requests: list[Request]) -> list[Reply]:
    """A few at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(partial(send, origin), requests))


async def still_served(origin: str, expired: Pair, live: Pair) -> None:
    """The one is echoed, the other rotates."""
    async with Callers() as callers:
        assert (await callers.refresh(origin, live)).pair == live
        rotated = (await callers.refresh(origin, expired)).pair
        assert rotated not in (None, expired)
