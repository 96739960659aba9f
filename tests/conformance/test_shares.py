"""The embedded run in shares: every test in one of them, every finding in the run."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field

import pytest

from conformance_tests import shares
from conformance_tests.plugin import Options, Share, Silence
from conformance_tests.shares import Listener, ShareLost, merged
from conformance_tests.target import Target
from conformance_tests.verdict import Finding, Run

PASS = Finding("CORE-01", "pass", None, "suite/test_login.py::test_one", None)
FAIL = Finding("CORE-02", "fail", "no", "suite/test_login.py::test_two", None)


@dataclass
class Item:
    """As much of a test as a share looks at."""

    nodeid: str
    last: bool = False
    takes: float = 0.0

    def get_closest_marker(self, name: str) -> pytest.Mark:
        return pytest.Mark(name, ("CORE-01",), vars(self), _ispytest=True)


@dataclass
class Heard(Silence):
    """What a progress was told of the size of a run."""

    sizes: list[tuple[int, int, float]] = field(default_factory=list)

    def started(self, total: int, logins: int, seconds: float) -> None:
        self.sizes.append((total, logins, seconds))


def run(*findings: Finding, crashed: str | None = None) -> Run:
    return Run(findings, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), crashed=crashed)


def test_each_test_is_in_one_share_and_a_look_back_in_all() -> None:
    """No test is left out or done twice; the cases of one function stay together."""
    names = [f"test_{n}[{case}]" for n in range(5) for case in "ab"]
    items = [*map(Item, names), Item("test_back", last=True)]
    parts = [[item.nodeid for item in Share(n, 2).part_of(items)] for n in range(2)]  # type: ignore[arg-type]
    assert sorted(name for part in parts for name in part if name != "test_back") == names
    assert all("test_back" in part for part in parts)
    assert {name[:6] for name in parts[0]} & {name[:6] for name in parts[1]} == {"test_b"}


def test_the_shares_are_equally_long() -> None:
    """What takes as long as many others is the only test of its share."""
    items = [Item("test_slow", takes=5.0), *(Item(f"test_{n}") for n in range(9))]
    parts = [[item.nodeid for item in Share(n, 3).part_of(items)] for n in range(3)]  # type: ignore[arg-type]
    assert sorted(map(len, parts)) == [1, 4, 5]
    assert ["test_slow"] in parts


def test_what_the_shares_found_is_one_run() -> None:
    """A red finding of any share is in the run, and what all found alike is there once."""
    found = merged((run(PASS), run(PASS, FAIL, crashed="it broke")), 3.0)
    assert found.findings == (PASS, FAIL)
    assert found.crashed == "it broke"
    assert found.duration_s == 3.0


def test_the_sizes_of_the_shares_add_up() -> None:
    """A progress hears of all the tests, and of a copy that is lost."""
    heard = Heard()
    listener = Listener(heard, 2)
    listener.hear("started", 10, 3, 0.5)
    listener.hear("started", 20, 4, 2.0)
    assert heard.sizes == [(10, 3, 0.5), (30, 7, 2.0)]
    listener.hear("done", Target(url="embedded"), run(PASS))
    assert listener.waits
    with pytest.raises(ShareLost, match="no table"):
        listener.hear("lost", "no table")


class Fatal:
    """Ends the process that unpacks it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


def test_a_copy_that_ends_by_itself_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share that can tell nothing any more is told of, not waited for."""
    monkeypatch.setattr(shares, "COPIES", 1)
    with pytest.raises(ShareLost, match="exit code 3"):
        shares.run(Options(only=(Fatal(),)), None, Silence())  # type: ignore[arg-type]
