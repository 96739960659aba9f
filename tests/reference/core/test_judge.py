"""The judge: each of the twelve cells, and what it costs to know it."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from reference_auth.core import lifetimes, states, tokens
from reference_auth.core.config import Secret
from reference_auth.core.errors import BadAccessToken
from reference_auth.core.judge import Means, Presented
from reference_auth.core.rows import Row
from reference_auth.core.states import Access, Refresh
from reference_auth.core.tokens import (
    AccessToken,
    Claims,
    CustomerId,
    RefreshToken,
    RefreshTokenHash,
    TokenPair,
)
from tests.reference.issued import issue
from tests.reference.shop import SECRET, make_config

NOW = 1_709_284_560
EXP = {Access.LIVE: NOW + 1, Access.EXPIRED: NOW, Access.FORGED: NOW + 1}
NOBODY_S = "another secret, as long as the real one"
CELLS = [
    pytest.param(*cell, id=" x ".join(verdict.value for verdict in cell)) for cell in states.CELLS
]


class Table:
    """The rows that the judge finds, and how often it asked for what."""

    def __init__(self, *rows: Row) -> None:
        self.rows = {(row.customer_id, row.hash): row for row in rows}
        self.asked: Counter[str] = Counter()
        self.means = Means(self.derive, self.hash_of, self.read)

    async def derive(self, customer_id: CustomerId, exp: int) -> RefreshToken:
        self.asked["derive"] += 1
        return tokens.derive(customer_id, exp, SECRET)

    async def hash_of(self, refresh_token: RefreshToken) -> RefreshTokenHash:
        self.asked["hash"] += 1
        return tokens.hash_of(refresh_token, SECRET)

    async def read(self, customer_id: str, hash: RefreshTokenHash) -> Row | None:
        self.asked["read"] += 1
        return self.rows.get((customer_id, hash))


def presented(access: Access, refresh: Refresh) -> tuple[Presented, Table]:
    """A pair made for one cell, before the table that it is judged with."""
    claims = Claims(7, EXP[access], NOW - 1 if refresh is Refresh.EXPIRED else NOW)
    issued = issue(claims, SECRET)
    table = Table(*([] if refresh is Refresh.ABSENT else [Row.of(claims, issued.hash)]))
    other = tokens.derive(8, claims.exp, SECRET)
    pair = TokenPair(
        tokens.mint(claims, Secret(NOBODY_S)) if access is Access.FORGED else issued.pair.token,
        other if refresh is Refresh.MISMATCH else issued.pair.refresh_token,
    )
    return Presented(pair, NOW, make_config(), table.means), table


@pytest.mark.parametrize("access, refresh", CELLS)
def test_each_of_the_twelve_cells_is_reached(access: Access, refresh: Refresh) -> None:
    """A pair made for a cell is judged to be in it, and in the cell's state."""
    pair, _ = presented(access, refresh)
    assert asyncio.run(pair.state()) is states.CELLS[access, refresh]
    assert asyncio.run(pair.cell()) == (access, refresh)


@pytest.mark.parametrize("access, refresh", CELLS)
def test_a_state_costs_no_more_than_it_needs(access: Access, refresh: Refresh) -> None:
    """Forged and expired cost nothing, a mismatch one derivation, and the rest one read."""
    pair, table = presented(access, refresh)
    asyncio.run(pair.state())
    steps = {Refresh.MISMATCH: ["derive"], Refresh.EXPIRED: []}
    needed = steps.get(refresh, ["derive", "hash", "read"])
    assert table.asked == Counter([] if access is Access.FORGED else needed)


def test_a_verdict_is_reached_once() -> None:
    """What was derived, hashed or read for one question is kept for the next."""
    pair, table = presented(Access.LIVE, Refresh.MATCHES)

    async def ask() -> None:
        await pair.state()
        await pair.cell()
        await pair.row()

    asyncio.run(ask())
    assert table.asked == {"derive": 1, "hash": 1, "read": 1}


@pytest.mark.parametrize("refresh_token", ["", "x", "A" * 128, "\ud800"])
def test_what_is_no_refresh_token_is_a_mismatch_without_a_derivation(refresh_token: str) -> None:
    """HARD-25: a text of another form belongs to no access token."""
    genuine, table = presented(Access.LIVE, Refresh.MATCHES)
    pair = TokenPair(genuine.pair.token, RefreshToken(refresh_token))
    other = Presented(pair, NOW, make_config(), table.means)
    assert asyncio.run(other.refresh()) is Refresh.MISMATCH
    assert not table.asked


@pytest.mark.parametrize("token", ["", "a.b.c", "\ud800", "é.é.é", "not a token"])
def test_nothing_belongs_to_what_cannot_be_read(token: str) -> None:
    """An access token without claims is forged, and the refresh token beside it a mismatch."""
    genuine, table = presented(Access.LIVE, Refresh.MATCHES)
    pair = TokenPair(AccessToken(token), genuine.pair.refresh_token)
    other = Presented(pair, NOW, make_config(), table.means)
    assert asyncio.run(other.cell()) == (Access.FORGED, Refresh.MISMATCH)
    assert not table.asked


def test_a_forged_access_token_promises_nothing() -> None:
    """HARD-01: whoever asks a forged token for its claims is refused, however good they look."""
    pair, _ = presented(Access.FORGED, Refresh.MATCHES)
    with pytest.raises(BadAccessToken):
        _ = pair.claims
    with pytest.raises(BadAccessToken):
        asyncio.run(pair.row())


def test_a_row_past_its_ttl_is_an_expired_refresh_token() -> None:
    """STORE-08: whatever the access token promises."""
    claims = Claims(7, NOW + 1, NOW + 100)
    issued = issue(claims, SECRET)
    table = Table(Row("7", issued.hash, ttl=NOW - 1))
    pair = Presented(issued.pair, NOW, make_config(), table.means)
    assert asyncio.run(pair.cell()) == (Access.LIVE, Refresh.EXPIRED)


def test_a_session_past_its_absolute_end_is_expired() -> None:
    """HARD-23: with a longest session, its end counts as the refresh token's."""
    claims = Claims(7, NOW + 1, NOW + 100, auth_time=NOW - 1000)
    issued = issue(claims, SECRET)
    table = Table(Row.of(claims, issued.hash))
    config = make_config(max_session_seconds=1001)
    assert lifetimes.is_session_over(claims, NOW, 1001)
    pair = Presented(issued.pair, NOW, config, table.means)
    assert asyncio.run(pair.cell()) == (Access.LIVE, Refresh.EXPIRED)
