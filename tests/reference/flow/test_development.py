"""The five development operations: the table by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reference_auth.core.errors import AuthError, MissingArgument, NoSuchSession, StorageError
from reference_auth.core.rows import Row
from reference_auth.core.tokens import RefreshTokenHash
from reference_auth.flow.development import AuthItem
from reference_auth.store import items
from tests.reference.faulty import unreachable
from tests.reference.shop import START, Shop


def test_an_updated_row_is_there(shop: Shop) -> None:
    """DEV-05: under the hash, good for the normal refresh lifetime, and again over itself."""
    for _ in range(2):
        shop.run(shop.development.update("7", "any text", shop.now))
    assert [row.ttl for row in shop.rows()] == [START + 900]
    item = shop.run(shop.development.get("7", "any text"))
    assert item == AuthItem("7", shop.rows()[0].hash, str(START + 900))


def test_an_updated_row_is_a_session(shop: Shop) -> None:
    """DEV-05: the pair whose row was written by hand rotates."""
    pair = shop.log_in()
    shop.lose(pair)
    shop.run(shop.development.update("7", pair.refresh_token, shop.now))
    shop.later(840)
    assert shop.refresh(pair)


def test_an_unknown_row_shows_as_nulls(shop: Shop) -> None:
    """DEV-06: it is no error."""
    assert shop.run(shop.development.get("7", "unknown")) == AuthItem(None, None, None)


@pytest.mark.parametrize(
    "ttl, text",
    [({"N": "5"}, "5"), ({"S": "5"}, "5"), ({"S": "undefined"}, "undefined"), (None, None)],
)
def test_a_ttl_shows_as_text(shop: Shop, ttl: Any, text: str | None) -> None:
    """DEV-06, STORE-06: whether it is stored as String, as Number or not at all."""
    shop.run(shop.development.update("7", "t", shop.now))
    (row,) = shop.rows()
    item = items.key("7", row.hash)
    shop.put({**item} | ({"ttl": ttl} if ttl else {}))
    assert shop.run(shop.development.get("7", "t")).ttl == text
    assert shop.run(shop.development.list("7")) == [AuthItem("7", row.hash, text)]


def fill(shop: Shop, count: int, size: int) -> None:
    for n in range(count):
        shop.put(
            {
                **items.row_item(Row("7", RefreshTokenHash(f"{n:04}"), START)),
                "filler": {"S": "x" * size},
            }
        )


@pytest.mark.parametrize("count, size", [(0, 0), (60, 0), (8, 200_000)])
def test_the_list_is_whole(shop: Shop, count: int, size: int) -> None:
    """DEV-07: page by page, past 1 MB, and empty when there is nothing."""
    fill(shop, count, size)
    found = shop.run(shop.development.list("7"))
    assert [item.refresh_token_hash for item in found] == [f"{n:04}" for n in range(count)]


def test_a_removed_row_shows_what_it_was(shop: Shop) -> None:
    """DEV-08: once, and other rows stay."""
    for token in ("a", "b"):
        shop.run(shop.development.update("7", token, shop.now))
    before = shop.run(shop.development.get("7", "a"))
    assert shop.run(shop.development.remove("7", "a")) == before
    with pytest.raises(NoSuchSession):
        shop.run(shop.development.remove("7", "a"))
    assert len(shop.rows()) == 1


@pytest.mark.parametrize("count, size", [(0, 0), (60, 0), (8, 200_000)])
def test_removing_all_leaves_nothing(shop: Shop, count: int, size: int) -> None:
    """DEV-09: page by page, also when there was nothing, and only in that partition."""
    fill(shop, count, size)
    shop.put(items.row_item(Row("70", RefreshTokenHash("a"), START)))
    shop.run(shop.development.remove_all("7"))
    assert shop.rows() == []
    assert len(shop.rows("70")) == 1


def test_removing_all_looks_again(shop: Shop) -> None:
    """DEV-09: a row that appears meanwhile goes too, or success would not be true."""
    fill(shop, 3, 0)

    def appears(call: Callable[[], Any]) -> Any:
        answer = call()
        shop.put(items.row_item(Row("7", RefreshTokenHash("behind"), START)))
        return answer

    shop.client.on("batch_write_item", appears)
    shop.run(shop.development.remove_all("7"))
    assert shop.rows() == []


def test_removing_all_is_no_success_while_a_row_is_left(shop: Shop) -> None:
    """DEV-09: trouble on the way is trouble."""
    fill(shop, 3, 0)
    shop.client.on("batch_write_item", unreachable)
    with pytest.raises(StorageError):
        shop.run(shop.development.remove_all("7"))


ARGUMENTS: list[tuple[str | None, str | None]] = [
    (None, "t"),
    ("", "t"),
    ("null", "t"),
    ("undefined", "t"),
    ("None", "t"),
]
ARGUMENTS += [("ended#7", "t"), ("\ud800", "t"), ("7", None), ("7", ""), ("7", "\ud800")]


@pytest.mark.parametrize("user_id, refresh_token", ARGUMENTS)
def test_a_missing_argument_never_becomes_a_key(
    shop: Shop, user_id: Any, refresh_token: Any
) -> None:
    """STORE-11, GQL-06: nothing is read or written for it."""
    by_token: list[Callable[[], Any]] = [
        lambda: shop.development.get(user_id, refresh_token),
        lambda: shop.development.update(user_id, refresh_token, shop.now),
        lambda: shop.development.remove(user_id, refresh_token),
    ]
    by_customer: list[Callable[[], Any]] = [
        lambda: shop.development.list(user_id),
        lambda: shop.development.remove_all(user_id),
    ]
    for operation in by_token + (by_customer if user_id != "7" else []):
        with pytest.raises(MissingArgument) as refusal:
            shop.run(operation())
        assert isinstance(refusal.value, AuthError)
    assert not shop.client.calls
