"""How fast one may ask: so many logins a minute, and what a throttle says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance_tests.outcomes import Throttled

if TYPE_CHECKING:
    from conformance_tests.deployment.http.answer import Answer

#: Seconds that one request waits for a throttle.
MOST_THROTTLED_SECONDS = 120.0


def _nobody(told: str) -> None:
    """Who listens before there is anybody."""


class LoginRate:
    """Keeps logins to so many a minute, 0 being no limit, and waits when it is told to.

    A target has one, however many of its instances are asked: they may share one throttle.
    """

    def __init__(self, per_minute: int = 0) -> None:
        #: Whoever shows the user what is being waited for.
        self.tell: Callable[[str], None] = _nobody
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._turns = threading.Lock()
        self._in_vain: set[str] = set()

    def wait(self) -> None:
        """Wait until it is one more login's turn."""
        with self._turns:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        if turn > now:
            self.tell(f"waiting {turn - now:.0f} s to keep to logins_per_minute")
            time.sleep(turn - now)

    def ask(self, operation: str, send: Callable[[], Answer]) -> Answer:
        """The answer, once no throttle holds it back; Throttled where that takes too long.

        An operation for which all waiting was in vain is not waited for again until it gets by.
        """
        patience = 0.0 if operation in self._in_vain else MOST_THROTTLED_SECONDS
        began = time.monotonic()
        while (pause := retry_after(answer := send())) is not None:
            waited = time.monotonic() - began
            if waited + pause > patience:
                if waited >= patience / 2:
                    self._in_vain.add(operation)
                raise Throttled(answer, pause)
            self.tell(f"waiting {pause:.0f} s, as the deployment asks (HTTP 429)")
            time.sleep(pause)
        self._in_vain.discard(operation)
        return answer


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
