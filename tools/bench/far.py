"""A deployment that is far away: the embedded reference in another process, behind two proxies that
pass everything on late.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from unittest.mock import patch
from urllib.parse import urlsplit

from conformance_tests.embedded import boot
from conformance_tests.target.model import Target
from conformance_tests.target.parts import ClockAddress, Credentials, Features
from reference_auth.serve.demo import CUSTOMERS

HOST = "127.0.0.1"
PIECE = 64 * 1024
#: What the way to the table needs, though nobody checks it.
NOBODY = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nobody"}
Counts = Callable[[], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Distance:
    """Milliseconds from a request to its answer, to the server and to the table."""

    rtt: float
    table_rtt: float


@contextmanager
def far_reference(
    distance: Distance, customers: int, parallel: int, *, credentials: bool
) -> Iterator[tuple[Target, Counts]]:
    """A target so far away, without FAULT, and how many requests server and table have had.

    credentials: nothing else of it is known: neither secret nor table nor clock.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    counts = context.Value("i", 0), context.Value("i", 0)
    process = context.Process(target=_serve, args=(theirs, distance, *counts), daemon=True)
    process.start()
    try:
        far = replace(without_faults(ours.recv(), customers), parallel=parallel)
        with patch.dict(os.environ, NOBODY):
            target = without_secrets(far) if credentials else far
            yield target, lambda: (counts[0].value, counts[1].value)
    finally:
        process.terminate()
        process.join()


def without_faults(target: Target, customers: int) -> Target:
    """As much of it as a deployment elsewhere lets be seen, with so many customers."""
    return replace(
        target,
        customers=tuple(Credentials(one.email, one.password) for one in CUSTOMERS[:customers]),
        claims=tuple(group for group in target.claims if group != "FAULT"),
        features=Features(),
        faults=None,
        log_file=None,
        launch=None,
        instances={},
    )


def without_secrets(target: Target) -> Target:
    """The same, of which nothing but the credentials of customers is known."""
    return replace(target, secret=None, table=None, clock=ClockAddress(), protected_query=None)


# -- in a process of its own -----------------------------------------------------------------------


def _serve(
    pipe: Connection,
    distance: Distance,
    requests: Synchronized[int],
    calls: Synchronized[int],
) -> None:
    """The reference, and what delays its answers."""
    with boot.embedded_reference(behind_proxy=False) as (target, _):
        assert target.table is not None
        assert target.table.endpoint_url is not None
        server = delaying(target.url, distance.rtt / 1000, requests)
        engine = delaying(target.table.endpoint_url, distance.table_rtt / 1000, calls)
        table = replace(target.table, endpoint_url=engine, ends_with_run=False)
        clock = replace(target.clock, http=f"{server}/clock")
        pipe.send(replace(target, url=f"{server}/graphql", table=table, clock=clock))
        threading.Event().wait()


def delaying(url: str, seconds: float, count: Synchronized[int]) -> str:
    """The origin of a proxy before this address, where an answer takes so much longer."""
    started: list[str] = []
    ready = threading.Event()

    async def serve() -> None:
        upstream = urlsplit(url).hostname or HOST, urlsplit(url).port or 80
        server = await asyncio.start_server(partial(_converse, upstream, seconds, count), HOST, 0)
        started.append(f"http://{HOST}:{server.sockets[0].getsockname()[1]}")
        ready.set()
        await server.serve_forever()

    threading.Thread(target=asyncio.run, args=(serve(),), daemon=True).start()
    ready.wait()
    return started[0]


async def _converse(
    upstream: tuple[str, int],
    seconds: float,
    count: Synchronized[int],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    await asyncio.sleep(seconds)  # to open a connection takes a round trip of its own
    there, to_there = await asyncio.open_connection(*upstream)
    with contextlib.suppress(OSError):
        await asyncio.gather(
            _pass_on(reader, to_there, seconds / 2, count), _pass_on(there, writer, seconds / 2)
        )


async def _pass_on(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    seconds: float,
    count: Synchronized[int] | None = None,
) -> None:
    """Everything that comes, in its order and so much later; counts the requests in it."""
    loop = asyncio.get_running_loop()
    while piece := await reader.read(PIECE):
        if count is not None and piece.startswith((b"POST ", b"GET ")):
            with count:
                count.value += 1
        loop.call_later(seconds, writer.write, piece)
    await asyncio.sleep(seconds)
    writer.close()
