"""What an operation costs is what SPEC.md says: derivations and calls to the table are counted."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from reference_auth.core import tokens
from reference_auth.core.config import Config, Secret
from reference_auth.core.errors import AuthError
from reference_auth.core.tokens import TokenPair
from reference_auth.flow.flow import Flow
from reference_auth.store.memory import memory_table
from reference_auth.store.sessions import Sessions
from tests.spec_page import table

NOW = 1_709_283_600
LATER = NOW + 840  # the access token has expired
KINDS = {"get_item": "reads", "transact_write_items": "transactions"}
COSTS = {
    name: tuple(map(int, costs))
    for name, *costs in table("operation", "derivations", "reads", "transactions", "other")
}
TABLES = itertools.count(1)


class CountingClient:
    """A client that counts its calls by kind."""

    def __init__(self, client: Any, spent: Counter[str]) -> None:
        self._client = client
        self._spent = spent

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self._spent[KINDS.get(operation, "other")] += 1
            return getattr(self._client, operation)(**parameters)

        return call


class OneCustomer:
    """A platform with one customer, who always gets in."""

    async def login(self, email: str, password: str) -> int:
        return 23


SECRET = Secret("a secret of thirty-two bytes or so")


class Till:
    """A flow whose every operation is rung up."""

    def __init__(self, name: str) -> None:
        self.spent: Counter[str] = Counter()
        config = Config(secret=SECRET, region="x", table=name, cached_pairs=0)
        sessions = Sessions(CountingClient(memory_table(name), self.spent), config)
        self.flow = Flow(config, sessions, OneCustomer())

    def log_in(self) -> TokenPair:
        pair = self.ring(self.flow.log_in, "alice@example.com", "secret", False, lambda: NOW)
        assert isinstance(pair, TokenPair)
        return pair

    def refresh(self, token: str, refresh_token: str, now: int) -> None:
        self.ring(self.flow.refresh, token, refresh_token, now)

    def revoke(self, pair: TokenPair) -> None:
        self.ring(self.flow.revoke, pair.token, pair.refresh_token, NOW)

    def ring(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        self.spent.clear()
        try:
            return anyio.run(operation, *arguments)
        except AuthError:
            return None


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Till:
    till, stretch = Till(f"cost-{next(TABLES)}"), tokens._stretch

    def counted(text: str, secret: str) -> str:
        till.spent["derivations"] += 1
        return stretch(text, Secret(secret))

    monkeypatch.setattr(tokens, "_stretch", counted)
    return till


def handed_back(till: Till, pair: TokenPair) -> None:
    till.refresh(pair.token, pair.refresh_token, NOW)


def rotated(till: Till, pair: TokenPair) -> None:
    till.refresh(pair.token, pair.refresh_token, LATER)


def forged(till: Till, pair: TokenPair) -> None:
    till.refresh(f"{pair.token}x", pair.refresh_token, NOW)


def not_the_pair(till: Till, pair: TokenPair) -> None:
    till.refresh(pair.token, "0" * 128, NOW)


def revoked(till: Till, pair: TokenPair) -> None:
    till.revoke(pair)
    handed_back(till, pair)


def revoke(till: Till, pair: TokenPair) -> None:
    till.revoke(pair)


def revoke_again(till: Till, pair: TokenPair) -> None:
    till.revoke(pair)
    till.revoke(pair)


OPERATIONS: dict[str, Callable[[Till, TokenPair], None]] = {
    "log in": lambda till, _: None,
    "refresh, echoed": handed_back,
    "refresh, rotated": rotated,
    "refresh, forged access token": forged,
    "refresh, mismatch": not_the_pair,
    "refresh, revoked": revoked,
    "revoke": revoke,
    "revoke, again": revoke_again,
}


@pytest.mark.parametrize("name", COSTS)
def test_an_operation_costs_what_the_page_says(till: Till, name: str) -> None:
    """The derivations, reads, transactions and other calls of an operation are the page's."""
    OPERATIONS[name](till, till.log_in())
    kinds = ("derivations", "reads", "transactions", "other")
    assert tuple(till.spent[kind] for kind in kinds) == COSTS[name]


def test_the_page_tells_each_of_them() -> None:
    """No operation that is counted here is missing from the page, nor the other way round."""
    assert set(OPERATIONS) == set(COSTS)
