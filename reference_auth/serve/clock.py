"""A clock for tests: it stands still at the time that it is set to, until it returns to real time.

`create_app` offers it over HTTP in development mode only, and only on loopback addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from reference_auth.core.config import Config
from reference_auth.core.rows import FENCE
from reference_auth.store import items
from reference_auth.store.storage import Client

LATEST = 2**53  # beyond it a JSON number is no longer exact


class MovableClock:
    """Seconds since the epoch, as `time.time` returns them, until the clock is set.

    One clock may serve several apps; each says what to undo when the clock is set back.
    """

    def __init__(self) -> None:
        self._set_to: float | None = None
        self._on_set_back: list[Callable[[int], None]] = []

    def __call__(self) -> float:
        return time.time() if self._set_to is None else self._set_to

    @property
    def is_set(self) -> bool:
        return self._set_to is not None

    def set(self, now: float | None) -> None:
        """Stand still at `now`; None returns to real time."""
        before, self._set_to = self(), now
        if self() < before:
            for undo in self._on_set_back:
                undo(int(self()))

    def on_set_back(self, undo: Callable[[int], None]) -> None:
        """Call `undo(now)` whenever the clock is set back to `now`."""
        self._on_set_back.append(undo)


def read_time(body: object) -> float | None:
    """Read `{"now": <epoch seconds> | null}`, or raise ValueError with one sentence."""
    if not isinstance(body, dict) or set(body) != {"now"}:
        raise ValueError('Send {"now": <epoch seconds>} or {"now": null}.')
    now = body["now"]
    if now is None:
        return None
    if isinstance(now, bool) or not isinstance(now, int | float) or not 0 < now < LATEST:
        raise ValueError("now must be a number of epoch seconds, or null.")
    return float(now)


def delete_later_fences(client: Client, config: Config, now: int) -> None:
    """Delete the fences of burns after `now`: they would refuse every login until then.

    A burn's fence is one access lifetime later than the burn.
    """
    latest = items.number(now + config.lifetimes.access)
    start: dict[str, Any] = {}
    while True:
        page = client.scan(
            TableName=config.table,
            ConsistentRead=True,
            FilterExpression="refresh_token_hash = :burn AND #before > :latest",
            ExpressionAttributeNames={"#before": "before"},
            ExpressionAttributeValues={":burn": items.text(FENCE), ":latest": latest},
            **start,
        )
        for fence in page["Items"]:
            key = items.key(fence["customer_id"]["S"], FENCE)
            client.delete_item(TableName=config.table, Key=key)
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
