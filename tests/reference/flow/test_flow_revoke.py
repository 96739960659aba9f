"""Revoking: when it says true, and that true is the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reference_auth.core.config import Secret
from reference_auth.core.errors import (
    BadAccessToken,
    NoSuchSession,
    PairMismatch,
    Retry,
    SessionOver,
    StorageError,
)
from reference_auth.core.rows import REVOKED, Fence
from reference_auth.core.tokens import Claims, RefreshToken, TokenPair
from reference_auth.store import items
from tests.reference.faulty import Call, answer_lost, cancelled, refused, unreachable
from tests.reference.issued import issue
from tests.reference.shop import CUSTOMER, START, Shop


@pytest.mark.parametrize(
    "wait", [0, 840, 901, 10_000], ids=["live", "expired", "over", "long over"]
)
def test_a_revoked_session_has_ended(shop: Shop, wait: int) -> None:
    """CORE-20, CORE-21, CORE-25, HARD-16: true twice, and only that row goes."""
    pair, other = shop.log_in(), shop.log_in(remember_me=True)
    shop.later(wait)
    assert shop.revoke(pair) is True
    assert [row.hash for row in shop.rows()] == [shop.hash_of(other)]
    assert shop.revoke(pair) is True
    with pytest.raises(SessionOver):
        shop.refresh(pair)
    assert shop.refresh(other)


def test_the_tombstone_lasts_as_long_as_the_pair_could(shop: Shop) -> None:
    """HARD-31: until `refresh_expiry`, and there is none when that has passed."""
    pair = shop.log_in()
    shop.revoke(pair)
    (tombstone,) = shop.tombstones()
    assert (tombstone.reason, tombstone.ttl) == (REVOKED, START + 900)
    late = shop.log_in("late")
    shop.later(901)
    assert shop.revoke(late)
    assert shop.tombstones("late") == []


@pytest.mark.parametrize("text", ["", "x", "A" * 128, "a" * 128, "\ud800"])
def test_a_mismatched_pair_is_an_input_error(shop: Shop, text: str) -> None:
    """CORE-22: the table is not asked, and the session lives."""
    pair = shop.log_in()
    shop.client.forget()
    with pytest.raises(PairMismatch) as refusal:
        shop.revoke(TokenPair(pair.token, RefreshToken(text)))
    assert refusal.value.category == "graphql-input"
    assert not shop.client.calls
    assert shop.refresh(pair) == pair


def test_a_forged_token_revokes_nothing(shop: Shop) -> None:
    """HARD-17: another key's signature is refused before the table is asked."""
    pair = shop.log_in()
    forged = issue(shop.claims(pair), Secret("another secret, as long as the real one"))
    shop.client.forget()
    with pytest.raises(BadAccessToken):
        shop.revoke(replace(forged.pair, refresh_token=pair.refresh_token))
    assert not shop.client.calls
    assert shop.refresh(pair) == pair


def test_a_genuine_pair_without_a_session_is_no_such_entity(shop: Shop) -> None:
    """No row, no tombstone, no fence and no successor: there was nothing to end."""
    never = issue(Claims(CUSTOMER, START + 9, START + 900), shop.config.secret)
    shop.log_in()
    with pytest.raises(NoSuchSession) as refusal:
        shop.revoke(never.pair)
    assert refusal.value.category == "graphql-no-such-entity"
    assert len(shop.rows()) == 1


def test_a_burned_pair_is_already_revoked(shop: Shop) -> None:
    """HARD-16: a fence over the pair says enough, and an unfinished burn is finished."""
    pair, other = shop.log_in(), shop.log_in()
    shop.lose(pair)
    shop.put(items.fence_item(str(CUSTOMER), Fence(START + 840, START + 2_592_000)))
    assert shop.revoke(pair) is True
    assert shop.rows() == []
    fence = shop.fence()
    assert fence is not None
    assert fence.done
    with pytest.raises(SessionOver):
        shop.refresh(other)


def test_two_revokes_of_a_rotated_pair_both_say_true(shop: Shop) -> None:
    """HARD-16: the other's comes between the look at what is kept and the look for a successor."""
    spent = shop.log_in(remember_me=True)
    shop.later(840)
    shop.refresh(spent)

    def after_the_other(call: Call) -> Any:
        with shop.sibling() as other:
            assert other.revoke(spent) is True
        return call()

    shop.client.on("query", after_the_other)
    assert shop.revoke(spent) is True
    assert shop.rows() == []


def test_revoking_a_rotated_pair_ends_its_successor(shop: Shop) -> None:
    """RACE-11: the session that the customer means is the one that lives, and both stay ended."""
    pair, other = shop.log_in(remember_me=True), shop.log_in(remember_me=True)
    shop.later(840)
    fresh = shop.refresh(pair)
    assert shop.revoke(pair) is True
    assert [row.hash for row in shop.rows()] == [shop.hash_of(other)]
    for ended in (pair, fresh):
        assert shop.revoke(ended) is True
        with pytest.raises(SessionOver):
            shop.refresh(ended)
    assert shop.refresh(other)


@pytest.mark.parametrize("generations", [2, 3, 7])
def test_any_pair_of_a_session_ends_it(shop: Shop, generations: int) -> None:
    """HARD-16: a thief who rotates on does not outlive the customer's logout; other devices do."""
    pair, phone = shop.log_in(remember_me=True), shop.log_in(remember_me=True)
    newest = pair
    for _ in range(generations):
        shop.later(840)
        newest = shop.refresh(newest)
    assert shop.revoke(pair) is True
    assert [row.hash for row in shop.rows()] == [shop.hash_of(phone)]
    assert shop.revoke(pair) is True
    with pytest.raises(SessionOver):
        shop.refresh(newest)
    assert shop.refresh(phone)


def test_a_pair_past_its_own_end_ends_what_its_session_has_become(shop: Shop) -> None:
    """HARD-16: true means that the session is over, not that the presented pair is."""
    pair, phone = shop.log_in(), shop.log_in(remember_me=True)
    shop.later(845)
    second = shop.refresh(pair)
    shop.later(845)
    third = shop.refresh(second)
    assert shop.revoke(pair) is True
    with pytest.raises(SessionOver):
        shop.refresh(third)
    assert [row.hash for row in shop.rows()] == [shop.hash_of(phone)]


def test_a_session_that_nothing_is_left_of_is_over(shop: Shop) -> None:
    """HARD-16: past its end a pair without a row says true; before it, no such session."""
    pair = shop.log_in()
    shop.lose(pair)
    with pytest.raises(NoSuchSession):
        shop.revoke(pair)
    shop.later(901)
    assert shop.revoke(pair) is True


def test_a_row_of_a_server_that_names_no_session_is_found_by_its_predecessor(shop: Shop) -> None:
    """RACE-11: during a rolling update the direct successor ends, as before."""
    pair = shop.log_in(remember_me=True)
    shop.later(840)
    shop.refresh(pair)
    (row,) = shop.rows()
    shop.put(items.row_item(replace(row, session=None)))
    assert shop.revoke(pair) is True
    assert shop.rows() == []


def overtake(shop: Shop) -> Callable[[Callable[[], Any]], Any]:
    """Before the call, the session is rotated on, so that its row is a new one."""

    def fault(call: Callable[[], Any]) -> Any:
        (row,) = shop.rows()
        issued = issue(Claims(CUSTOMER, (row.exp or 0) + 1, START + 900), shop.config.secret)
        shop.client.client.delete_item(
            TableName=shop.config.table, Key=items.key(row.customer_id, row.hash)
        )
        session, exp = row.session or row.exp, (row.exp or 0) + 1
        fresh = replace(row, hash=issued.hash, exp=exp, rotated_from=row.hash, session=session)
        shop.put(items.row_item(fresh))
        return call()

    return fault


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_revocation_follows_a_session_that_rotates_away(shop: Shop, times: int) -> None:
    """RACE-11: losing to a rotation, it looks again, and true means that no row is left."""
    pair = shop.log_in()
    shop.client.on("transact_write_items", *[overtake(shop)] * times)
    assert shop.revoke(pair) is True
    assert shop.rows() == []


def test_a_revocation_that_keeps_losing_asks_to_be_tried_again(shop: Shop) -> None:
    """RACE-11: it never says true while a row is left."""
    pair = shop.log_in()
    shop.client.on("transact_write_items", *[overtake(shop)] * 4)
    with pytest.raises(Retry):
        shop.revoke(pair)
    assert len(shop.rows()) == 1


@pytest.mark.parametrize(
    "fault", [refused("InternalServerError", 500), refused("AccessDenied"), unreachable]
)
def test_trouble_is_never_true(shop: Shop, fault: Any) -> None:
    """FAULT-12: the session lives, and ends when the table is back."""
    pair = shop.log_in()
    shop.client.on("transact_write_items", fault)
    with pytest.raises(StorageError):
        shop.revoke(pair)
    assert len(shop.rows()) == 1
    assert shop.revoke(pair) is True


def test_a_lost_answer_is_not_true_but_the_second_try_is(shop: Shop) -> None:
    """FAULT-12, HARD-16: the tombstone tells the second try that the first one worked."""
    pair = shop.log_in()
    shop.client.on("transact_write_items", answer_lost)
    with pytest.raises(StorageError):
        shop.revoke(pair)
    assert shop.revoke(pair) is True


def test_a_conflict_is_tried_again(shop: Shop) -> None:
    """FAULT-09: a conflict is no missing row."""
    pair = shop.log_in()
    shop.client.on("transact_write_items", cancelled("TransactionConflict", "None"))
    assert shop.revoke(pair) is True
    assert shop.rows() == []


def test_a_row_of_a_module_is_revoked(shop: Shop) -> None:
    """STORE-06: a String ttl and a missing `exp` do not keep a session alive."""
    issued = issue(Claims("m", START - 1, START + 60), shop.config.secret)
    key = {"customer_id": {"S": "m"}, "refresh_token_hash": {"S": issued.hash}}
    shop.put({**key, "ttl": {"S": str(START + 60)}})
    assert shop.revoke(issued.pair) is True
    assert shop.rows("m") == []
