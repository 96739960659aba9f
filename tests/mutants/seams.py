"""How a mutant gets in: something stands around a function of the reference, or beside its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reference_auth.core.rows import Row
from reference_auth.core.tokens import Claims
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.sessions import Sessions


def around(patch: pytest.MonkeyPatch, place: Any, name: str, new: Callable[..., Any]) -> None:
    """Put `new(original, …)` where the function or method `name` of `place` was."""
    original = getattr(place, name)

    def replaced(*args: Any, **named: Any) -> Any:
        return new(original, *args, **named)

    patch.setattr(place, name, replaced)


def around_judging(patch: pytest.MonkeyPatch, new: Callable[..., Any]) -> None:
    """Put `new(original, flow, access_token, refresh_token, now)` around refresh and revoke."""
    for name in ("refresh", "revoke"):
        around(patch, Flow, name, new)


async def note(sessions: Sessions, row: Row, name: str, value: items.Item) -> None:
    """Write one attribute into a row, whatever else it holds."""
    await sessions.storage.call(
        "update_item",
        TableName=sessions.config.table,
        Key=items.key(row.customer_id, row.hash),
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )


async def rows_of(sessions: Sessions, customer_id: str) -> list[Row]:
    """Every row of a customer."""
    return [items.read_row(item) async for page in sessions.pages(customer_id) for item in page]


def is_remembered(claims: Claims) -> bool:
    """Whether the session was promised more than a day."""
    return claims.refresh_expiry - claims.exp > 86_400
