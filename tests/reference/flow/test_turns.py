"""Turns: of many refreshes at once so many are worked on, and the others wait in order."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import pytest

from reference_auth.core.errors import Retry, StorageError
from reference_auth.core.judge import Presented
from reference_auth.flow import flow
from reference_auth.flow.flow import AT_ONCE
from reference_auth.store.retry import ANSWER_SECONDS
from tests.reference.faulty import Call
from tests.reference.shop import Shop

ACCESS = 840


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> Shop:
    """A shop that works on one request at a time."""
    monkeypatch.setattr(flow, "AT_ONCE", 1)
    shop.flow = flow.Flow(shop.config, shop.sessions, shop.platform)
    return shop


def test_so_many_are_worked_on_at_once(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    """HARD-25: however many come, each step of one waits for a step of so many others at most."""
    pair = shop.log_in()
    inside, most = 0, 0
    state = Presented.state

    async def count(presented: Any) -> Any:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            await anyio.sleep(0.001)
            return await state(presented)
        finally:
            inside -= 1

    monkeypatch.setattr(Presented, "state", count)
    ask = [shop.flow.refresh(pair.token, pair.refresh_token, shop.now) for _ in range(100)]
    assert shop.at_once(ask) == [pair] * 100
    assert most == AT_ONCE


def test_who_waited_for_a_turn_is_no_replay(one_by_one: Shop) -> None:
    """RACE-06: a refresh was received before its turn came, and a rival spent its pair."""
    shop = one_by_one
    pair = shop.log_in(remember_me=True)
    shop.later(ACCESS)
    fresh, loser = shop.race(pair)
    assert isinstance(loser, Retry)
    assert shop.refresh(fresh) == fresh


def test_a_turn_that_does_not_come_is_answered_in_time(one_by_one: Shop) -> None:
    """FAULT-10: who waits is told to try again, and the next one has its turn."""
    shop = one_by_one
    pair = shop.log_in()
    hangs = threading.Event()

    def wait(call: Call) -> Any:
        hangs.wait(5)
        return call()

    async def refresh_while_one_hangs() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(shop.flow.refresh, pair.token, pair.refresh_token, shop.now)
            await anyio.sleep(0.05)
            with pytest.raises(StorageError), anyio.fail_after(ANSWER_SECONDS + 0.2):
                await shop.flow.revoke(pair.token, pair.refresh_token, shop.now)
            hangs.set()

    shop.client.on("get_item", wait)
    anyio.run(refresh_while_one_hangs)
    assert shop.refresh(pair) == pair
