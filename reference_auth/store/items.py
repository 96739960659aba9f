"""Session rows, tombstones and the fence as DynamoDB items, and back."""

from __future__ import annotations

import re
from typing import Any

from reference_auth.core.rows import (
    FENCE,
    REVOKED,
    Fence,
    Row,
    Tombstone,
    ended_partition_of,
    partition_of,
)
from reference_auth.core.tokens import Claims, CustomerId, RefreshTokenHash
from reference_auth.store.storage import Item as Item

SUCCESSOR = ("exp", "iat", "refresh_expiry", "auth_time", "session")  # claims in a tombstone

_NUMBER = re.compile(r"([0-9]{1,16})(?:\.[0-9]*)?", re.ASCII)


def key(partition: str, sort: str) -> Item:
    return {"customer_id": text(partition), "refresh_token_hash": text(sort)}


def text(value: str) -> Item:
    return {"S": value}


def number(value: int) -> Item:
    return {"N": str(value)}


def row_item(row: Row) -> Item:
    """A row as an item; `ttl` is a Number, because the table deletes by Numbers only (STORE-05)."""
    # Departs: STORE-05 the module writes a String.
    item = {
        **key(row.customer_id, row.hash),
        **_times(ttl=row.ttl, exp=row.exp, session=row.session),
    }
    return item if row.rotated_from is None else {**item, "rotated_from": text(row.rotated_from)}


def read_row(item: Item) -> Row:
    """An item as a row; unknown attributes are ignored (STORE-10)."""
    return Row(
        customer_id=item["customer_id"]["S"],
        hash=RefreshTokenHash(item["refresh_token_hash"]["S"]),
        ttl=read_number(item.get("ttl")),
        exp=read_number(item.get("exp")),
        rotated_from=item.get("rotated_from", {}).get("S"),
        session=read_number(item.get("session")),
    )


def tombstone_item(tombstone: Tombstone) -> Item:
    """A tombstone as an item: hashes and times, never a token (STORE-03)."""
    successor = {name: getattr(tombstone.successor, name, None) for name in SUCCESSOR}
    return {
        **key(ended_partition_of(tombstone.customer_id), tombstone.hash),
        "reason": text(tombstone.reason),
        **_times(ttl=tombstone.ttl, until=tombstone.until, **successor),
    }


def read_tombstone(item: Item, customer_id: CustomerId) -> Tombstone:
    """An item as a tombstone; `customer_id` keeps the type that it has in the presented token."""
    return Tombstone(
        customer_id=partition_of(customer_id),
        hash=RefreshTokenHash(item["refresh_token_hash"]["S"]),
        reason=item.get("reason", {}).get("S", REVOKED),
        ttl=read_number(item.get("ttl")) or 0,
        until=read_number(item.get("until")),
        successor=_read_successor(item, customer_id),
    )


def fence_item(customer_id: str, fence: Fence) -> Item:
    """A fence as an item; a new one is not done."""
    times = _times(before=fence.before, ttl=fence.ttl)
    return {**key(ended_partition_of(customer_id), FENCE), **times}


def read_fence(item: Item) -> Fence:
    return Fence(
        before=read_number(item.get("before")) or 0,
        ttl=read_number(item.get("ttl")) or 0,
        done=item.get("done", {}).get("BOOL", False),
    )


def read_number(attribute: Item | None) -> int | None:
    """A whole number, stored as Number or String; None if there is none (STORE-06)."""
    # Departs: STORE-06 the module's listing fails where there is none.
    stored = (attribute or {}).get("N") or (attribute or {}).get("S")
    found = _NUMBER.fullmatch(stored) if isinstance(stored, str) else None
    return int(found[1]) if found else None


def _times(**times: int | None) -> dict[str, Item]:
    return {name: number(time) for name, time in times.items() if time is not None}


def _read_successor(item: Item, customer_id: CustomerId) -> Claims | None:
    times: dict[str, Any] = {name: read_number(item.get(name)) for name in SUCCESSOR}
    if times["exp"] is None or times["refresh_expiry"] is None:
        return None
    return Claims(customer_id, **times)
