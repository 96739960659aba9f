"""Shares the tests of one run out among workers: each worker takes what no other has begun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import pytest

from conformance_tests.marks import marker_option

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

#: Tests that follow each other in one worker: the cases of one function.
Batch = list[pytest.Item]

#: What a case takes in the embedded run, beyond the `seconds` of its test.
CASE_SECONDS: Final = 0.15


@dataclass(frozen=True, slots=True)
class WorkQueue:
    """One worker's access to the batches of a run.

    taken: how many batches have been taken, by whichever worker.
    first: whether this worker reports how many tests there are.
    """

    taken: Synchronized[int]
    first: bool

    def take(self, batches: list[Batch]) -> Iterator[Batch]:
        """One batch after the other that no other worker has taken."""
        while (place := self._next()) < len(batches):
            yield batches[place]

    def _next(self) -> int:
        with self.taken:
            self.taken.value += 1
            return self.taken.value - 1

    def counted(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """The tests that this worker counts: each test of the run is counted by one worker."""
        return items if self.first else last_tests(items)


def batches(items: Iterable[pytest.Item]) -> list[Batch]:
    """The tests of a run by function, in the order to take them.

    The longest do not come last; those that wait come one by one, so that a core has other work.
    Walks take long, so each worker takes some of them.
    """
    cases: defaultdict[str, Batch] = defaultdict(list)
    for item in items:
        if not marker_option(item, "last"):
            walks = marker_option(item, "walk")
            cases[item.nodeid if walks else item.nodeid.partition("[")[0]].append(item)
    longest_first = sorted(cases.values(), key=_seconds, reverse=True)
    waiting = [batch for batch in longest_first if _waits(batch)]
    acting = [batch for batch in longest_first if not _waits(batch)]
    return sorted(_spread(waiting, acting), key=_jumps)


def last_tests(items: Iterable[pytest.Item]) -> Batch:
    """The tests that end the run of every worker: they look at all that was said in it."""
    return [item for item in items if marker_option(item, "last")]


def _spread(*kinds: list[Batch]) -> list[Batch]:
    """All of them, those of each kind in their order and evenly among the others."""
    placed = [(n / len(kind), batch) for kind in kinds for n, batch in enumerate(kind)]
    return [batch for _, batch in sorted(placed, key=itemgetter(0))]


def _seconds(batch: Batch) -> float:
    return len(batch) * CASE_SECONDS + _waits(batch)


def _waits(batch: Batch) -> float:
    return sum(float(marker_option(item, "seconds")) for item in batch)


def _jumps(batch: Batch) -> bool:
    return any(marker_option(item, "long_jump") for item in batch)
