"""A clock for tests: it stands still where it was set, and gives real time back.

Only `create_app` in development mode offers it over HTTP, and only on loopback addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reference_auth.core.config import Config
from reference_auth.core.rows import FENCE
from reference_auth.store import items
from reference_auth.store.storage import Client

LATEST = 2**53  # beyond it a JSON number is no longer exact


class MovableClock:
    """Seconds since the epoch, as `time.time` gives them, until someone sets them.

    One clock may drive several apps; each says what it must undo when time goes back.
    """

    def __init__(self) -> None:
        self._standing: float | None = None
        self._on_return: list[Callable[[int], None]] = []

    def __call__(self) -> float:
        return time.time() if self._standing is None else self._standing

    @property
    def stands(self) -> bool:
        """Whether someone set it."""
        return self._standing is not None

    def set(self, now: float | None) -> None:
        """Stand still at `now`, or follow real time again (None)."""
        before, self._standing = self(), now
        if self() < before:
            for undo in self._on_return:
                undo(int(self()))

    def on_return(self, undo: Callable[[int], None]) -> None:
        """Call `undo(now)` whenever the clock is set back to `now`."""
        self._on_return.append(undo)


def wanted_time(body: object) -> float | None:
    """Read `{"now": <epoch seconds> | null}`, or raise ValueError with one sentence."""
    if not isinstance(body, dict) or set(body) != {"now"}:
        raise ValueError('Send {"now": <epoch seconds>} or {"now": null}.')
    now = body["now"]
    if now is None:
        return None
    if isinstance(now, bool) or not isinstance(now, int | float) or not 0 < now < LATEST:
        raise ValueError("now must be a number of epoch seconds, or null.")
    return float(now)


def forget_later_burns(client: Client, config: Config, now: int) -> None:
    """Delete the fences of burns that happen after `now`: they would refuse every login until then.

    A burn's fence stands one access lifetime after it.
    """
    pages = _pages(
        client,
        TableName=config.table,
        ConsistentRead=True,
        FilterExpression="refresh_token_hash = :burn AND #before > :latest",
        ExpressionAttributeNames={"#before": "before"},
        ExpressionAttributeValues={
            ":burn": items.text(FENCE),
            ":latest": items.number(now + config.lifetimes.access),
        },
    )
    for fence in pages:
        key = items.key(fence["customer_id"]["S"], FENCE)
        client.delete_item(TableName=config.table, Key=key)


def _pages(client: Client, **scan: Any) -> Iterator[Mapping[str, Any]]:
    page = client.scan(**scan)
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        page = client.scan(**scan, ExclusiveStartKey=page["LastEvaluatedKey"])
        yield from page["Items"]
