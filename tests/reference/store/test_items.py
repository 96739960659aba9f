"""How rows, tombstones and fences are written, and what is read from items of other hands."""

from __future__ import annotations

from typing import Any

import pytest

from reference_auth.core.rows import REVOKED, ROTATED, Fence, Row, Tombstone
from reference_auth.core.tokens import Claims, RefreshTokenHash
from reference_auth.store import items

HASH, OLD = RefreshTokenHash("abc"), RefreshTokenHash("old")
KEY = {"customer_id": {"S": "7"}, "refresh_token_hash": {"S": "abc"}}


@pytest.mark.parametrize(
    "row",
    [
        Row("7", HASH, 900),
        Row("7", HASH, 900, 840),
        Row("7", HASH, 900, 840, OLD),
        Row("7", HASH, None),
    ],
)
def test_a_row_comes_back_as_it_was(row: Row) -> None:
    """What is not there is not written, and is read as not there."""
    assert items.read_row(items.row_item(row)) == row


def test_a_row_has_the_documented_form() -> None:
    """STORE-01, STORE-04, STORE-05: two String keys, and Numbers for times."""
    assert items.row_item(Row("7", HASH, 900, 840, OLD)) == {
        **KEY,
        "ttl": {"N": "900"},
        "exp": {"N": "840"},
        "rotated_from": {"S": "old"},
    }


@pytest.mark.parametrize(
    "ttl, seconds",
    [
        ({"N": "1709284501"}, 1709284501),
        ({"S": "1709284501"}, 1709284501),
        ({"N": "1709284501.75"}, 1709284501),
        ({"S": "undefined"}, None),
        ({"S": ""}, None),
        ({"S": " 5"}, None),
        ({"S": "１"}, None),
        ({"N": "-5"}, None),
        ({"S": "1e99999999"}, None),
        ({"N": "9" * 38}, None),
        ({"BOOL": True}, None),
        ({"NULL": True}, None),
        ({"L": []}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_ttl_is_read_however_it_is_stored(ttl: Any, seconds: int | None) -> None:
    """STORE-06: a String is read, and what cannot be read counts as none."""
    item = {**KEY, "colour": {"S": "blue"}} | ({} if ttl is None else {"ttl": ttl})
    assert items.read_row(item) == Row("7", HASH, seconds)


def test_a_row_without_ttl_never_expires_by_it() -> None:
    """STORE-08: only a `ttl` that is there and has passed ends a row, a second after it."""
    assert [Row("7", RefreshTokenHash("a"), 900).is_expired(now) for now in (899, 900, 901)] == [
        False,
        False,
        True,
    ]
    assert not Row("7", RefreshTokenHash("a"), None).is_expired(10**10)


@pytest.mark.parametrize(
    "tombstone",
    [
        Tombstone("7", HASH, REVOKED, 900),
        Tombstone("7", HASH, ROTATED, 30, 30, Claims(7, 840, 900, iat=5)),
        Tombstone("7", HASH, ROTATED, 30, 30, Claims(7, 840, 900, iat=5, auth_time=4)),
    ],
)
def test_a_tombstone_comes_back_as_it_was(tombstone: Tombstone) -> None:
    """It lies in a partition of its own, with a Number `ttl`, and the customer keeps the type."""
    item = items.tombstone_item(tombstone)
    assert item["customer_id"] == {"S": "ended#7"}
    assert item["ttl"] == {"N": str(tombstone.ttl)}
    assert items.read_tombstone(item, 7) == tombstone


def test_a_tombstone_of_unknown_reason_ends_a_pair() -> None:
    """What cannot be read is taken for the stricter of the two."""
    item = {**KEY, "customer_id": {"S": "ended#7"}}
    assert items.read_tombstone(item, 7).is_revoked


@pytest.mark.parametrize("now, leads", [(29, True), (30, True), (31, False)])
def test_the_window_is_judged_by_its_end(now: int, leads: bool) -> None:
    """RACE-09: `until` decides, not the table's own deletion."""
    claims = Claims(7, 840, 900)
    assert Tombstone("7", RefreshTokenHash("a"), ROTATED, 99, 30, claims).is_in_grace(now) is leads
    assert not Tombstone("7", RefreshTokenHash("a"), REVOKED, 99, 30, claims).is_in_grace(now)


def test_a_fence_comes_back_as_it_was() -> None:
    """It is written without `done`, which belongs to a finished burn."""
    assert items.fence_item("7", Fence(840, 900)) == {
        "customer_id": {"S": "ended#7"},
        "refresh_token_hash": {"S": "burn"},
        "before": {"N": "840"},
        "ttl": {"N": "900"},
    }
    done = {**items.fence_item("7", Fence(840, 900)), "done": {"BOOL": True}}
    assert items.read_fence(done) == Fence(840, 900, done=True)


@pytest.mark.parametrize("exp, covered", [(839, True), (840, True), (841, False), (None, True)])
def test_a_fence_covers_what_is_not_after_it(exp: int | None, covered: bool) -> None:
    """A row that keeps no `exp` came from an older node and is covered too."""
    assert Fence(840, 900).covers(exp) is covered
