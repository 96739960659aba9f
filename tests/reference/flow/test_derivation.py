"""Key derivation: what is cached, what is not, and how many jobs may wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from reference_auth.core import tokens
from reference_auth.core.config import Secret
from reference_auth.core.errors import Retry
from reference_auth.core.tokens import Claims, RefreshToken
from reference_auth.flow.derivation import QUEUE, QUEUE_PER_CUSTOMER, Derivation

SECRET = Secret("a secret for tests, of 32 bytes or so")
CLAIMS = Claims(7, 1_900_000_840, 1_900_000_900)


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were really derived, in order."""
    texts: list[str] = []

    def stretch(text: str, _: str) -> str:
        texts.append(text)
        return f"of {text}"

    monkeypatch.setattr(tokens, "_stretch", stretch)
    return texts


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Every derivation waits until this is set."""
    gate = threading.Event()

    def wait(text: str, _: str) -> str:
        gate.wait(2)
        return f"of {text}"

    monkeypatch.setattr(tokens, "_stretch", wait)
    yield gate
    gate.set()


def test_a_minted_pair_is_not_derived_again(derived: list[str]) -> None:
    """After a mint, its refresh token, its hash and the pair itself cost nothing."""

    async def use() -> None:
        derivation = Derivation(SECRET, cached_pairs=1)
        minted = await derivation.issue(CLAIMS)
        assert len(derived) == 2
        assert await derivation.derive(7, CLAIMS.exp) == minted.pair.refresh_token
        assert await derivation.hash_of(minted.pair.refresh_token) == minted.hash
        assert await derivation.issue(CLAIMS) == minted

    asyncio.run(use())
    assert len(derived) == 2


def test_a_verified_pair_is_not_derived_again(derived: list[str]) -> None:
    """A refresh token and a hash that were derived once cost nothing the second time."""

    async def use() -> None:
        derivation = Derivation(SECRET, cached_pairs=1)
        for _ in range(2):
            await derivation.hash_of(await derivation.derive(7, CLAIMS.exp))

    asyncio.run(use())
    assert len(derived) == 2


def test_the_claims_of_a_cached_pair_are_those_asked_for(derived: list[str]) -> None:
    """The cache holds no access token: other claims with the same `exp` give another token."""

    async def use() -> None:
        derivation = Derivation(SECRET, cached_pairs=1)
        first = await derivation.issue(CLAIMS)
        other = Claims(7, CLAIMS.exp, CLAIMS.refresh_expiry + 9)
        second = await derivation.issue(other)
        assert second.pair.refresh_token == first.pair.refresh_token
        assert tokens.verify(second.pair.token, SECRET, CLAIMS.exp) == other

    asyncio.run(use())


def test_customers_and_times_are_kept_apart(derived: list[str]) -> None:
    """Another customer, another `exp`, or an id as text is another entry."""

    async def use() -> None:
        derivation = Derivation(SECRET, cached_pairs=9)
        await derivation.derive(7, 8)
        await derivation.derive(7, 9)
        await derivation.derive(8, 8)
        await derivation.derive("7", 8)

    asyncio.run(use())
    assert derived == ["78", "79", "88", "78"]


def test_without_a_cache_every_call_derives(derived: list[str]) -> None:
    """With 0 pairs nothing is kept."""

    async def use() -> None:
        derivation = Derivation(SECRET)
        await derivation.derive(7, 8)
        await derivation.derive(7, 8)

    asyncio.run(use())
    assert len(derived) == 2


def test_what_was_used_least_recently_is_dropped(derived: list[str]) -> None:
    """A derivation that is looked up again is kept."""

    async def use() -> None:
        derivation = Derivation(SECRET, cached_pairs=1)
        for exp in (1, 2, 1, 3, 1, 2):
            await derivation.derive(7, exp)

    asyncio.run(use())
    assert derived == ["71", "72", "73", "72"]


def test_the_pairs_of_a_derivation_are_bounded(derived: list[str]) -> None:
    """However many pairs are minted, no more than the setting says are kept."""

    async def use() -> None:
        derivation = Derivation(SECRET, cached_pairs=5)
        for exp in range(50):
            await derivation.issue(Claims(7, exp, exp))
        assert len(derivation._cache) == 2 * 5

    asyncio.run(use())


def test_one_customer_cannot_fill_the_queue(gate: threading.Event) -> None:
    """What one customer sends above the bound is refused at once; another is still served."""

    async def use() -> None:
        derivation = Derivation(SECRET)
        waiting = [
            asyncio.create_task(derivation.derive(7, exp)) for exp in range(QUEUE_PER_CUSTOMER)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Retry):
            await derivation.derive(7, 9000)
        with pytest.raises(Retry):
            await derivation.issue(CLAIMS)
        waiting.append(asyncio.create_task(derivation.derive(8, 9000)))
        await asyncio.sleep(0)
        gate.set()
        assert len(await asyncio.gather(*waiting)) == QUEUE_PER_CUSTOMER + 1

    asyncio.run(use())


def test_the_queue_is_bounded(gate: threading.Event) -> None:
    """With the queue full everyone is refused at once, and served again once it is empty."""

    async def use() -> None:
        derivation = Derivation(SECRET)
        waiting = [asyncio.create_task(derivation.derive(n, 1)) for n in range(QUEUE)]
        await asyncio.sleep(0)
        with pytest.raises(Retry):
            await derivation.derive(QUEUE, 1)
        with pytest.raises(Retry):
            await derivation.hash_of(RefreshToken("a" * 128))
        gate.set()
        await asyncio.gather(*waiting)
        assert await derivation.derive(QUEUE, 1) == f"of {QUEUE}1"
        assert not derivation._queued

    asyncio.run(use())


def test_who_gives_up_leaves_the_queue(gate: threading.Event) -> None:
    """A request that is cancelled while it waits makes room for another."""

    async def use() -> None:
        derivation = Derivation(SECRET)
        waiting = [asyncio.create_task(derivation.derive(n, 1)) for n in range(QUEUE)]
        await asyncio.sleep(0.05)
        waiting[-1].cancel()
        await asyncio.sleep(0)
        waiting[-1] = asyncio.create_task(derivation.derive(QUEUE, 1))
        await asyncio.sleep(0)
        gate.set()
        assert len(await asyncio.gather(*waiting)) == QUEUE

    asyncio.run(use())
