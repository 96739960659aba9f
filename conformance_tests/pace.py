"""How fast one may ask: so many logins a minute, and what a throttle says."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance_tests.answer import Answer


class Pace:
    """Keeps logins to so many a minute; 0 is no limit."""

    def __init__(self, per_minute: int) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0

    def wait(self) -> None:
        now = time.monotonic()
        if self._interval:
            time.sleep(max(0.0, self._next - now))
            self._next = max(now, self._next) + self._interval


def retry_after(answer: Answer) -> float | None:
    """Seconds to wait before asking again, or None where the answer is no throttle."""
    if answer.status != 429:
        return None
    said = answer.headers.get("retry-after", "")
    if said.isdigit():
        return max(0.1, float(said))
    try:
        return max(0.1, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError):
        return 1.0
