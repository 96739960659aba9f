"""How cost grows: with the sessions of one customer, and with the rows of the table.

Each operation runs on the real flow, in this process, over ministack; what it spends is counted.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import anyio
from rich.console import Console
from rich.table import Table

from reference_auth.core.config import Config, read_environment
from reference_auth.core.errors import AuthError, StorageError
from reference_auth.core.rows import Row
from reference_auth.core.tokens import RefreshTokenHash, TokenPair
from reference_auth.flow.development import Development
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.sessions import BATCH, Sessions
from reference_auth.store.storage import Client, make_client
from tools.bench import deployment, report
from tools.bench.fleet import fleet, prices
from tools.bench.meter import Meter, Spent, size, timed
from tools.bench.processes import Program

SESSIONS = (1, 100, 10_000)
ROWS = (1_000, 10_000, 100_000)
ON_PAPER = "1,000,000 (calculated)"
LIFETIME = 15  # seconds of an access token in these tables
MOST_TRIES = 20  # of a burn that takes longer than a request may


class Anyone:
    """A platform whose customer is whoever the e-mail names."""

    async def login(self, email: str, password: str) -> str:
        return email


class Case:
    """One table, one flow over it without a cache, and a clock that a case moves by hand."""

    def __init__(self, config: Config, client: Client) -> None:
        config = replace(config, cached_pairs=0)
        self.table = config.table
        self.meter = Meter(client)
        sessions = Sessions(self.meter, config)
        self.flow = Flow(config, sessions, Anyone())
        self.development = Development(sessions)
        self.now = int(time.time())
        self.serial = itertools.count()

    @classmethod
    def on(cls, engine: Program, name: str) -> Case:
        """A case in a table of its own."""
        environment = deployment.settings(name, engine.origin)
        deployment.provide(environment)
        config = read_environment(environment)
        return cls(config, make_client(config.region, environment))

    def seed(self, customers: int, each: int) -> None:
        """Write rows as logins leave them, without deriving their hashes."""
        rows = (
            Row(
                f"customer-{n}",
                RefreshTokenHash(f"{next(self.serial):0128x}"),
                self.now + 900,
                self.now + LIFETIME,
            )
            for n in range(customers)
            for _ in range(each)
        )
        while batch := list(itertools.islice(rows, BATCH)):
            requests = [{"PutRequest": {"Item": items.row_item(row)}} for row in batch]
            self.meter.client.batch_write_item(RequestItems={self.table: requests})

    def log_in(self) -> TokenPair:
        self.now += 1
        pair: TokenPair = self.run(self.flow.log_in, "customer-0", "", False, lambda: self.now)
        return pair

    def refresh(self, pair: TokenPair) -> TokenPair:
        fresh: TokenPair = self.run(self.flow.refresh, pair.token, pair.refresh_token, self.now)
        return fresh

    def rotate(self, pair: TokenPair) -> TokenPair:
        self.now += LIFETIME
        return self.refresh(pair)

    def revoke(self, pair: TokenPair) -> None:
        self.run(self.flow.revoke, pair.token, pair.refresh_token, self.now)

    def list(self) -> None:
        self.run(self.development.list, "customer-0")

    def burn(self, spent: TokenPair) -> None:
        """Replay until the burn is done: one that takes long is finished by the next request."""
        for _ in range(MOST_TRIES):
            try:
                with suppress(StorageError):
                    self.refresh(spent)
            except AuthError:
                return

    def run(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        return anyio.run(operation, *arguments)

    def measure(self) -> Iterator[tuple[str, Spent]]:
        """Each operation, as cheap or dear as it is with what the table holds."""
        pairs: list[TokenPair] = []
        yield "log in", self.timed(lambda: pairs.append(self.log_in()))
        yield "refresh, echoed", self.timed(lambda: pairs.append(self.refresh(pairs[0])))
        yield "refresh, rotated", self.timed(lambda: pairs.append(self.rotate(pairs[0])))
        yield "revoke", self.timed(lambda: self.revoke(pairs[-1]))
        old = self.log_in()
        self.rotate(old)
        yield "revoke, already rotated", self.timed(lambda: self.revoke(old))
        old = self.log_in()
        self.rotate(old)
        yield "listing", self.timed(self.list)
        yield "burn", self.timed(lambda: self.burn(old))

    def timed(self, action: Callable[[], None]) -> Spent:
        with self.meter.counting_derivations():
            return timed(self.meter, action)


def main(console: Console, *, quick: bool) -> int:
    """Print what docs/COST.md shows."""
    with deployment.engine() as engine:
        console.print(by_sessions(engine, SESSIONS[:2] if quick else SESSIONS))
        console.print(by_rows(engine, ROWS[:1] if quick else ROWS))
    console.print(row_sizes())
    console.print(prices())
    console.print(fleet())
    return 0


def by_sessions(engine: Program, counts: tuple[int, ...]) -> Table:
    """One customer with more and more sessions."""
    found = {}
    for count in counts:
        case = Case.on(engine, f"sessions-{count}")
        case.log_in()  # the first call also connects
        case.seed(1, count - 1)
        found[count] = dict(case.measure())
    return costs("sessions of the customer", {f"{n:,}": costs_of for n, costs_of in found.items()})


def by_rows(engine: Program, counts: tuple[int, ...]) -> Table:
    """One customer with a few sessions, in a larger and larger table."""
    found = {}
    for count in counts:
        case = Case.on(engine, f"rows-{count}")
        case.log_in()
        case.seed(count // 2, 2)
        found[count] = dict(case.measure())
    labelled = {f"{count:,}": costs_of for count, costs_of in found.items()}
    return costs("rows of the table", labelled | {ON_PAPER: on_paper(found[counts[-1]])})


def on_paper(found: Mapping[str, Spent]) -> dict[str, Spent]:
    """What a larger table asks for: calls name their keys, so nothing but the time is unknown."""
    return {name: replace(spent, seconds=math.nan) for name, spent in found.items()}


def costs(grown: str, found: Mapping[str, Mapping[str, Spent]]) -> Table:
    """One line for each operation and each size, the sizes of an operation below each other."""
    made = report.table(
        *("operation", grown, "derivations", "calls", "read units", "write units"),
        *("bytes sent", "bytes received", "ms"),
    )
    names = next(iter(found.values()))
    for name, count in itertools.product(names, found):
        made.add_row(name, count, *cells(found[count][name]))
    return made


def cells(spent: Spent) -> Iterator[str]:
    counts = (spent.derivations, spent.calls, spent.read_units, spent.write_units)
    yield from (f"{count:,}" for count in (*counts, spent.sent, spent.received))
    yield "" if math.isnan(spent.seconds) else f"{1000 * spent.seconds:.0f}"


def row_sizes() -> str:
    """What a row takes in the table, by DynamoDB's rules."""
    now, digits = 1_800_000_000, "0" * 128
    login = items.row_item(Row("4711", RefreshTokenHash(digits), now, now))
    rotated = items.row_item(
        Row("4711", RefreshTokenHash(digits), now, now, rotated_from=RefreshTokenHash(digits))
    )
    return f"A login's row takes {size(login)} bytes, a rotation's {size(rotated)}."
