"""The clock moves forward only, by a whole second at least, and gives real time back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest

from conformance_tests.deployment.clock import (
    COLLISIONS,
    Clock,
    ClockError,
    FaketimeClock,
    HttpClock,
)
from conformance_tests.outcomes import NotTestable, SuiteError
from tests.conformance.fakes import NOW, HandClock
from tests.degenerate.servers import DRIPS, dripping

CLOCK_URL = "http://deployment.test/clock"


def http_clock(*answers: int) -> tuple[HttpClock, list[int | None]]:
    """An HTTP clock that answers with these statuses (then 204), and what it was set to."""
    told: list[int | None] = []
    statuses = iter(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        told.append(json.loads(request.content)["now"])
        return httpx.Response(next(statuses, 204))

    return HttpClock(CLOCK_URL, httpx.MockTransport(handle)), told


def test_every_move_is_told() -> None:
    """By how much, once it has been made."""
    clock, told = HandClock(NOW), list[str]()
    clock.tell = told.append
    clock.move_to(NOW + 841)
    clock.next_second()
    assert told == ["the clock was moved by 841 s", "the clock was moved by 1 s"]


# -- a clock that nobody can move --------------------------------------------------------------


def test_real_time_is_as_far_ahead_as_the_deployment_s() -> None:
    """A measured skew shifts what the suite takes for now."""
    assert Clock(skew=100).now() - time.time() == pytest.approx(100, abs=1)


@pytest.mark.parametrize("newest, taken", [(104.0, 100), (10.0, 10), (3700.0, 3700)])
def test_real_time_follows_a_clock_that_is_set_during_a_run(newest: float, taken: float) -> None:
    """This machine's, or the deployment's; less than seconds are the network's and two nodes'."""
    clock = Clock(skew=100)
    clock.newest_skew = lambda: newest
    assert clock.now() - time.time() == pytest.approx(taken, abs=1)


def test_time_is_waited_for_only_as_long_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within max_wait the clock really waits; beyond it nothing can be tested."""
    waited: list[float] = []
    monkeypatch.setattr(Clock, "_wait", staticmethod(waited.append))
    clock = Clock(max_wait=20)
    clock.move_to(clock.now() + 19)
    assert waited == [pytest.approx(19, abs=1)]
    with pytest.raises(NotTestable, match="max_wait"):
        clock.move_to(clock.now() + 30)
    with pytest.raises(NotTestable):
        clock.freeze_at(int(clock.now()) + 1)


def test_the_next_second_has_really_turned() -> None:
    """Afterwards it is another second, and hardly more."""
    clock = Clock()
    before = int(clock.now())
    clock.next_second()
    assert int(clock.now()) == before + 1


def test_another_second_is_one_on_every_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment's seconds turn at a moment of their own, so a whole one is waited for."""
    waited: list[float] = []
    monkeypatch.setattr(Clock, "_wait", staticmethod(waited.append))
    clock = Clock()
    before = clock.now()
    assert not clock.second_has_passed(before)
    clock.wait_for_next_second(before)
    assert waited == [pytest.approx(1, abs=0.2)]
    assert clock.second_has_passed(before - 1)
    assert HandClock().second_has_passed(NOW - 0.5)


# -- clocks that the suite sets ----------------------------------------------------------------


def test_a_moved_clock_stands_at_a_whole_later_second() -> None:
    """Even a move by a fraction is a move by a second."""
    clock = HandClock()
    clock.move_to(NOW + 60.9)
    clock.move_to(NOW + 60.95)
    assert clock.moves == [NOW + 60, NOW + 61]
    clock.next_second()
    assert clock.now() == NOW + 62


def test_no_clock_goes_back() -> None:
    """Neither by a move nor by standing at an earlier second."""
    clock, told = http_clock()
    clock.stands_still = True
    clock.move_to(clock.now() + 10)
    with pytest.raises(SuiteError):
        clock.move_to(clock.now() - 1)
    with pytest.raises(SuiteError):
        clock.freeze_at(int(clock.now()) - 1)
    assert len(told) == 1


def test_no_clock_is_set_before_real_time() -> None:
    """An emulator deletes by real time, so a run begins there and goes on from there."""
    clock, told = http_clock()
    clock.next_second()
    assert told[0] is not None
    assert told[0] >= int(time.time())


def test_a_ticking_clock_stands_nowhere() -> None:
    """Exact seconds are for a clock that was seen to stand."""
    clock, _ = http_clock()
    with pytest.raises(NotTestable, match="stands still"):
        clock.freeze_at(int(clock.now()) + 60)
    assert clock.margin == 2
    clock.stands_still = True
    clock.freeze_at(int(clock.now()) + 60)
    assert clock.margin == 0


def test_standing_where_it_stands_sends_nothing() -> None:
    """The same second twice is one move."""
    clock, told = http_clock()
    clock.stands_still = True
    moment = int(clock.now()) + 60
    clock.freeze_at(moment)
    clock.freeze_at(moment)
    assert told == [moment]


def test_an_http_clock_gives_real_time_back() -> None:
    """`null` is real time."""
    clock, told = http_clock()
    clock.reset()
    assert told == [None]


def test_an_http_clock_that_refuses_is_named() -> None:
    """A status other than 2xx, or no answer, is one sentence with the address."""
    clock, _ = http_clock(404)
    with pytest.raises(ClockError, match=f"{CLOCK_URL} answered HTTP 404"):
        clock.next_second()

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    silent = HttpClock(CLOCK_URL, httpx.MockTransport(refuse))
    with pytest.raises(ClockError, match="gave no answer"):
        silent.reset()


def test_an_http_clock_whose_answer_never_ends_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that comes drop by drop keeps every read alive; the run does not wait for it."""
    monkeypatch.setattr("conformance_tests.deployment.clock.MOST_SECONDS", 0.3)
    with dripping(*DRIPS["a head"]) as url, pytest.raises(ClockError, match="no answer"):
        HttpClock(url).reset()


def test_a_faketime_file_holds_how_far_ahead(tmp_path: Path) -> None:
    """The file is replaced whole, with seconds ahead of real time, and +0 in the end."""
    path = tmp_path / "faketimerc"
    clock = FaketimeClock(str(path))
    clock.move_to(clock.now() + 900)
    assert float(path.read_text()) == pytest.approx(900, abs=2)
    clock.reset()
    assert float(path.read_text()) == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_faketime_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder that is not there is one sentence with the path."""
    clock = FaketimeClock(str(tmp_path / "nowhere" / "faketimerc"))
    with pytest.raises(ClockError, match="nowhere/faketimerc cannot be written"):
        clock.next_second()


# -- windows -----------------------------------------------------------------------------------


def test_a_window_on_a_standing_clock_is_exact() -> None:
    """Ten seconds early at most, for collisions, and never late: it stands at a whole second."""
    clock = HandClock()
    with clock.window() as window:
        pass
    assert window.after(840) == (NOW + 840 - COLLISIONS, NOW + 840)
    assert window.is_one_second


def test_a_window_is_open_from_first_to_last() -> None:
    """On a ticking clock two seconds are allowed on both sides."""
    clock = HandClock()
    clock.stands_still = False
    with clock.window() as window:
        clock.move_to(NOW + 5)
    low, high = window.after(0)
    assert low == NOW - COLLISIONS - 2
    assert high == NOW + 5 + 1 + 2
    assert not window.is_one_second
