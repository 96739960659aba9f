"""The flow over one table, with the clock and the platform in the test's hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from reference_auth.core import tokens
from reference_auth.core.config import Config, Lifetimes, Secret
from reference_auth.core.login import LoginRefused
from reference_auth.core.rows import Fence, Row, Tombstone
from reference_auth.core.tokens import Claims, TokenPair
from reference_auth.flow.development import Development
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.sessions import Sessions
from tests.reference.faulty import Faulty
from tests.reference.issued import issue

START = 1_900_000_000  # later than any real now, so that no engine reaps a row by its own clock
SECRET = Secret("a secret for tests, of 32 bytes or so")
CUSTOMER = 7

T = TypeVar("T")


def make_config(table: str = "auth", **changes: Any) -> Config:
    config = Config(secret=SECRET, region="us-east-1", table=table, lifetimes=Lifetimes())
    return replace(config, **changes)


class Platform:
    """Lets everyone in who knows the password, as whichever customer it is told."""

    def __init__(self) -> None:
        self.customer_id: Any = CUSTOMER

    async def login(self, email: str, password: str) -> Any:
        if password != "right":
            raise LoginRefused
        return self.customer_id


class Shop:
    """Each method does one request and waits for its end."""

    def __init__(self, client: Any, config: Config, runner: asyncio.Runner) -> None:
        self.client = Faulty(client)
        self.config = config
        self.now = START
        self.platform = Platform()
        self._runner = runner
        self.sessions = Sessions(self.client, config)
        self.flow = Flow(config, self.sessions, self.platform)
        self.development = Development(self.sessions)

    @contextmanager
    def sibling(self) -> Iterator[Shop]:
        """A second server on the same table, with a loop of its own: for what happens meanwhile."""
        with asyncio.Runner() as runner:
            other = Shop(self.client.client, self.config, runner)
            other.now = self.now
            yield other

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def at_once(self, works: Iterable[Awaitable[T]]) -> list[T | BaseException]:
        """Do all of it at the same time; what was raised is among the answers."""

        async def together() -> list[T | BaseException]:
            return await asyncio.gather(*works, return_exceptions=True)

        return self.run(together())

    def race(self, pair: TokenPair) -> tuple[TokenPair, BaseException]:
        """Refresh a pair twice at the same time: the one pair handed out, and what was raised."""
        works = [self.flow.refresh(pair.token, pair.refresh_token, self.now) for _ in range(2)]
        answers = self.at_once(works)
        (fresh,) = (answer for answer in answers if isinstance(answer, TokenPair))
        (loser,) = (answer for answer in answers if isinstance(answer, BaseException))
        return fresh, loser

    def later(self, seconds: int) -> None:
        self.now += seconds

    # requests

    def log_in(self, customer_id: Any = CUSTOMER, remember_me: bool = False) -> TokenPair:
        self.platform.customer_id = customer_id
        return self.run(self.flow.log_in("a@b.c", "right", remember_me, lambda: self.now))

    def refresh(self, pair: TokenPair) -> TokenPair:
        return self.run(self.flow.refresh(pair.token, pair.refresh_token, self.now))

    def revoke(self, pair: TokenPair) -> bool:
        return self.run(self.flow.revoke(pair.token, pair.refresh_token, self.now))

    # what the tests put there and look at

    def claims(self, pair: TokenPair) -> Claims:
        return tokens.verify(pair.token, self.config.secret, self.now)

    def hash_of(self, pair: TokenPair) -> str:
        return tokens.hash_of(pair.refresh_token, self.config.secret)

    def forge(self, claims: Claims, **row: Any) -> TokenPair:
        """Put a session as if it had been issued, its row changed as told."""
        issued = issue(claims, self.config.secret)
        self.put(items.row_item(replace(Row.of(claims, issued.hash), **row)))
        return issued.pair

    def lose(self, pair: TokenPair) -> None:
        """Remove a pair's row behind the flow's back."""
        key = items.key(str(self.claims(pair).customer_id), self.hash_of(pair))
        self.client.client.delete_item(TableName=self.config.table, Key=key)

    def put(self, item: Any) -> None:
        self.client.client.put_item(TableName=self.config.table, Item=item)

    def rows(self, customer_id: Any = CUSTOMER) -> list[Row]:
        return [items.read_row(item) for item in self._items(str(customer_id))]

    def tombstones(self, customer_id: Any = CUSTOMER) -> list[Tombstone]:
        kept = self._items(f"ended#{customer_id}")
        return [items.read_tombstone(item, customer_id) for item in kept if "reason" in item]

    def fence(self, customer_id: Any = CUSTOMER) -> Fence | None:
        kept = self._items(f"ended#{customer_id}")
        return next((items.read_fence(item) for item in kept if "before" in item), None)

    def everything(self) -> Any:
        """All of a customer's items, in an order of their own: equal when nothing changed."""
        kept = self._items(str(CUSTOMER)) + self._items(f"ended#{CUSTOMER}")
        return sorted(map(repr, kept))

    def _items(self, partition: str) -> list[Any]:
        found: list[Any] = []
        start: dict[str, Any] = {}
        while True:
            page = self.client.client.query(
                TableName=self.config.table,
                KeyConditionExpression="customer_id = :customer_id",
                ExpressionAttributeValues={":customer_id": {"S": partition}},
                ConsistentRead=True,
                **start,
            )
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
