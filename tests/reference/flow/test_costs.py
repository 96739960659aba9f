"""What each request costs: derivations and calls, counted on the real flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from reference_auth.core import tokens
from reference_auth.core.config import Secret
from reference_auth.core.errors import BadRefreshToken
from reference_auth.core.tokens import RefreshToken, TokenPair
from tests.reference.shop import Shop


def spent(shop: Shop, stretched: list[str]) -> tuple[int, dict[str, int]]:
    cost = len(stretched), dict(shop.client.calls)
    stretched.clear()
    shop.client.forget()
    return cost


# What a login, an echo, a rotation, a revoke and a mismatch derive.
DERIVATIONS = {0: (2, 2, 4, 2, 1), 20_000: (2, 0, 2, 0, 0)}


@pytest.mark.parametrize("cached_pairs", DERIVATIONS)
def test_what_a_session_costs(
    open_shop: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch, cached_pairs: int
) -> None:
    """The calls are the same with and without the cache; with it only new pairs are derived."""
    shop, seen = open_shop(cached_pairs=cached_pairs), count_stretching(monkeypatch)
    login, echo, rotation, revoke, mismatch = DERIVATIONS[cached_pairs]
    pair = shop.log_in()
    assert spent(shop, seen) == (login, {"transact_write_items": 1})
    shop.refresh(pair)
    assert spent(shop, seen) == (echo, {"get_item": 1})
    shop.later(840)
    fresh = shop.refresh(pair)
    assert spent(shop, seen) == (rotation, {"get_item": 1, "transact_write_items": 1})
    shop.revoke(fresh)
    assert spent(shop, seen) == (revoke, {"transact_write_items": 1})
    with pytest.raises(BadRefreshToken):
        shop.refresh(TokenPair(fresh.token, pair.refresh_token))
    assert spent(shop, seen) == (mismatch, {})
    with pytest.raises(BadRefreshToken):
        shop.refresh(TokenPair(fresh.token, RefreshToken("junk")))
    assert spent(shop, seen) == (0, {})


def count_stretching(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    really = tokens._stretch

    def counted(text: str, secret: str) -> str:
        seen.append(text)
        return really(text, Secret(secret))

    monkeypatch.setattr(tokens, "_stretch", counted)
    return seen


def test_a_request_costs_the_same_in_a_large_table(shop: Shop) -> None:
    """The number of calls does not grow with the customer's sessions or anyone else's."""
    costs = []
    for n in range(3):
        pair = shop.log_in()
        shop.later(840)
        shop.client.forget()
        shop.refresh(pair)
        costs.append(Counter(shop.client.calls))
        for more in range(5):
            shop.log_in(f"other {n} {more}")
    assert costs[0] == costs[1] == costs[2]
