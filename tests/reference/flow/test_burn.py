"""Burning: which rows go, which stay, and that it is finished by whoever comes next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reference_auth.core.config import Lifetimes
from reference_auth.core.errors import Replayed, SessionOver, StorageError
from reference_auth.core.rows import Fence, Row
from reference_auth.core.tokens import Claims, RefreshTokenHash, TokenPair
from reference_auth.store import items, retry
from tests.reference.faulty import answer_lost, refused, unreachable
from tests.reference.issued import issue
from tests.reference.shop import CUSTOMER, START, Shop

BEFORE = START + 840


def replay(shop: Shop, customer_id: Any = CUSTOMER) -> TokenPair:
    """A spent pair: genuine, its access expired, and its row gone without a trace."""
    issued = issue(Claims(customer_id, START - 5, START + 900), shop.config.secret)
    return issued.pair


def fill(shop: Shop, count: int, size: int = 0, customer_id: str = str(CUSTOMER)) -> None:
    """Rows as a long-lived customer has them, each made larger by `size` bytes."""
    for n in range(count):
        row = Row(customer_id, RefreshTokenHash(f"{n:0128x}"), START + 900, START + 1 + n % 800)
        shop.put({**items.row_item(row), "filler": {"S": "x" * size}})


@pytest.mark.parametrize("count, size", [(1, 0), (25, 0), (26, 0), (120, 0), (12, 200_000)])
def test_a_burn_leaves_no_row(shop: Shop, count: int, size: int) -> None:
    """STORE-09: more than a batch takes, and more than a page shows."""
    fill(shop, count, size)
    with pytest.raises(Replayed):
        shop.refresh(replay(shop))
    assert shop.rows() == []
    assert shop.fence() == Fence(BEFORE, START + 2_592_000, done=True)


def test_an_operator_s_burn_spares_the_next_login(shop: Shop) -> None:
    """HARD-30: an old device that refreshes later is refused, and ends nothing."""
    old = shop.log_in()
    shop.run(shop.flow.burn.end_all(str(CUSTOMER), shop.now))
    assert shop.rows() == []
    assert shop.fence() == Fence(BEFORE, START + 2_592_000, done=True)
    shop.later(1)
    fresh = shop.log_in()
    shop.later(841)
    with pytest.raises(SessionOver):
        shop.refresh(old)
    assert shop.refresh(fresh) != fresh


def test_a_second_burn_of_an_operator_raises_the_fence(shop: Shop) -> None:
    """It ends what began after the first one."""
    for _ in range(2):
        shop.log_in()
        shop.run(shop.flow.burn.end_all(str(CUSTOMER), shop.now))
        assert shop.rows() == []
        shop.later(1)
    assert shop.fence() == Fence(BEFORE + 1, START + 1 + 2_592_000, done=True)


def test_a_row_that_appears_behind_the_sweep_goes_too(shop: Shop) -> None:
    """STORE-09, RACE-12: it queries again until it finds nothing, not only once."""
    fill(shop, 3)

    def appears(call: Callable[[], Any]) -> Any:
        answer = call()
        shop.put(items.row_item(Row("7", RefreshTokenHash("behind"), START + 900, BEFORE)))
        return answer

    shop.client.on("batch_write_item", appears, appears)
    with pytest.raises(Replayed):
        shop.refresh(replay(shop))
    assert shop.rows() == []


def test_other_customers_keep_their_sessions(shop: Shop) -> None:
    """CORE-13: also one whose id begins like this one's."""
    fill(shop, 2)
    for customer_id in ("70", "6", "ended"):
        fill(shop, 2, customer_id=customer_id)
    with pytest.raises(Replayed):
        shop.refresh(replay(shop))
    assert [len(shop.rows(customer_id)) for customer_id in ("7", "70", "6", "ended")] == [
        0,
        2,
        2,
        2,
    ]


@pytest.mark.parametrize(
    "row, stays",
    [
        (Row("7", RefreshTokenHash("a"), START + 900, BEFORE), False),
        (Row("7", RefreshTokenHash("a"), None, None), False),
        (Row("7", RefreshTokenHash("a"), START + 900, None, RefreshTokenHash("old")), False),
        (Row("7", RefreshTokenHash("a"), START + 900, BEFORE + 1), True),
        (Row("7", RefreshTokenHash("a"), START + 900, BEFORE + 10, RefreshTokenHash("old")), False),
        (Row("7", RefreshTokenHash("a"), START + 900, BEFORE + 11, RefreshTokenHash("old")), True),
    ],
)
def test_a_row_after_the_fence_stays(shop: Shop, row: Row, stays: bool) -> None:
    """A login after the burn is left alone; a rotation just past it came from a faster clock."""
    shop.put(items.row_item(row))
    with pytest.raises(Replayed):
        shop.refresh(replay(shop))
    assert (shop.rows() == [row]) is stays


def test_the_fence_is_raised_over_a_faster_servers_row(shop: Shop) -> None:
    """What goes with the burn cannot be written again behind it."""
    shop.put(
        items.row_item(
            Row("7", RefreshTokenHash("a"), START + 900, BEFORE + 4, RefreshTokenHash("old"))
        )
    )
    with pytest.raises(Replayed):
        shop.refresh(replay(shop))
    fence = shop.fence()
    assert fence is not None
    assert (fence.before, fence.done) == (BEFORE + 4, True)


def test_what_was_left_unprocessed_is_sent_again(shop: Shop) -> None:
    """FAULT-07: with back-off, until nothing is left, and only then is it a burn."""
    fill(shop, 30)

    def throttled(call: Callable[[], Any]) -> Any:
        requests = shop.client.sent[-1][1]["RequestItems"][shop.config.table]
        done, left = requests[:10], requests[10:]
        shop.client.client.batch_write_item(RequestItems={shop.config.table: done})
        return {"UnprocessedItems": {shop.config.table: left}}

    shop.client.on("batch_write_item", throttled, throttled)
    with pytest.raises(Replayed):
        shop.refresh(replay(shop))
    assert shop.rows() == []


def test_what_stays_unprocessed_is_no_success(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT-07: the answer is trouble, the fence is not done, and the next request finishes."""
    fill(shop, 3)
    monkeypatch.setattr(retry, "LONGEST_BACKOFF", 0.1)

    def nothing_done(_: Callable[[], Any]) -> Any:
        return {"UnprocessedItems": shop.client.sent[-1][1]["RequestItems"]}

    shop.client.on("batch_write_item", *[nothing_done] * 50)
    with pytest.raises(StorageError):
        shop.refresh(replay(shop))
    assert len(shop.rows()) == 3
    assert shop.fence() == Fence(BEFORE, START + 2_592_000, done=False)
    shop.client.forget()
    with pytest.raises(SessionOver) as refusal:
        shop.refresh(replay(shop))
    assert refusal.type is SessionOver
    assert shop.rows() == []
    fence = shop.fence()
    assert fence is not None
    assert fence.done


@pytest.mark.parametrize("operation", ["put_item", "query", "batch_write_item", "update_item"])
@pytest.mark.parametrize("fault", [refused("InternalServerError", 500), unreachable, answer_lost])
def test_an_interrupted_burn_is_finished_by_the_next(
    shop: Shop, operation: str, fault: Any
) -> None:
    """FAULT-05, FAULT-06: trouble at any step is never success, and another try ends it."""
    fill(shop, 3)
    shop.client.on(operation, fault)
    with pytest.raises(StorageError):
        shop.refresh(replay(shop))
    with pytest.raises(SessionOver):
        shop.refresh(replay(shop))
    assert shop.rows() == []
    fence = shop.fence()
    assert fence is not None
    assert fence.done


def test_a_fence_that_covers_the_pair_is_not_raised(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """HARD-30: a replay that lost to another one's burn begins none of its own."""
    shop.put(items.fence_item("7", Fence(BEFORE, START + 2_592_000)))
    shop.later(5)
    fresh = shop.log_in()
    with caplog.at_level(logging.INFO):
        shop.run(shop.flow.burn.begin(Claims(7, START - 5, START + 900), shop.now))
    assert not caplog.records
    assert shop.refresh(fresh) == fresh
    fence = shop.fence()
    assert fence is not None
    assert (fence.before, fence.done) == (BEFORE, True)


def test_a_lower_fence_is_raised(shop: Shop) -> None:
    """A new replay of a session from after the last burn burns again, and clears `done`."""
    with pytest.raises(Replayed):
        shop.refresh(replay(shop))
    shop.later(1)
    spent = shop.log_in(remember_me=True)
    shop.later(840)
    shop.refresh(spent)
    with pytest.raises(Replayed):
        shop.refresh(spent)
    assert shop.fence() == Fence(shop.now + 840, shop.now + 2_592_000, done=True)


def test_a_fence_raised_meanwhile_is_not_marked_done(shop: Shop) -> None:
    """The mark belongs to one height; whoever finds it gone finishes the higher one."""
    fill(shop, 2)

    def raised(call: Callable[[], Any]) -> Any:
        shop.put(items.fence_item("7", Fence(BEFORE + 5, START + 2_592_005)))
        shop.put(items.row_item(Row("7", RefreshTokenHash("late"), START + 900, BEFORE + 5)))
        return call()

    shop.client.on("update_item", raised)
    with pytest.raises(Replayed):
        shop.refresh(replay(shop))
    assert shop.rows() == []
    assert shop.fence() == Fence(BEFORE + 5, START + 2_592_005, done=True)


def test_a_fence_that_was_taken_away_needs_no_finishing(shop: Shop) -> None:
    """Setting a test clock back removes fences that lie ahead of it."""
    shop.run(shop.flow.burn.finish("7", Fence(BEFORE, START + 2_592_000)))
    assert shop.fence() is None


def test_a_burn_is_one_security_event(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """HARD-28: with the customer's id, and no token or hash; later refusals write none."""
    pair = replay(shop)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            with pytest.raises(SessionOver):
                shop.refresh(pair)
    (event,) = [record for record in caplog.records if record.name == "reference_auth.security"]
    assert (vars(event)["event"], vars(event)["customer_id"]) == ("replay", "7")
    told = repr([vars(record) for record in caplog.records])
    for secret in (pair.token, pair.refresh_token, shop.hash_of(pair), shop.config.secret):
        assert secret not in told


def test_replays_at_once_are_one_security_event(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """HARD-28: only the request that puts the fence writes it."""
    pair = replay(shop)
    works = [shop.flow.refresh(pair.token, pair.refresh_token, shop.now) for _ in range(8)]
    with caplog.at_level(logging.WARNING, "reference_auth.security"):
        answers = shop.at_once(works)
    assert all(isinstance(answer, SessionOver) for answer in answers)
    assert len(caplog.records) == 1


def test_a_fence_whose_answer_is_lost_is_a_security_event(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """HARD-28: it may be there, and then the next request only finishes the burn."""
    pair = replay(shop)
    shop.client.on("put_item", answer_lost)
    with caplog.at_level(logging.WARNING, "reference_auth.security"):
        for expected in (StorageError, SessionOver):
            with pytest.raises(expected):
                shop.refresh(pair)
    assert len([one for one in caplog.records if one.name == "reference_auth.security"]) == 1


def test_no_later_burn_lets_a_fence_end_sooner(shop: Shop) -> None:
    """HARD-41: a lifetime that was lowered since does not let what was burned burn again."""
    shop.log_in(remember_me=True)
    with pytest.raises(Replayed):
        shop.refresh(replay(shop))
    first = shop.fence()
    shop.flow.burn.config = replace(shop.config, lifetimes=Lifetimes(840, 900, 901))
    shop.later(1)
    spent = shop.log_in()
    shop.later(840)
    shop.refresh(spent)
    with pytest.raises(Replayed):
        shop.refresh(spent)
    assert first is not None
    assert shop.fence() == Fence(shop.now + 840, first.ttl, done=True)


def test_a_fence_lasts_as_long_as_what_it_covers(shop: Shop) -> None:
    """HARD-30: a lifetime that was lowered since does not let a burned pair burn again."""
    kept = shop.log_in(remember_me=True)
    spent = shop.log_in(remember_me=True)
    shop.later(840)
    shop.refresh(spent)
    quarter_hour = Lifetimes(access=840, refresh=900, extended=901)
    shop.flow.burn.config = replace(shop.config, lifetimes=quarter_hour)
    with pytest.raises(Replayed):
        shop.refresh(spent)
    fence = shop.fence()
    assert fence is not None
    assert fence.ttl >= max(shop.claims(kept).refresh_expiry, shop.claims(spent).refresh_expiry)


def test_a_fence_lasts_as_long_as_every_row_it_covers(shop: Shop) -> None:
    """HARD-30: the reused pair may end long before another session of its customer does."""
    kept, spent = shop.log_in(remember_me=True), shop.log_in()
    shop.later(840)
    shop.refresh(spent)
    quarter_hour = Lifetimes(access=840, refresh=900, extended=901)
    shop.flow.burn.config = replace(shop.config, lifetimes=quarter_hour)
    with pytest.raises(Replayed):
        shop.refresh(spent)
    fence = shop.fence()
    assert fence is not None
    assert fence.done
    assert fence.ttl == shop.claims(kept).refresh_expiry
