"""The deployment's clock as the suite can read and move it.

It only moves forward, never before real time, by a second at least, and is reset at the end. Times
are epoch seconds.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from conformance_tests.deployment import waiting
from conformance_tests.deployment.http.receiving import receive
from conformance_tests.deployment.http.transport import Transport, describe_error
from conformance_tests.outcomes import NotTestable, RunAlone, SuiteError

if TYPE_CHECKING:
    from conformance_tests.target.model import Target

#: A pair's `exp` may be so many seconds early: two sessions of one second must not share it.
COLLISIONS = 10
#: Whole seconds by which a test stays away from a limit, unless the clock stands still.
MARGIN = 2
#: Where the clocks of the two machines come to differ by more seconds, one of them was set.
SET_SECONDS = 5.0
#: Seconds within which a clock must answer over HTTP.
MOST_SECONDS = 5.0


def _ignore(reason: str) -> None:
    """The default: nobody is told."""


@dataclass
class Window:
    """The span of the deployment's time in which something happened."""

    opened: float
    margin: int
    closed: float = 0.0

    @property
    def is_one_second(self) -> bool:
        """Whether it all happened within one second."""
        return int(self.opened) == int(self.closed)

    def after(self, seconds: int) -> tuple[float, float]:
        """The earliest and the latest moment that "`seconds` from now" may mean."""
        earliest = int(self.opened) + seconds - COLLISIONS - self.margin
        return earliest, math.ceil(self.closed) + seconds + self.margin


class Clock:
    """A clock that nobody can move: real time, as far ahead as the deployment's answers show."""

    name = "real"
    #: Whether the suite moves it, at this time of the run, to let a session expire.
    moves_now = False
    stands_still = False
    #: Why the clock that the target offers cannot be used, where it offers one.
    unusable: str | None = None

    def __init__(self, skew: float = 0.0, max_wait: float = 0.0) -> None:
        self.skew = skew
        self.max_wait = max_wait
        self.sleep: Callable[[float], None] = waiting.sleep
        #: What the newest answers show, where there are any.
        self.newest_skew: Callable[[], float] = lambda: self.skew

    @property
    def movable(self) -> bool:
        """Whether a test can move it."""
        return self.moves_now

    @property
    def frozen(self) -> bool:
        """Whether it stands still between two moves."""
        return self.stands_still

    def now(self) -> float:
        newest = self.newest_skew()
        if abs(newest - self.skew) > SET_SECONDS:
            self.skew = newest
        return time.time() + self.skew

    def is_ahead_by(self, seconds: float) -> bool:
        """Whether this clock is moved, and so many seconds ahead of this machine's."""
        return self.movable and abs(self.now() - time.time() - seconds) <= MOST_SECONDS

    def move_to(self, moment: float) -> None:
        """Make it that moment, or wait for it within `max_wait`; NotTestable beyond it."""
        ahead = moment - self.now()
        if ahead > self.max_wait:
            raise NotTestable("clock", self.unusable)
        self._wait(ahead)

    def freeze_at(self, moment: int) -> None:
        """Make it exactly this second and stay there; NotTestable where the clock ticks on."""
        raise NotTestable("frozen clock", self.unusable)

    def next_second(self, *, after: int = 0) -> None:
        """Wait for the next whole second, and `after` more seconds.

        Of several logins in one second each may need an earlier second for its `exp`: that many
        seconds in which nothing happened must come before.
        """
        self._wait(after + 1.001 - self.now() % 1)

    def second_has_passed(self, moment: float) -> bool:
        """Whether it is another second than at that moment, on the deployment's clock too.

        Where its seconds begin is not known, so a whole second has to pass.
        """
        return self.now() >= moment + 1

    def wait_for_next_second(self, moment: float) -> None:
        """Wait until it is another second than at that moment."""
        self._wait(moment + 1.001 - self.now())

    def set_again(self) -> None:
        """Tell the time to a deployment that was started again."""

    def reset(self) -> None:
        """Real time again."""

    def close(self) -> None:
        """Close what was opened to move it."""

    @contextmanager
    def window(self) -> Iterator[Window]:
        """Note when something begins and ends."""
        window = Window(self.now(), self.margin)
        yield window
        window.closed = self.now()

    @property
    def margin(self) -> int:
        """Whole seconds by which a test stays away from a limit."""
        return 0 if self.frozen else MARGIN

    def _wait(self, seconds: float) -> None:
        self.sleep(max(0.0, seconds))


class ClockToCome(Clock):
    """Real time, while tests run side by side, before the clock that can be moved is taken.

    A test that would look at that one, or needs its exactness, is run again, alone.
    """

    def __init__(self, real: Clock, coming: MovableClock) -> None:
        super().__init__(real.skew, real.max_wait)
        self.newest_skew = real.newest_skew
        self.real = real
        self.coming = coming

    @property
    def margin(self) -> int:
        return MARGIN

    @property
    def movable(self) -> bool:
        raise RunAlone

    @property
    def frozen(self) -> bool:
        raise RunAlone

    @contextmanager
    def window(self) -> Iterator[Window]:
        raise RunAlone
        yield  # what a context manager is made of


class MovableClock(Clock, ABC):
    """A clock that the suite sets, forward only; it then stands still or goes on."""

    moves_now = True

    def __init__(self) -> None:
        """`tell` is called with every move."""
        super().__init__()
        self._moment = time.time()
        self._since = time.monotonic()
        self.tell: Callable[[str], None] = _ignore

    def now(self) -> float:
        return self._moment + (0.0 if self.frozen else time.monotonic() - self._since)

    def move_to(self, moment: float) -> None:
        if moment < self.now():
            raise SuiteError("a test tried to move the clock back")
        moment = max(int(moment), int(self.now()) + 1)
        ahead = moment - self.now()
        self._set(moment)
        self.tell(f"the clock was moved by {ahead:.0f} s")
        self._moment, self._since = float(moment), time.monotonic()

    def next_second(self, *, after: int = 0) -> None:
        self.move_to(self.now() + after + 1)

    def second_has_passed(self, moment: float) -> bool:
        return int(self.now()) > int(moment)

    def wait_for_next_second(self, moment: float) -> None:
        self.next_second()

    def set_again(self) -> None:
        with suppress(ClockError):
            self._set(int(self.now()))

    @abstractmethod
    def _set(self, moment: int | None) -> None:
        """Set the deployment's clock; None is real time."""


class HttpClock(MovableClock):
    """`POST {"now": seconds}`: the clock then stands still; `{"now": null}` is real time."""

    name = "http"

    def __init__(
        self,
        url: str,
        transport: httpx.BaseTransport | None = None,
        ca_file: str | None = None,
    ) -> None:
        super().__init__()
        self.url = url
        self._http = httpx.Client(
            headers={"accept-encoding": "identity"},
            transport=transport or Transport(ca_file),
            timeout=MOST_SECONDS,
        )

    def freeze_at(self, moment: int) -> None:
        if not self.frozen:
            super().freeze_at(moment)
        if moment > self.now():
            self.move_to(moment)
        elif moment < int(self.now()):
            raise SuiteError("a test tried to move the clock back")

    def reset(self) -> None:
        self._set(None)

    def close(self) -> None:
        self._http.close()

    def _set(self, moment: int | None) -> None:
        try:
            sent = self._http.build_request("POST", self.url, json={"now": moment})
            answer = receive(self._http.send(sent, stream=True))
        except httpx.HTTPError as error:
            raise ClockError(
                f"the clock at {self.url} gave no answer: {describe_error(error)}"
            ) from error
        if not answer.is_success:
            raise ClockError(f"the clock at {self.url} answered HTTP {answer.status_code}")


class FaketimeClock(MovableClock):
    """The file that a deployment under libfaketime reads: seconds ahead, replaced by rename."""

    name = "faketime"

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = Path(path)

    def reset(self) -> None:
        self._set(None)

    def _set(self, moment: int | None) -> None:
        ahead = 0 if moment is None else moment - time.time()
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            beside.write_text(f"{ahead:+.3f}\n")
            beside.replace(self.path)
        except OSError as error:
            sentence = f"the clock file {self.path} cannot be written: {error.strerror}"
            raise ClockError(sentence) from error


class ClockError(Exception):
    """An offered clock that does not work; one sentence."""


def offered(target: Target, transport: httpx.BaseTransport | None) -> MovableClock | None:
    """The clock that the target names, not tried yet."""
    address = target.clock
    if address.http:
        return HttpClock(address.http, transport, target.http.ca_file)
    return FaketimeClock(address.faketime) if address.faketime else None


def reset(clock: Clock) -> None:
    """Real time again, where the clock is still there."""
    with suppress(ClockError):
        clock.reset()


def reset_and_close(clock: Clock) -> None:
    """Real time again, and the clock is closed."""
    reset(clock)
    clock.close()
