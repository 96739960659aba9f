"""A deployment without a network: scripted answers, a table in memory, a clock in hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import httpx

from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.clock import Clock, MovableClock
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.deployment.row import Row
from conformance_tests.deployment.table import Table
from conformance_tests.target.model import Target
from conformance_tests.target.parts import Credentials, Features, Http, Lifetimes

URL = "http://deployment.test/graphql"
SECRET = "a-secret-of-the-fake-deployment-0123"
NOW = 2_000_000_000
REFRESH = "refreshCustomerToken"
REVOKE = "revokeCustomerToken"
LOGIN = "generateCustomerToken"
LIFETIMES = Lifetimes(access=840, refresh=900, extended=2_592_000)
ALICE = Credentials("alice@example.com", "Alice-Password-1")
BOB = Credentials("bob@example.com", "Bob-Password-2")

#: What a server says to a GraphQL request: its body and its headers go in.
Speak = Callable[[Mapping[str, Any], httpx.Headers], httpx.Response]


def says(operation: str, value: Any, *errors: Mapping[str, Any]) -> httpx.Response:
    """A GraphQL answer."""
    body: dict[str, Any] = {"data": {operation: value}}
    if errors:
        body["errors"] = list(errors)
    return httpx.Response(200, json=body)


def error(category: str | None = "graphql-authorization", message: Any = "No") -> dict[str, Any]:
    extensions = {} if category is None else {"extensions": {"category": category}}
    return {"message": message, **extensions}


def answer(value: Any = None, *errors: Mapping[str, Any], operation: str = REFRESH) -> Answer:
    """An answer as the client would have made it."""
    return Answer(operation, 200, raw=says(operation, value, *errors).content)


def pair(token: str = "new", refresh_token: str = "newer") -> dict[str, str]:
    return {"token": token, "refresh_token": refresh_token}


def client_of(speak: Speak, recorder: Recorder | None = None) -> Client:
    """A client whose every request is answered by `speak`."""

    def handle(request: httpx.Request) -> httpx.Response:
        return speak(json.loads(request.content), request.headers)

    transport = httpx.MockTransport(handle)
    return Client(URL, Http(), recorder or Recorder(), transport=transport)


def in_turn(*answers: httpx.Response) -> Speak:
    """Says one thing after another."""
    left = iter(answers)
    return lambda body, headers: next(left)


class MemoryTable(Table):
    """The table oracle over a dict."""

    def __init__(self) -> None:
        self.name = "auth"
        self.items: dict[tuple[str, str], Row] = {}

    def rows(self, customer_id: object) -> list[Row]:
        return [row for (owner, _), row in sorted(self.items.items()) if owner == str(customer_id)]

    def holds_others(self, ours: Callable[[str], bool]) -> bool:
        return not all(ours(owner) for owner, _ in self.items)

    def scan(self) -> Iterator[list[Row]]:
        yield list(self.items.values())

    def deletes_expired_rows(self) -> bool:
        return False

    def row(self, customer_id: object, hash_: str) -> Row | None:
        return self.items.get((str(customer_id), hash_))

    def write(self, row: Row) -> None:
        self.items[row.customer_id, row.hash] = row

    def claim(self, row: Row, owner: str, *, instead_of: Row | None) -> bool:
        there = self.row(row.customer_id, row.hash)
        before, now = (one and one.attributes[owner] for one in (instead_of, there))
        if before == now:
            self.write(row)
        return before == now

    def put_many(self, rows: list[Row]) -> None:
        for row in rows:
            self.write(row)

    def delete(self, row: Row) -> None:
        self.items.pop((row.customer_id, row.hash), None)

    def delete_many(self, rows: list[Row]) -> None:
        for row in rows:
            self.delete(row)

    def replace(self, old: Row, new: Row) -> bool:
        if self.row(old.customer_id, old.hash) is None:
            return False
        self.delete(old)
        self.write(new)
        return True


class HandClock(MovableClock):
    """A clock that stands where it was put, and remembers every move."""

    name = "hand"
    stands_still = True

    def __init__(self, now: int = NOW) -> None:
        super().__init__()
        self._moment = float(now)
        self.moves: list[int | None] = []

    def _set(self, moment: int | None) -> None:
        self.moves.append(moment)


class StillClock(Clock):
    """A clock that nobody can move; only the turn of a second shows."""

    stands_still = True
    seconds = NOW

    def now(self) -> float:
        return float(self.seconds)

    def wait_for_next_second(self, moment: float) -> None:
        self.seconds += 1


def target(**changes: Any) -> Target:
    """A target that offers nothing but its customers."""
    return Target(**{"url": URL, "profile": "hardened", "customers": (ALICE, BOB), **changes})


def deployment(
    speak: Speak | None = None,
    *,
    clock: Clock | None = None,
    table: bool = False,
    secret: bool = False,
    **changes: Any,
) -> Deployment:
    """A deployment that says what `speak` says, with a table and the secret if they are offered."""
    recorder = Recorder()
    judged = target(secret=SECRET if secret else None, **changes)
    return Deployment(
        target=judged,
        client=client_of(speak or in_turn(), recorder),
        recorder=recorder,
        clock=clock or StillClock(),
        features=Features(),
        lifetimes=LIFETIMES,
        run="7e57",
        forge=Forge(SECRET) if secret else None,
        table=MemoryTable() if table else None,
    )


def customers(
    speak: Speak | None = None, *, locked_out: str | None = None, **changes: Any
) -> Customers:
    """The customers of such a deployment."""
    return Customers(deployment(speak, **changes), locked_out=locked_out)


def logins(id_: Any = 7, forge: Forge | None = None) -> Speak:
    """Answers every login with a pair of its own, one second later than the one before."""
    seconds = count(NOW + LIFETIMES.access)
    mint = forge or Forge(SECRET)

    def speak(body: Mapping[str, Any], headers: httpx.Headers) -> httpx.Response:
        exp = next(seconds)
        claims = {"customer_id": id_, "exp": exp, "refresh_expiry": exp + 60, "iat": exp - 840}
        given = pair(mint.mint(claims), mint.refresh_token(id_, exp))
        return httpx.Response(200, json={"data": {"generateCustomerToken": given}})

    return speak
