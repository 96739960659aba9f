"""Logging in: what is written, who is refused, and what stands in the way of a key."""

from __future__ import annotations

import asyncio
import gc
import math
import time
from dataclasses import replace
from typing import Any

import pytest

from reference_auth.core.errors import (
    NoCustomerId,
    Replayed,
    Retry,
    SessionOver,
    StorageError,
    WrongCredentials,
)
from reference_auth.core.rows import Fence
from reference_auth.flow import flow as flow_module
from reference_auth.store import items
from tests.reference.faulty import answer_lost, cancelled, refused, unreachable
from tests.reference.shop import CUSTOMER, START, Shop


@pytest.mark.parametrize("remember_me, lasts", [(False, 900), (True, 2_592_000)])
def test_a_login_writes_one_row(shop: Shop, remember_me: bool, lasts: int) -> None:
    """CORE-01..04, STORE-01, STORE-02, STORE-04, STORE-05: keyed by the hash, with a Number ttl."""
    pair = shop.log_in(remember_me=remember_me)
    claims = shop.claims(pair)
    assert (claims.exp, claims.refresh_expiry) == (START + 840, START + lasts)
    assert shop.everything() == [
        repr(
            {
                "customer_id": {"S": "7"},
                "refresh_token_hash": {"S": shop.hash_of(pair)},
                "ttl": {"N": str(START + lasts)},
                "exp": {"N": str(START + 840)},
            }
        )
    ]


def test_refused_credentials_leave_no_trace(shop: Shop) -> None:
    """CORE-02: the table is not even asked."""
    with pytest.raises(WrongCredentials) as refusal:
        shop.run(shop.flow.log_in("a@b.c", "wrong", False, lambda: shop.now))
    assert refusal.value.category == "graphql-authentication"
    assert not shop.client.calls


@pytest.mark.parametrize("email, password", [("\ud800", "right"), ("a@b.c", "\udfff right")])
def test_what_is_no_text_is_no_credential(shop: Shop, email: str, password: str) -> None:
    """GQL-06: a lone surrogate never reaches a platform that would have to encode it."""
    with pytest.raises(WrongCredentials):
        shop.run(shop.flow.log_in(email, password, False, lambda: shop.now))
    assert not shop.client.calls


@pytest.mark.parametrize(
    "customer_id", [None, "", "null", "undefined", True, math.nan, {"id": 7}, "ended#7", 7.0]
)
def test_a_platform_that_names_nobody_logs_nobody_in(shop: Shop, customer_id: Any) -> None:
    """HARD-18, STORE-11: nothing is issued and nothing is written, under any key."""
    with pytest.raises(NoCustomerId):
        shop.log_in(customer_id)
    assert not shop.client.calls


def test_logins_of_one_second_stay_apart(shop: Shop) -> None:
    """RACE-01, RACE-02: parallel logins get tokens and rows of their own, shifted by a second."""
    works = [
        shop.flow.log_in("a@b.c", "right", remember_me, lambda: shop.now)
        for remember_me in (False, True) * 3
    ]
    pairs: list[Any] = shop.at_once(works)
    assert len({pair.refresh_token for pair in pairs}) == 6
    assert sorted(row.exp or 0 for row in shop.rows()) == [START + 835 + n for n in range(6)]
    assert (
        sorted(row.ttl or 0 for row in shop.rows()) == [START + 900] * 3 + [START + 2_592_000] * 3
    )


def test_the_twelfth_login_of_a_second_waits_for_the_next(shop: Shop) -> None:
    """RACE-01: eleven pairs of one customer fit into a second; nobody is refused for it."""
    for _ in range(11):
        shop.log_in()
    began = time.monotonic()
    clock = lambda: shop.now + (time.monotonic() - began > 0.1)  # noqa: E731
    pair = shop.run(shop.flow.log_in("a@b.c", "right", False, clock))
    assert shop.claims(pair).iat == shop.now + 1
    assert len(shop.rows()) == 12


def test_an_ended_pair_is_not_issued_again(shop: Shop) -> None:
    """HARD-31: a login in the second of a revoked one gets another pair."""
    first = shop.log_in()
    shop.revoke(first)
    second = shop.log_in()
    assert second.refresh_token != first.refresh_token
    with pytest.raises(SessionOver):
        shop.refresh(first)
    assert shop.refresh(second) == second


def burned(shop: Shop) -> None:
    spent = shop.log_in()
    shop.later(840)
    shop.refresh(spent)
    with pytest.raises(Replayed):
        shop.refresh(spent)


def test_a_login_in_a_burns_own_second_waits_for_the_next(shop: Shop) -> None:
    """HARD-31: it begins a second later, and what was burned stays burned."""
    burned(shop)
    shop.client.forget()
    began = time.monotonic()
    clock = lambda: shop.now + (time.monotonic() - began > 0.1)  # noqa: E731
    pair = shop.run(shop.flow.log_in("a@b.c", "right", False, clock))
    assert shop.claims(pair).iat == shop.now + 1
    assert shop.client.calls == {"transact_write_items": 2}
    shop.later(1)
    assert shop.refresh(pair) == pair


def test_a_login_does_not_wait_for_ever(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """HARD-31: on a standing clock it asks to be tried again, and leaves no row."""
    burned(shop)
    monkeypatch.setattr(flow_module, "LONGEST_SECOND", 0.1)
    with pytest.raises(Retry):
        shop.log_in()
    assert shop.rows() == []
    shop.later(1)
    assert shop.log_in()


def test_a_login_that_meets_an_unfinished_burn_finishes_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever meets a fence that is not done sweeps first."""
    shop.log_in()
    fence = Fence(START + 840, START + 2_592_000)
    shop.put(items.fence_item(str(CUSTOMER), fence))
    monkeypatch.setattr(flow_module, "LONGEST_SECOND", 0.1)
    with pytest.raises(Retry):
        shop.log_in()
    assert shop.rows() == []
    assert shop.fence() == Fence(fence.before, fence.ttl, done=True)


def test_what_a_late_platform_says_at_its_end_is_not_logged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """HARD-28: asyncio would log the error, words and all, of a task that nobody waits for."""

    async def hang(email: str, password: str) -> Any:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ConnectionError(f"cancelled: {email} {password}") from None

    monkeypatch.setattr(shop.platform, "login", hang)
    shop.flow.config = replace(shop.config, login_seconds=1)
    with pytest.raises(Retry):
        shop.log_in()
    shop.run(asyncio.sleep(0))
    gc.collect()
    assert not [record for record in caplog.records if record.name == "asyncio"]


@pytest.mark.parametrize(
    "fault",
    [refused("InternalServerError", 500), refused("AccessDenied"), unreachable, answer_lost],
)
def test_a_login_whose_write_fails_issues_nothing(shop: Shop, fault: Any) -> None:
    """FAULT-01: no tokens come without the table's word that they are kept."""
    shop.client.on("transact_write_items", fault)
    with pytest.raises(StorageError):
        shop.log_in()
    assert shop.log_in()


def test_a_login_waits_out_a_conflict(shop: Shop) -> None:
    """FAULT-09: conflicts and throttling are tried again, with one request token for all tries."""
    busy = [cancelled("TransactionConflict", "None", "None"), refused("ThrottlingException")]
    shop.client.on("transact_write_items", *busy)
    assert shop.log_in()
    assert len(shop.rows()) == 1
    assert len({sent["ClientRequestToken"] for _, sent in shop.client.sent}) == 1
