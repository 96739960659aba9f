"""The load, a process of its own: reads one order a line as JSON, and answers each with a line.

An order names a shop, an operation, how many connections call at once, for how long, and which
share of the pairs it may use: one is all of them, three leaves two thirds.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tools.bench.calls import Address, Empty, Shop, Wrong
from tools.bench.http import Connection

Call = Callable[[Connection], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Tally:
    """What came of one order: each call's milliseconds, and what went wrong how often."""

    latencies: list[float] = field(default_factory=list)
    wrong: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    left: float = math.inf  # calls that may still begin


async def drive(
    call: Call, url: str, connections: int, seconds: float, most: float = math.inf
) -> Tally:
    """Call from so many connections until time is up, or nothing is left to call with."""
    tally = Tally(left=most)
    lines = [await Connection.open(url) for _ in range(connections)]
    began = time.perf_counter()
    await asyncio.gather(*(_repeat(call, line, began + seconds, tally) for line in lines))
    tally.seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return tally


async def _repeat(call: Call, line: Connection, until: float, tally: Tally) -> None:
    with suppress(Empty):
        while (before := time.perf_counter()) < until and tally.left >= 1:
            tally.left -= 1
            try:
                await call(line)
            except Wrong as wrong:
                tally.wrong[str(wrong)] = tally.wrong.get(str(wrong), 0) + 1
            else:
                tally.latencies.append(1000 * (time.perf_counter() - before))


async def expired(shop: Shop, longest: float) -> bool:
    """Wait until the newest pair's access token has expired; false where that takes too long."""
    left = max((pair.exp for pair in shop.fresh), default=0.0) + 1 - time.time()
    if left > longest:
        return False
    await asyncio.sleep(max(0.0, left))
    return True


async def obey(shops: dict[str, Shop], order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order."""
    match order:
        case {"open": name, **settings}:
            shops[name] = Shop(Address(**settings))
            return {}
        case {"wait": name, "longest": longest}:
            return {"expired": await expired(shops[name], longest)}
        case {"shop": name, "call": operation, "share": share, **spell}:
            shop = shops[name]
            gc.collect()
            most = shop.available(operation) / share
            call, url = getattr(shop, operation), shop.address.url
            tally = await drive(call, url, most=most, **spell)
            return {name: getattr(tally, name) for name in ("latencies", "wrong", "seconds")}
    raise ValueError(order)


def main() -> None:
    """Obey until the input ends."""
    gc.disable()
    shops: dict[str, Shop] = {}
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            print(json.dumps(runner.run(obey(shops, json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
