"""Clients of real servers: each request is one call, each answer a value, whatever came back."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from conformance_tests.deployment.http.documents import OPERATIONS
from tests.chaos.platform import PASSWORD

LONGEST_ANSWER = 60.0
#: How often a customer who is asked to try again does so, and after how long.
PATIENCE = 60
PAUSE = 0.5
SERVER_ERROR = "graphql-server-internal-error"
SESSION_OVER = "graphql-authorization"


@dataclass(frozen=True, slots=True)
class Pair:
    """What a customer holds."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def claims(self) -> dict[str, Any]:
        payload = self.token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
        return claims


@dataclass(frozen=True, slots=True)
class Answer:
    """A value or a refusal's category; where no answer came, why not."""

    value: Any = None
    category: str | None = None
    status: int | None = None
    trouble: str | None = None

    @property
    def pair(self) -> Pair | None:
        """The pair that was handed out."""
        return (
            Pair(**self.value) if isinstance(self.value, dict) and "token" in self.value else None
        )


class Callers:
    """Any number of customers at once, each request to the server that it names.

    A connection each: one that is kept may be let go of by the server while it is being chosen,
    because the tests read the table on this very loop.
    """

    def __init__(self, connections: int = 256) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=0)
        self.http = httpx.AsyncClient(timeout=LONGEST_ANSWER, limits=limits, trust_env=False)
        #: How many answers asked to try again, of those that were asked for patiently.
        self.put_off = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    async def patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The first answer that does not ask to try again, as a busy server's may."""
        for _ in range(PATIENCE):
            answer = await ask()
            if answer.category != SERVER_ERROR:
                return answer
            self.put_off += 1
            await asyncio.sleep(PAUSE)
        raise AssertionError("a customer is put off again and again")

    async def log_in(self, origin: str, customer_id: str, *, remember_me: bool = True) -> Answer:
        return await self._ask(
            origin,
            "generateCustomerToken",
            email=f"{customer_id}@anyone",
            password=PASSWORD,
            remember_me=remember_me,
        )

    async def refresh(self, origin: str, pair: Pair) -> Answer:
        return await self._ask(
            origin, "refreshCustomerToken", pair.token, refresh_token=pair.refresh_token
        )

    async def revoke(self, origin: str, pair: Pair) -> Answer:
        return await self._ask(
            origin, "revokeCustomerToken", pair.token, refresh_token=pair.refresh_token
        )

    async def set_clock(self, origin: str, now: float | None) -> None:
        """Move a server's test clock."""
        answer = await self.http.post(f"{origin}/clock", json={"now": now})
        assert answer.status_code == 200, answer.text

    async def _ask(
        self, origin: str, operation: str, token: str | None = None, **variables: Any
    ) -> Answer:
        body = {"query": OPERATIONS[operation].document(variables), "variables": variables}
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            answer = await self.http.post(f"{origin}/graphql", json=body, headers=headers)
        except httpx.TransportError as trouble:
            return Answer(trouble=type(trouble).__name__)
        said = answer.json()
        errors = said.get("errors") or [{}]
        category = errors[0].get("extensions", {}).get("category")
        return Answer((said.get("data") or {}).get(operation), category, answer.status_code)
