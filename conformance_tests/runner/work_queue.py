"""The tests that one copy of the embedded reference is judged by: those that no other has begun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import pytest

from conformance_tests.marks import manner_of

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

#: Tests that follow each other in one copy: the cases of one function.
Batch = list[pytest.Item]

#: What a case takes in the embedded run, beyond what its test `takes`.
CASE_SECONDS: Final = 0.15


@dataclass(frozen=True, slots=True)
class Share:
    """One of several runs of the same tests at once.

    taken: how many batches have been taken, by whichever run.
    first: whether it is the one that says how much there is to do.
    """

    taken: Synchronized[int]
    first: bool

    def take(self, batches: list[Batch]) -> Iterator[Batch]:
        """One batch after the other that no other run has taken."""
        while (place := self._next()) < len(batches):
            yield batches[place]

    def _next(self) -> int:
        with self.taken:
            self.taken.value += 1
            return self.taken.value - 1

    def announced(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """Of all the tests those that this run counts: what none but it does, or says."""
        return items if self.first else looks_back(items)


def batches(items: Iterable[pytest.Item]) -> list[Batch]:
    """The tests of a run by function, in the order to take them.

    The longest do not come last; those that wait come one by one, so that a core has other work.
    """
    cases: defaultdict[str, Batch] = defaultdict(list)
    for item in items:
        if not manner_of(item, "last"):
            cases[item.nodeid.partition("[")[0]].append(item)
    longest_first = sorted(cases.values(), key=_seconds, reverse=True)
    waiting = [batch for batch in longest_first if _waits(batch)]
    acting = [batch for batch in longest_first if not _waits(batch)]
    return sorted(_spread(waiting, acting), key=_jumps)


def looks_back(items: Iterable[pytest.Item]) -> Batch:
    """The tests that end each run: they look at what was said in it."""
    return [item for item in items if manner_of(item, "last")]


def _spread(*kinds: list[Batch]) -> list[Batch]:
    """All of them, those of each kind in their order and evenly among the others."""
    placed = [(n / len(kind), batch) for kind in kinds for n, batch in enumerate(kind)]
    return [batch for _, batch in sorted(placed, key=itemgetter(0))]


def _seconds(batch: Batch) -> float:
    return len(batch) * CASE_SECONDS + _waits(batch)


def _waits(batch: Batch) -> float:
    return sum(float(manner_of(item, "takes")) for item in batch)


def _jumps(batch: Batch) -> bool:
    return any(manner_of(item, "long_jump") for item in batch)


class SharedLoop:
    """Has pytest run what a share takes, and then the looks back."""

    def __init__(self, share: Share, begin: Callable[[Batch], None]) -> None:
        self._share = share
        self._begin = begin

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for batch in self._share.take(batches(session.items)):
            self._begin(batch)
            self._run(batch)
        self._run(looks_back(session.items))
        return True

    def _run(self, batch: Batch) -> None:
        for item, following in zip_longest(batch, batch[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
