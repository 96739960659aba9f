"""Refreshing: the echo, the rotation, and every refusal with what it leaves behind."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio
import pytest

from reference_auth.core import tokens
from reference_auth.core.config import Secret
from reference_auth.core.errors import (
    BadAccessToken,
    BadRefreshToken,
    Replayed,
    Retry,
    SessionOver,
    StorageError,
)
from reference_auth.core.rows import Row
from reference_auth.core.tokens import Claims, RefreshToken, TokenPair
from reference_auth.flow import rotations as rotations_module
from reference_auth.flow.rotations import Rotations
from reference_auth.store.retry import ANSWER_SECONDS, WRITE_SECONDS
from tests.reference.faulty import Call, answer_lost, cancelled, refused, unreachable
from tests.reference.issued import issue
from tests.reference.shop import CUSTOMER, START, Shop

ACCESS, REFRESH, EXTENDED = 840, 900, 2_592_000


def test_a_live_pair_comes_back_unchanged(shop: Shop) -> None:
    """CORE-05: one second before its expiry the same pair is handed out and nothing is written."""
    pair = shop.log_in()
    before = shop.everything()
    shop.later(ACCESS - 1)
    assert shop.refresh(pair) == pair
    assert shop.everything() == before


def test_an_expired_pair_is_replaced(shop: Shop) -> None:
    """CORE-06, CORE-10, STORE-07: at `exp` exactly the old row goes and one new row stands."""
    pair = shop.log_in()
    (old,) = shop.rows()
    shop.later(ACCESS)
    fresh = shop.refresh(pair)
    assert {fresh.token, fresh.refresh_token}.isdisjoint({pair.token, pair.refresh_token})
    (row,) = shop.rows()
    assert row.rotated_from == old.hash
    assert (row.exp, row.ttl) == (shop.now + ACCESS, shop.now + REFRESH)
    assert shop.tombstones() == []


def test_a_successor_is_a_pair_like_any_other(shop: Shop) -> None:
    """CORE-07: it echoes while it lives and rotates after that, generation after generation."""
    pair = shop.log_in(remember_me=True)
    for _ in range(3):
        shop.later(ACCESS)
        pair = shop.refresh(pair)
        assert shop.refresh(pair) == pair
    assert len(shop.rows()) == 1


@pytest.mark.parametrize("left, promised", [(901, 901), (900, 900), (899, 900), (1, 900), (0, 900)])
def test_the_refresh_expiry_rolls_when_it_is_near(shop: Shop, left: int, promised: int) -> None:
    """CORE-08, CORE-09, CORE-11: with less than 900 s left the next pair has 900 s again."""
    pair = shop.forge(Claims(CUSTOMER, START - 5, START + left))
    fresh = shop.claims(shop.refresh(pair))
    assert fresh.refresh_expiry == START + promised
    assert [row.ttl for row in shop.rows()] == [START + promised]


@pytest.mark.parametrize("customer_id", [23, "23", "münchen-☂", -4])
def test_the_customer_keeps_value_and_type(shop: Shop, customer_id: Any) -> None:
    """CORE-26, WIRE-09: numbers stay numbers and text stays text through a rotation."""
    pair = shop.log_in(customer_id)
    shop.later(ACCESS)
    found = shop.claims(shop.refresh(pair)).customer_id
    assert (found, type(found)) == (customer_id, type(customer_id))


def test_a_request_from_before_the_rotation_is_no_reuse(shop: Shop) -> None:
    """RACE-06: a rival of this process that reads late does not burn; one sent later does."""
    pair = shop.log_in(remember_me=True)
    shop.later(ACCESS)
    committed = threading.Event()

    def commit(call: Call) -> Any:
        answer = call()
        committed.set()
        return answer

    def read_late(call: Call) -> Any:
        assert committed.wait(5)
        return call()

    shop.client.on("transact_write_items", commit)
    shop.client.on("get_item", lambda call: call(), read_late)
    fresh, loser = shop.race(pair)
    assert isinstance(loser, Retry)
    assert shop.refresh(fresh) == fresh
    with pytest.raises(Replayed):
        shop.refresh(pair)
    assert shop.rows() == []


def test_a_late_rotation_writes_nothing(shop: Shop) -> None:
    """FAULT-10: a server that is too busy to answer in time leaves the pair as it is."""

    async def refresh_with(seconds: float) -> TokenPair:
        with anyio.fail_after(seconds):
            return await shop.flow.refresh(pair.token, pair.refresh_token, shop.now)

    pair = shop.log_in()
    before = shop.everything()
    shop.later(ACCESS)
    with pytest.raises(Retry):
        anyio.run(refresh_with, WRITE_SECONDS + ANSWER_SECONDS - 0.5)
    assert shop.everything() == before
    assert anyio.run(refresh_with, WRITE_SECONDS + ANSWER_SECONDS + 0.5) != pair


def test_what_was_rotated_is_not_kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only rotations that a request of now may have raced are known."""

    async def rotate_many() -> int:
        rotations = Rotations()
        for number in range(50):
            with rotations.under_way(str(number)):
                await anyio.sleep(0.001)
        return len(rotations._ended)

    monkeypatch.setattr(rotations_module, "LONGEST_REQUEST", 0.01)
    assert anyio.run(rotate_many) < 20


def test_an_expired_pair_buys_no_derivation(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """HARD-26: its row is found and deleted without one, whatever refresh token comes with it."""
    expired = shop.log_in()
    shop.later(901)

    def derived(*_: Any) -> str:
        raise AssertionError("a key was derived")

    monkeypatch.setattr(tokens, "_stretch", derived)
    for refresh_token in (expired.refresh_token, "0" * 128):
        with pytest.raises(SessionOver):
            shop.refresh(replace(expired, refresh_token=RefreshToken(refresh_token)))
    assert shop.rows() == []


def test_an_expired_refresh_token_ends_only_its_own_session(shop: Shop) -> None:
    """CORE-15, HARD-12: its row goes, a second try is refused too, and nothing burns."""
    pair, other = shop.log_in(), shop.log_in(remember_me=True)
    shop.later(REFRESH + 1)
    for _ in range(2):
        with pytest.raises(SessionOver):
            shop.refresh(pair)
    assert shop.refresh(other)
    assert shop.fence() is None


def test_the_token_itself_says_when_it_is_over(shop: Shop) -> None:
    """CORE-11, CORE-15: a row without a ttl of its own does not keep an expired pair alive."""
    pair = shop.forge(Claims(CUSTOMER, START - 900, START), ttl=None)
    assert shop.refresh(pair)
    pair = shop.forge(Claims(CUSTOMER, START - 901, START - 1), ttl=None)
    with pytest.raises(SessionOver):
        shop.refresh(pair)
    assert [row.hash for row in shop.rows()] != [shop.hash_of(pair)]
    assert len(shop.rows()) == 1


def test_a_row_past_its_ttl_is_not_honoured(shop: Shop) -> None:
    """STORE-08: the row goes though the token promises longer, and trying again burns nothing."""
    pair = shop.forge(Claims(CUSTOMER, START - 5, START + EXTENDED), ttl=START - 1)
    other = shop.log_in()
    for _ in range(2):
        with pytest.raises(SessionOver):
            shop.refresh(pair)
    assert shop.refresh(other) == other
    assert len(shop.rows()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"ttl": {"S": str(START + 60)}},
        {"ttl": {"S": "undefined"}},
        {"ttl": {"S": "1e999999999"}},
        {"ttl": None, "exp": None},
        {"colour": {"S": "blue"}, "rotated_from": None},
    ],
    ids=str,
)
def test_rows_of_older_nodes_rotate(shop: Shop, change: dict[str, Any]) -> None:
    """STORE-06, STORE-10: a String ttl, none at all, and unknown attributes are tolerated."""
    issued = issue(Claims(CUSTOMER, START - 5, START + 60, iat=START), shop.config.secret)
    item = {
        "customer_id": {"S": str(CUSTOMER)},
        "refresh_token_hash": {"S": issued.hash},
        "ttl": {"N": str(START + 60)},
    }
    shop.put({name: value for name, value in (item | change).items() if value is not None})
    assert shop.refresh(issued.pair)
    (row,) = shop.rows()
    assert row.rotated_from == issued.hash


@pytest.mark.parametrize("text", ["", "x", "A" * 128, "a" * 127, "a" * 129, "\ud800", "☂" * 128])
def test_a_malformed_refresh_token_never_reaches_the_table(shop: Shop, text: str) -> None:
    """HARD-09, HARD-24, HARD-25, GQL-06: it is refused before anything is read or derived, beside
    an access token of an ended session too.
    """
    pair = shop.log_in()
    for seconds in (0, REFRESH + 1):
        shop.later(seconds)
        shop.client.forget()
        with pytest.raises(BadRefreshToken):
            shop.refresh(TokenPair(pair.token, RefreshToken(text)))
        assert not shop.client.calls


def test_an_ended_sessions_access_token_deletes_no_other_row(shop: Shop) -> None:
    """HARD-11: nor where a row of the module has no `exp` to find it by."""
    old = shop.log_in()
    shop.lose(old)
    shop.later(REFRESH + 1)
    of_a_module = {"customer_id": {"S": str(CUSTOMER)}, "refresh_token_hash": {"S": "module"}}
    shop.put(of_a_module)
    live = shop.log_in()
    before = shop.everything()
    with pytest.raises(SessionOver):
        shop.refresh(TokenPair(old.token, live.refresh_token))
    assert shop.everything() == before
    assert shop.refresh(live) == live


@pytest.mark.parametrize(
    "change", [str.upper, lambda t: t + " ", lambda t: t[:-1], lambda t: t * 2]
)
def test_a_refresh_token_is_compared_exactly(shop: Shop, change: Callable[[str], str]) -> None:
    """HARD-24: upper case, blanks, a part of it and more than it are not the token."""
    pair = shop.log_in()
    with pytest.raises(BadRefreshToken):
        shop.refresh(replace(pair, refresh_token=RefreshToken(change(pair.refresh_token))))
    assert shop.refresh(pair) == pair


def test_a_mismatched_pair_never_reaches_the_table(shop: Shop) -> None:
    """CORE-16, HARD-10, HARD-11: another session's refresh token ends neither session."""
    phone, laptop = shop.log_in(), shop.log_in()
    shop.later(ACCESS)
    before = shop.everything()
    shop.client.forget()
    with pytest.raises(BadRefreshToken):
        shop.refresh(TokenPair(phone.token, laptop.refresh_token))
    assert not shop.client.calls
    assert shop.everything() == before


def test_a_forged_access_token_never_reaches_the_table(shop: Shop) -> None:
    """HARD-01, HARD-21: another secret's token is refused, and its customer is not burned."""
    pair = shop.log_in()
    forged = issue(shop.claims(pair), Secret("another secret, as long as the real one"))
    shop.client.forget()
    with pytest.raises(BadAccessToken):
        shop.refresh(forged.pair)
    assert not shop.client.calls
    assert shop.refresh(pair) == pair


def test_a_replay_burns_every_session_of_the_customer(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """CORE-12..14, HARD-28: one security event is written, and other customers keep theirs."""
    spent, other = shop.log_in(remember_me=True), shop.log_in(remember_me=True)
    neighbours = [shop.log_in(customer_id) for customer_id in (71, "7x", 8)]
    shop.later(ACCESS)
    successor = shop.refresh(spent)
    with caplog.at_level(logging.INFO), pytest.raises(Replayed):
        shop.refresh(spent)
    assert shop.rows() == []
    for pair in (spent, other, successor):
        with pytest.raises(SessionOver) as refusal:
            shop.refresh(pair)
        assert refusal.type is SessionOver
    assert all(shop.refresh(pair) for pair in neighbours)
    (event,) = [record for record in caplog.records if record.name == "reference_auth.security"]
    assert vars(event)["customer_id"] == str(CUSTOMER)
    assert not any(secret in caplog.text for secret in (spent.token, spent.refresh_token))


def test_a_pair_from_before_the_burn_does_not_burn_again(shop: Shop) -> None:
    """HARD-30: after a new login, the other devices' old pairs are refused and end nothing."""
    spent, sleeping = shop.log_in(remember_me=True), shop.log_in(remember_me=True)
    shop.later(ACCESS)
    shop.refresh(spent)
    with pytest.raises(Replayed):
        shop.refresh(spent)
    shop.later(1)
    fresh = shop.log_in()
    for pair in (sleeping, spent, sleeping):
        with pytest.raises(SessionOver):
            shop.refresh(pair)
    assert shop.refresh(fresh) == fresh


@pytest.mark.parametrize("wait", [0, ACCESS], ids=["live", "expired"])
def test_a_revoked_pair_is_refused_and_burns_nothing(shop: Shop, wait: int) -> None:
    """CORE-24, HARD-13, HARD-14: it is over at once and stays over, and the other device lives."""
    phone, laptop = shop.log_in(), shop.log_in()
    assert shop.revoke(phone)
    shop.later(wait)
    for _ in range(2):
        with pytest.raises(SessionOver):
            shop.refresh(phone)
    assert shop.refresh(laptop)


@pytest.mark.parametrize(
    "access_left, refresh_left, refusal, burned",
    [
        (11, 900, SessionOver, False),
        (10, 900, Retry, False),
        (1, 900, Retry, False),
        (0, 900, Replayed, True),
        (0, 11, Replayed, True),
        (0, 10, SessionOver, False),
        (-50, 0, SessionOver, False),
    ],
)
def test_an_absent_row_means_replay_only_when_that_is_sure(
    shop: Shop, access_left: int, refresh_left: int, refusal: type, burned: bool
) -> None:
    """Ten seconds on either side another server's faster clock may be the reason."""
    claims = Claims(CUSTOMER, START + access_left, START + refresh_left)
    issued = issue(claims, shop.config.secret)
    with pytest.raises(SessionOver if refusal is not Retry else Retry) as refused_with:
        shop.refresh(issued.pair)
    assert refused_with.type is refusal
    assert (shop.fence() is not None) is burned


def test_two_sessions_never_become_one(shop: Shop) -> None:
    """RACE-03: rotations and a login of one second get tokens and rows of their own."""
    pairs = [shop.forge(Claims(CUSTOMER, START - 5 - i, START + 1000)) for i in range(4)]
    fresh = [shop.refresh(pair) for pair in pairs] + [shop.log_in()]
    assert len({pair.refresh_token for pair in fresh}) == 5
    assert sorted(row.exp or 0 for row in shop.rows()) == [
        START + ACCESS - i for i in range(4, -1, -1)
    ]
    assert all(shop.refresh(pair) == pair for pair in fresh)


def test_the_shift_ends_after_ten_seconds(shop: Shop) -> None:
    """The twelfth session of one second is asked to try again, and its old pair stays good."""
    for _ in range(11):
        shop.log_in()
    with pytest.raises(Retry):
        shop.log_in()
    pair = shop.forge(Claims(CUSTOMER, START - 5, START + 1000))
    with pytest.raises(Retry):
        shop.refresh(pair)
    shop.later(1)
    assert shop.refresh(pair)


def test_a_rotation_never_takes_an_ended_pairs_key(shop: Shop) -> None:
    """HARD-31: where a tombstone stands the successor's `exp` is a second earlier."""
    revoked = shop.log_in()
    shop.revoke(revoked)
    fresh = shop.refresh(shop.forge(Claims(CUSTOMER, START - 5, START + 1000)))
    assert shop.claims(fresh).exp == START + ACCESS - 1


def test_parallel_refreshes_leave_one_successor(shop: Shop) -> None:
    """RACE-04, RACE-05: twins of one second all get the one pair, and one row stands."""
    pair = shop.log_in()
    shop.later(ACCESS)
    works = [shop.flow.refresh(pair.token, pair.refresh_token, shop.now) for _ in range(8)]
    answers = shop.at_once(works)
    won = {answer for answer in answers if isinstance(answer, TokenPair)}
    lost = [answer for answer in answers if not isinstance(answer, TokenPair)]
    # One that reads only after the rotation is a replay and burns, so there may be no row left.
    assert len(shop.rows()) <= 1
    assert len(won) == 1
    assert all(isinstance(answer, SessionOver | Retry) for answer in lost)


def test_losing_the_row_after_reading_it_is_no_replay(shop: Shop) -> None:
    """RACE-06, RACE-07: the loser of another second is asked to try again, and nothing burns."""
    pair = shop.log_in()
    shop.later(ACCESS)
    late = shop.flow.refresh(pair.token, pair.refresh_token, shop.now + 1)
    winner: list[TokenPair] = []

    def overtaken(call: Callable[[], Any]) -> Any:
        with shop.sibling() as other:
            winner.append(other.refresh(pair))
        return call()

    shop.client.on("transact_write_items", overtaken)
    with pytest.raises(Retry):
        shop.run(late)
    assert shop.refresh(winner[0]) == winner[0]
    assert shop.fence() is None


def test_the_loser_never_gets_another_sessions_pair(shop: Shop) -> None:
    """RACE-03, RACE-07: a row at the new key settles the race only if it descends from the old."""
    pair = shop.log_in()
    shop.later(ACCESS)
    late = shop.flow.refresh(pair.token, pair.refresh_token, shop.now)

    def overtaken(call: Callable[[], Any]) -> Any:
        with shop.sibling() as other:
            other.log_in()  # takes the key that the loser is about to write
            other.later(1)
            other.refresh(pair)
        return call()

    shop.client.on("transact_write_items", overtaken)
    with pytest.raises(Retry):
        shop.run(late)
    assert len(shop.rows()) == 2


def test_a_twins_pair_promises_what_its_row_says(shop: Shop) -> None:
    """STORE-04, FAULT-08: a twin wrote the same key a second later, and promised a second more."""
    pair = shop.log_in()
    (old,) = shop.rows()
    shop.later(ACCESS)

    def overtaken(call: Callable[[], Any]) -> Any:
        claims = Claims(CUSTOMER, shop.now + ACCESS, shop.now + REFRESH + 1)
        shop.forge(claims, rotated_from=old.hash)
        shop.lose(pair)
        return call()

    shop.client.on("transact_write_items", overtaken)
    fresh = shop.refresh(pair)
    (row,) = shop.rows()
    assert shop.claims(fresh).refresh_expiry == row.ttl == shop.now + REFRESH + 1
    assert shop.refresh(fresh) == fresh


def test_a_lost_answer_of_the_rotation_is_settled_by_reading(shop: Shop) -> None:
    """FAULT-08: the caller gets the committed pair, and it is good."""
    pair = shop.log_in()
    shop.later(ACCESS)
    shop.client.on("transact_write_items", answer_lost)
    fresh = shop.refresh(pair)
    assert shop.refresh(fresh) == fresh
    assert len(shop.rows()) == 1


def test_a_retried_transaction_is_no_replay(shop: Shop) -> None:
    """FAULT-08: where the engine does a committed transaction again, the pair is handed out."""
    pair = shop.log_in()
    shop.later(ACCESS)

    def sent_twice(call: Callable[[], Any]) -> Any:
        call()
        shop.client.sent[-1][1]["ClientRequestToken"] = "another"
        return call()

    shop.client.on("transact_write_items", sent_twice)
    fresh = shop.refresh(pair)
    assert shop.refresh(fresh) == fresh
    assert shop.fence() is None


@pytest.mark.parametrize("operation", ["get_item", "transact_write_items"])
@pytest.mark.parametrize(
    "fault", [refused("InternalServerError", 500), refused("AccessDenied"), unreachable]
)
def test_a_storage_failure_changes_nothing(shop: Shop, operation: str, fault: Any) -> None:
    """FAULT-02..06: the refusal says try again, no pair is issued, and the old one works after."""
    pair = shop.log_in()
    shop.later(ACCESS)
    before = shop.everything()
    shop.client.on(operation, fault)
    with pytest.raises(StorageError) as trouble:
        shop.refresh(pair)
    assert trouble.value.category == "graphql-server-internal-error"
    assert "secret db detail" not in str(trouble.value)
    assert shop.everything() == before
    assert shop.refresh(pair)


@pytest.mark.parametrize(
    "fault",
    [
        cancelled("TransactionConflict", "None", "None", "None"),
        cancelled("None", "ThrottlingError", "None", "None"),
        cancelled("None", "None", "ProvisionedThroughputExceeded", "None"),
        refused("TransactionInProgressException"),
        refused("ThrottlingException"),
    ],
)
def test_a_conflict_is_tried_again(shop: Shop, fault: Any) -> None:
    """FAULT-09: reasons are read one by one, and one that is no condition is no replay."""
    pair = shop.log_in()
    shop.later(ACCESS)
    shop.client.on("transact_write_items", fault, fault)
    assert shop.refresh(pair)
    assert len(shop.rows()) == 1


def test_a_stale_read_yields_no_pair(shop: Shop) -> None:
    """FAULT-11: the read asks for consistency, and a row that is gone cannot be rotated."""
    pair = shop.log_in()
    (row,) = shop.rows()
    stale = shop.client.client.get_item(TableName=shop.config.table, Key=_key(row))
    shop.revoke(pair)
    shop.later(ACCESS)
    shop.client.forget()
    shop.client.on("get_item", lambda call: stale)
    with pytest.raises(SessionOver):
        shop.refresh(pair)
    assert shop.rows() == []
    assert all(sent["ConsistentRead"] for name, sent in shop.client.sent if name == "get_item")


def test_a_rotation_in_flight_does_not_outlive_a_burn(shop: Shop) -> None:
    """RACE-12: a fence over the old pair stands in the way of its successor's row."""
    spent, slow = shop.log_in(remember_me=True), shop.log_in(remember_me=True)
    shop.later(ACCESS)
    shop.refresh(spent)

    def burned_meanwhile(call: Callable[[], Any]) -> Any:
        with shop.sibling() as other, pytest.raises(Replayed):
            other.refresh(spent)
        shop.put(_item(slow_row))  # even if its row came back
        return call()

    (slow_row,) = [row for row in shop.rows() if row.rotated_from is None]
    shop.client.on("transact_write_items", burned_meanwhile)
    with pytest.raises(SessionOver):
        shop.refresh(slow)
    shop.later(1)
    with pytest.raises(SessionOver):
        shop.refresh(slow)


def _key(row: Row) -> Any:
    return {
        "customer_id": {"S": row.customer_id},
        "refresh_token_hash": {"S": row.hash},
    }


def _item(row: Row) -> Any:
    return {**_key(row), "ttl": {"N": str(row.ttl)}, "exp": {"N": str(row.exp)}}


def test_an_engine_that_tells_little_is_asked(shop: Shop) -> None:
    """FAULT-08: without the old items in the reasons, the committed pair is found by reading."""
    pair = shop.log_in()
    shop.later(ACCESS)

    def told_little(call: Callable[[], Any]) -> Any:
        call()
        return cancelled("ConditionalCheckFailed", "ConditionalCheckFailed")(call)

    shop.client.on("transact_write_items", told_little)
    fresh = shop.refresh(pair)
    assert shop.refresh(fresh) == fresh


def test_a_fence_that_is_not_told_is_read(shop: Shop) -> None:
    """RACE-12: a cancelled check without its item refuses, and sweeps nothing by itself."""
    pair = shop.log_in()
    of_a_module = {"customer_id": {"S": str(CUSTOMER)}, "refresh_token_hash": {"S": "module"}}
    shop.put(of_a_module)
    shop.later(ACCESS)
    shop.client.on(
        "transact_write_items", cancelled("None", "None", "None", "ConditionalCheckFailed")
    )
    with pytest.raises(SessionOver):
        shop.refresh(pair)
    assert shop.fence() is None
    assert len(shop.rows()) == 2
