"""Keeps to the deployment's rate limits: so many logins a minute, and what HTTP 429 asks for."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance_tests.deployment import waiting
from conformance_tests.outcomes import NotTestable

if TYPE_CHECKING:
    from conformance_tests.deployment.http.answer import Answer

#: Seconds that one request waits for a throttle.
MOST_THROTTLED_SECONDS = 120.0
#: A longer pause than a day is one that nobody waits for.
MOST_ASKED_SECONDS = 86_400.0


class Throttled(NotTestable):
    """The deployment answered HTTP 429 to this, and for longer than the suite waits."""

    def __init__(self, answer: Answer, seconds: float) -> None:
        self.answer = answer
        super().__init__(
            "patience",
            f"the deployment throttles the suite (HTTP 429, ask again in {seconds:.0f} s): "
            "set logins_per_minute in [limits] below what it lets by, and run again later",
        )


def _ignore(reason: str) -> None:
    """The default: nobody is told."""


class LoginRate:
    """At most so many logins a minute (0 is no limit); a target has one for all its instances."""

    def __init__(self, per_minute: int = 0) -> None:
        #: Shows the user what is being waited for.
        self.tell: Callable[[str], None] = _ignore
        #: When waiting ends, on the monotonic clock: the end of the run.
        self.until = math.inf
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._turns = threading.Lock()
        self._in_vain: set[str] = set()

    def wait(self) -> None:
        """Wait until one more login is within the rate."""
        with self._turns:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        if turn > now:
            self.tell(f"waiting {turn - now:.0f} s to keep to logins_per_minute")
            waiting.sleep(turn - now)

    def ask(self, operation: str, send: Callable[[], Answer]) -> Answer:
        """The answer, once it is no HTTP 429; Throttled where that takes too long.

        An operation that stayed throttled is not waited for again until it gets another answer.
        """
        patience = 0.0 if operation in self._in_vain else MOST_THROTTLED_SECONDS
        began = time.monotonic()
        while (pause := retry_after(answer := send())) is not None:
            waited = time.monotonic() - began
            if waited + pause > patience or time.monotonic() + pause > self.until:
                if waited >= patience / 2:
                    self._in_vain.add(operation)
                raise Throttled(answer, pause)
            self.tell(f"waiting {pause:.0f} s, as the deployment asks (HTTP 429)")
            waiting.sleep(pause)
        self._in_vain.discard(operation)
        return answer


def retry_after(answer: Answer) -> float | None:
    """Seconds to wait before asking again, or None where the answer is no throttle."""
    if answer.status != 429:
        return None
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        seconds = float(said)
    else:
        moment = moment_of(said)
        seconds = 1.0 if moment is None else max(1.0, moment - time.time())
    return min(max(0.1, seconds), MOST_ASKED_SECONDS)


def moment_of(date: str) -> float | None:
    """The moment that a header's date names, in epoch seconds; None where it names none."""
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None
