"""The four operations that are measured, as one customer does them, and the pairs they leave.

A pair goes from the login to the rotation to the revocation; echoes borrow it while it is live.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.bench.http import Connection, NoAnswer

LOGIN = """mutation ($email: String!, $password: String!) {
  generateCustomerToken(email: $email, password: $password) { token refresh_token } }"""
REFRESH = """mutation ($refresh_token: String!) {
  refreshCustomerToken(refresh_token: $refresh_token) { token refresh_token } }"""
REVOKE = """mutation ($refresh_token: String) {
  revokeCustomerToken(refresh_token: $refresh_token) { result } }"""

NEWEST = 16  # pairs that echoes borrow in turn


class Wrong(Exception):
    """An answer that a measurement must not count: what it was, without a token."""


class Empty(Exception):
    """No pair is left for this operation."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What a login or a rotation gave, and when its access token expires."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    exp: int

    @classmethod
    def of(cls, answer: Mapping[str, str]) -> Pair:
        return cls(answer["token"], answer["refresh_token"], expiry(answer["token"]))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a deployment is, and who may log in: `{n}` in the e-mail counts from 0."""

    url: str
    email: str
    password: str = field(repr=False)
    customers: int


@dataclass(slots=True)
class Shop:
    """The customers of one deployment and the pairs that they hold."""

    address: Address
    next_customer: int = 0
    echoes: int = 0
    fresh: deque[Pair] = field(default_factory=deque)
    rotated: deque[Pair] = field(default_factory=deque)

    def available(self, operation: str) -> float:
        """How many calls there are pairs for, if each call uses one up."""
        match operation:
            case "rotate":
                return sum(pair.exp + 1 <= time.time() for pair in self.fresh)
            case "revoke":
                return len(self.rotated or self.fresh)
            case _:
                return math.inf

    async def login(self, connection: Connection) -> None:
        at = self.address
        email = at.email.format(n=self.next_customer % at.customers)
        self.next_customer += 1
        answer = await ask(connection, LOGIN, None, email=email, password=at.password)
        self.fresh.append(Pair.of(answer))

    async def echo(self, connection: Connection) -> None:
        """Refresh a live pair, one of the newest: the same pair comes back."""
        if not self.fresh:
            raise Empty
        self.echoes += 1
        pair = self.fresh[-1 - self.echoes % min(len(self.fresh), NEWEST)]
        if pair.exp < time.time() + 1:
            pair = self.fresh[-1]
        answer = await ask(connection, REFRESH, pair.token, refresh_token=pair.refresh_token)
        if answer["refresh_token"] != pair.refresh_token:
            raise Wrong("another pair came back for a live one")

    async def rotate(self, connection: Connection) -> None:
        """Refresh the oldest pair, once it has expired: its successor comes."""
        if not self.fresh or time.time() < self.fresh[0].exp + 1:
            raise Empty
        pair = self.fresh.popleft()
        answer = await ask(connection, REFRESH, pair.token, refresh_token=pair.refresh_token)
        if answer["refresh_token"] == pair.refresh_token:
            raise Wrong("the same pair came back for an expired one")
        self.rotated.append(Pair.of(answer))

    async def revoke(self, connection: Connection) -> None:
        """End a rotated pair, or the newest of the others: the oldest are for rotations."""
        pairs = self.rotated or self.fresh
        if not pairs:
            raise Empty
        pair = pairs.pop()
        answer = await ask(connection, REVOKE, pair.token, refresh_token=pair.refresh_token)
        if answer["result"] is not True:
            raise Wrong("the result of a revocation is not true")


async def ask(connection: Connection, query: str, token: str | None, **variables: str) -> Any:
    """Call one operation and return its field, or raise Wrong."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    try:
        status, content = await connection.post(
            body, {} if token is None else {"Authorization": f"Bearer {token}"}
        )
        answer = json.loads(content)
        value = next(iter(answer["data"].values()))
    except (NoAnswer, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Wrong(f"no GraphQL answer ({type(error).__name__})") from None
    if status != 200 or value is None:
        raise Wrong(f"status {status}, {category(answer)}")
    return value


def category(answer: Mapping[str, Any]) -> str:
    """The category of a refusal, which holds nothing secret."""
    errors = answer.get("errors") or [{}]
    return str(errors[0].get("extensions", {}).get("category", "no category"))


def expiry(token: str) -> int:
    """The `exp` of an access token, unverified."""
    payload = token.split(".")[1]
    return int(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"])
