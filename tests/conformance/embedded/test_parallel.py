"""The embedded run in shares: every test in one of them, every finding in the run."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import pytest

from conformance_tests.embedded import parallel
from conformance_tests.embedded.parallel import EventCollector, WorkerLost, merged
from conformance_tests.report.finding import Finding
from conformance_tests.report.verdict import Run
from conformance_tests.runner.options import Options, Silence
from conformance_tests.runner.work_queue import WorkQueue, batches, last_tests
from conformance_tests.target.model import Target

PASS = Finding("CORE-01", "pass", None, "suite/test_login.py::test_one", None)
FAIL = Finding("CORE-02", "fail", "no", "suite/test_login.py::test_two", None)


@dataclass
class Item:
    """As much of a test as a share looks at."""

    nodeid: str
    last: bool = False
    seconds: float = 0.0
    long_jump: bool = False
    walk: bool = False

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


def names(batch: list[Item]) -> list[str]:
    return [item.nodeid for item in batch]


def of(items: list[Item]) -> list[list[str]]:
    """The names in each batch of these tests."""
    return [names(batch) for batch in batches(items)]  # type: ignore[arg-type]


def test_each_test_is_in_one_share_and_a_look_back_in_all() -> None:
    """No test is left out or done twice; the cases of one function stay together."""
    items = [
        *(Item(f"test_{n}[{case}]") for n in range(5) for case in "ab"),
        Item("back", last=True),
    ]
    found = of(items)
    assert sorted(found) == [[f"test_{n}[a]", f"test_{n}[b]"] for n in range(5)]
    assert names(last_tests(items)) == ["back"]  # type: ignore[arg-type]
    taken = multiprocessing.get_context("spawn").Value("i", 0)
    one, other = WorkQueue(taken, first=True), WorkQueue(taken, first=False)
    parts = zip_longest(one.take(found), other.take(found))  # type: ignore[arg-type]
    assert [batch for pair in parts for batch in pair if batch] == found


def test_one_share_says_how_much_there_is_to_do() -> None:
    """All of it, and each other one the looks back that it does as well."""
    items = [Item("test_1"), Item("test_2"), Item("back", last=True)]
    taken = multiprocessing.get_context("spawn").Value("i", 0)
    said = [names(WorkQueue(taken, first=first).counted(items)) for first in (True, False)]  # type: ignore[arg-type]
    assert said == [["test_1", "test_2", "back"], ["back"]]


def test_no_share_is_left_with_a_long_batch_at_the_end() -> None:
    """Many cases are taken first, what waits now and then, what moves the clock far last."""
    items = [
        Item("jump", long_jump=True),
        Item("one"),
        *(Item(f"many[{n}]") for n in range(3)),
        *(Item(f"some[{n}]") for n in range(2)),
        Item("other"),
        Item("slow", seconds=1.0),
        Item("slower", seconds=2.0),
    ]
    found = [batch[0].partition("[")[0] for batch in of(items)]
    assert found == ["slower", "many", "some", "slow", "one", "other", "jump"]


def test_each_share_walks() -> None:
    """The cases of walks do not stay together."""
    items = [Item(f"test_walks[{kind}]", long_jump=True, walk=True) for kind in "abc"]
    assert of(items) == [[f"test_walks[{kind}]"] for kind in "abc"]


def test_what_the_shares_found_is_one_run() -> None:
    """A red finding of any share is in the run, and what all found alike is there once."""
    found = merged((run(PASS), run(PASS, FAIL, crashed="it broke")), 3.0)
    assert found.findings == (PASS, FAIL)
    assert found.crashed == "it broke"
    assert found.duration_s == 3.0


def test_the_sizes_of_the_shares_add_up() -> None:
    """A progress hears of all the tests, and of a copy that is lost."""
    heard = Heard()
    collector = EventCollector(heard, 2)
    collector.on_event("started", 10, 3, 0.5)
    collector.on_event("started", 20, 4, 2.0)
    assert heard.sizes == [(10, 3, 0.5), (30, 7, 2.0)]
    collector.on_event("done", Target(url="embedded"), run(PASS))
    assert collector.waits
    with pytest.raises(WorkerLost, match="no table"):
        collector.on_event("lost", "no table")


class Fatal:
    """Ends the process that unpacks it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


def test_a_copy_that_ends_by_itself_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share that can tell nothing any more is told of, not waited for."""
    monkeypatch.setattr(parallel, "WORKERS", 1)
    with pytest.raises(WorkerLost, match="exit code 3"):
        parallel.run(Options(only=(Fatal(),)), None, Silence())  # type: ignore[arg-type]


PARENT = """
import multiprocessing, threading, time
from conformance_tests.embedded.parallel import end_with_parent

def work():
    threading.Thread(target=end_with_parent, daemon=True).start()
    time.sleep(60)

worker = multiprocessing.get_context("fork").Process(target=work)
worker.start()
print(worker.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_worker_ends_with_a_parent_that_is_killed() -> None:
    """Nobody would read what it finds."""
    started = [sys.executable, "-c", PARENT]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = Path(f"/proc/{int(parent.stdout.readline())}/cmdline")
        assert worker.read_bytes()
        parent.kill()
    end = time.monotonic() + 5
    while worker.exists() and worker.read_bytes() and time.monotonic() < end:
        time.sleep(0.02)
    assert not worker.exists() or not worker.read_bytes()
