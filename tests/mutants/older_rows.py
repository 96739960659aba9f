"""Defects about the rows of older nodes, and of newer ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reference_auth.core.rows import Fence, Row
from reference_auth.flow import development
from reference_auth.flow.burn import Burn
from reference_auth.store import items
from reference_auth.store.items import Item
from reference_auth.store.sessions import Sessions
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around


@mutant("STORE-06", also="STORE-08 WIRE-08", sometimes="HARD-31", known_as="M31")
def counts_on_a_ttl_that_is_a_number(patch: pytest.MonkeyPatch) -> None:
    """Reading a row whose ttl is a text or absent is an unexpected failure."""

    def read_row(original: Any, item: Item) -> Row:
        int(item["ttl"]["N"])
        row: Row = original(item)
        return row

    around(patch, items, "read_row", read_row)


@mutant("STORE-06")
def takes_a_row_without_ttl_for_an_expired_one(patch: pytest.MonkeyPatch) -> None:
    """A session whose row has no ttl is over."""

    def is_expired(original: Any, row: Row, now: int) -> bool:
        return row.ttl is None or original(row, now)

    around(patch, Row, "is_expired", is_expired)


@mutant("STORE-06")
def dates_an_older_row_by_its_ttl(patch: pytest.MonkeyPatch) -> None:
    """A burn takes the remembered row of an older node for one that was written after it."""

    def is_to_delete(original: Any, burn: Burn, row: Row, *given: Any) -> bool:
        if row.exp is None and row.ttl is not None:
            of = burn.config.lifetimes
            row = replace(row, exp=row.ttl - (of.refresh - of.access))
        deleted: bool = original(burn, row, *given)
        return deleted

    around(patch, Burn, "is_to_delete", is_to_delete)


@mutant("STORE-06")
def lists_only_rows_with_a_ttl(patch: pytest.MonkeyPatch) -> None:
    """The development listing fails over a row without ttl."""

    def shown(original: Any, item: Item) -> development.AuthItem:
        str(*item["ttl"].values()) if item else ""
        found: development.AuthItem = original(item)
        return found

    around(patch, development, "as_auth_item", shown)


@mutant("STORE-06", also="CORE-15 WIRE-08")
def revokes_only_rows_with_a_numeric_ttl(patch: pytest.MonkeyPatch) -> None:
    """A revoke deletes a row on the condition that its ttl is a Number."""

    def delete_existing(original: Any, sessions: Sessions, row: Row) -> Item:
        part = original(sessions, row)["Delete"]
        numeric = {
            "ConditionExpression": "attribute_type(#ttl, :number)",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {":number": {"S": "N"}},
        }
        return {"Delete": {**part, **numeric}}

    around(patch, Sessions, "delete_existing", delete_existing)


@mutant("STORE-10")
def reads_rows_with_the_known_attributes_only(patch: pytest.MonkeyPatch) -> None:
    """A row with an attribute that nobody knows is not a session."""
    known = {"customer_id", "refresh_token_hash", "ttl", "exp", "rotated_from"}

    async def read(original: Any, sessions: Sessions, *key: str) -> Row | None:
        item = await sessions.get(items.key(*key))
        return None if item and set(item) - known else await original(sessions, *key)

    around(patch, Sessions, "read", read)


@mutant("STORE-06")
def burns_only_rows_that_will_expire(patch: pytest.MonkeyPatch) -> None:
    """A burn passes over rows without a ttl."""

    def is_to_delete(original: Any, burn: Burn, row: Row, *fences: Fence) -> bool:
        return row.ttl is not None and original(burn, row, *fences)

    around(patch, Burn, "is_to_delete", is_to_delete)
