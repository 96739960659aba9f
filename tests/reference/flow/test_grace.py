"""Grace: what an old pair leads to, for how long, and when no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reference_auth.core.config import Lifetimes
from reference_auth.core.errors import Replayed, SessionOver, StorageError
from reference_auth.core.rows import ROTATED
from reference_auth.core.tokens import Claims, TokenPair
from tests.reference.faulty import unreachable
from tests.reference.shop import CUSTOMER, START, Shop

GRACE = 30


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    return open_shop(grace_seconds=GRACE, max_session_seconds=86_400)


def rotated(shop: Shop, remember_me: bool = True) -> tuple[TokenPair, TokenPair]:
    old = shop.log_in(remember_me=remember_me)
    shop.later(840)
    return old, shop.refresh(old)


def test_an_old_pair_leads_to_the_identical_successor(shop: Shop) -> None:
    """RACE-08, RACE-10: to the last second of the window, as often as asked, writing nothing."""
    old, fresh = rotated(shop)
    before = shop.everything()
    for wait in (0, 1, GRACE - 1):
        shop.later(wait)
        assert shop.refresh(old) == fresh
    assert shop.everything() == before


def test_what_is_kept_holds_no_token(shop: Shop) -> None:
    """STORE-03: times and hashes are enough to rebuild the pair."""
    old, fresh = rotated(shop)
    (tombstone,) = shop.tombstones()
    assert (tombstone.reason, tombstone.until) == (ROTATED, shop.now + GRACE)
    assert tombstone.successor == shop.claims(fresh)
    kept = "".join(shop.everything())
    assert not any(
        token in kept for pair in (old, fresh) for token in (pair.token, pair.refresh_token)
    )


def test_after_the_window_it_is_a_replay(shop: Shop) -> None:
    """RACE-09: a second later everything burns."""
    old, fresh = rotated(shop)
    shop.later(GRACE + 1)
    with pytest.raises(Replayed):
        shop.refresh(old)
    with pytest.raises(SessionOver):
        shop.refresh(fresh)


def test_only_the_immediate_predecessor_is_led_on(open_shop: Callable[..., Shop]) -> None:
    """RACE-09: within its window too, a pair whose successor was rotated on is a replay."""
    shop = open_shop(grace_seconds=60, lifetimes=Lifetimes(15, 60, 600))
    first = shop.log_in(remember_me=True)
    shop.later(15)
    second = shop.refresh(first)
    shop.later(15)
    third = shop.refresh(second)
    assert shop.refresh(second) == third
    with pytest.raises(Replayed):
        shop.refresh(first)
    assert shop.rows() == []


def test_an_ancestor_near_its_own_end_burns_too(open_shop: Callable[..., Shop]) -> None:
    """RACE-09: the tombstone says that it was rotated, so no other server's clock is the reason."""
    shop = open_shop(grace_seconds=60, lifetimes=Lifetimes(15, 40, 600))
    first = shop.log_in()
    shop.later(15)
    second = shop.refresh(first)
    shop.later(15)
    shop.refresh(second)
    assert shop.claims(first).refresh_expiry - shop.now == 10
    with pytest.raises(Replayed):
        shop.refresh(first)
    assert shop.rows() == []


@pytest.mark.parametrize("which", [0, 1], ids=["predecessor", "successor"])
def test_revoking_ends_grace(shop: Shop, which: int) -> None:
    """RACE-10: no pair leads to a revoked one, and refusing it burns nothing."""
    pairs, other = rotated(shop), shop.log_in()
    assert shop.revoke(pairs[which]) is True
    for pair in pairs:
        with pytest.raises(SessionOver):
            shop.refresh(pair)
    assert shop.fence() is None
    assert shop.refresh(other) == other


def test_a_burn_ends_grace(shop: Shop) -> None:
    """RACE-10: the fence covers predecessor and successor alike."""
    spent = shop.log_in(remember_me=True)
    shop.later(840)
    shop.refresh(spent)
    shop.later(GRACE + 1)
    old, fresh = rotated_now(shop)
    with pytest.raises(Replayed):
        shop.refresh(spent)
    for pair in (old, fresh):
        with pytest.raises(SessionOver) as refusal:
            shop.refresh(pair)
        assert refusal.type is SessionOver


def rotated_now(shop: Shop) -> tuple[TokenPair, TokenPair]:
    old = shop.forge(Claims(CUSTOMER, shop.now - 1, shop.now + 2_000_000))
    return old, shop.refresh(old)


def short_successor(open_shop: Callable[..., Shop]) -> tuple[Shop, TokenPair, TokenPair]:
    """A session that meets the absolute end at its rotation: the successor has 16 s, grace 60."""
    shop = open_shop(grace_seconds=60, max_session_seconds=16, lifetimes=Lifetimes(15, 60, 600))
    old = shop.forge(Claims(CUSTOMER, START - 1, START + 600))
    return shop, old, shop.refresh(old)


def test_a_successor_that_has_expired_leads_nowhere(open_shop: Callable[..., Shop]) -> None:
    """RACE-10: a grace hit does not lengthen anything, and the end of the session burns nothing."""
    shop, old, fresh = short_successor(open_shop)
    shop.later(16)
    assert shop.refresh(old) == fresh
    shop.later(1)
    for _ in range(2):
        with pytest.raises(SessionOver):
            shop.refresh(old)
    assert shop.fence() is None


@pytest.mark.parametrize("wait, burned", [(5, True), (6, False), (16, False), (17, False)])
def test_a_successor_that_may_have_expired_is_no_replay(
    open_shop: Callable[..., Shop], wait: int, burned: bool
) -> None:
    """HARD-12: when its row is gone near its end, a faster server may have removed it."""
    shop, old, fresh = short_successor(open_shop)
    shop.lose(fresh)
    shop.later(wait)
    with pytest.raises(SessionOver):
        shop.refresh(old)
    assert (shop.fence() is not None) is burned


def test_a_server_without_grace_follows_nobodys_tombstone(open_shop: Callable[..., Shop]) -> None:
    """The feature is a server's own: where it is off, the old pair is a replay."""
    old, _ = rotated(open_shop(grace_seconds=GRACE))
    plain = open_shop()
    plain.later(840)
    with pytest.raises(Replayed):
        plain.refresh(old)


def test_all_parallel_callers_get_the_one_pair(shop: Shop) -> None:
    """RACE-05: with grace, nobody who refreshed in time is turned away."""
    old = shop.log_in()
    shop.later(840)
    works = [shop.flow.refresh(old.token, old.refresh_token, shop.now + n % 2) for n in range(8)]
    answers = shop.at_once(works)
    assert len(set(answers)) == 1
    assert isinstance(answers[0], TokenPair)
    assert len(shop.rows()) == 1


def test_the_loser_of_a_race_gets_the_winners_pair(shop: Shop) -> None:
    """RACE-07: it had read its row alive, and lost it to a server on the next second."""
    old = shop.log_in()
    shop.later(840)
    winner: list[TokenPair] = []

    def overtaken(call: Callable[[], Any]) -> Any:
        with shop.sibling() as other:
            other.later(1)
            winner.append(other.refresh(old))
        return call()

    shop.client.on("transact_write_items", overtaken)
    assert shop.refresh(old) == winner[0]
    assert len(shop.rows()) == 1


def test_a_server_without_grace_leaves_no_tombstone(open_shop: Callable[..., Shop]) -> None:
    """The feature is off by default, and then a rotation keeps nothing of the old pair."""
    shop = open_shop()
    old, _ = rotated(shop)
    assert shop.tombstones() == []
    with pytest.raises(Replayed):
        shop.refresh(old)


def test_trouble_while_looking_for_the_successor_burns_nothing(shop: Shop) -> None:
    """FAULT-06: grace that cannot be judged is trouble, not replay."""
    old, fresh = rotated(shop)
    for call in range(4):
        shop.client.on("get_item", *[lambda ask: ask()] * call, unreachable)
        with pytest.raises(StorageError):
            shop.refresh(old)
    assert shop.refresh(old) == fresh
    assert shop.fence() is None
