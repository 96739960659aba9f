"""Which of the target's customers a test uses: those that were idle longest.

Each login of a customer needs a second of its own, so taking turns saves waiting. Of tests that run
side by side, one that ends all sessions of a customer has its customers to itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
#: The places of this test's customers; all others come after them.
_ASSIGNED: ContextVar[tuple[int, ...]] = ContextVar("assigned", default=())


@dataclass(frozen=True, slots=True)
class Need:
    """How many customers a test needs, and whether no other test may use them meanwhile.

    first: it takes the first of all, not those idle longest.
    """

    customers: int
    exclusive: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """The places of the customers that a test was given."""

    places: tuple[int, ...]
    exclusive: bool = False

    def allows(self, place: int, need: Need) -> bool:
        """Whether a test with this need may have the customer at the same time."""
        return place not in self.places or not (self.exclusive or need.exclusive)


def choose(
    last_active: Sequence[float], need: Need, running: Iterable[Assignment]
) -> Assignment | None:
    """The customers for a need: those of the fewest tests, then those idle longest.

    None until enough are free.
    """
    others = tuple(running)
    free = [p for p in range(len(last_active)) if all(o.allows(p, need) for o in others)]
    wanted = min(need.customers, len(last_active))
    if len(free) < wanted:
        return None
    tests = Counter(place for other in others for place in other.places)
    idle_longest = sorted(free, key=lambda place: (tests[place], last_active[place]))
    chosen = free if need.first else idle_longest
    if need.first and chosen[:wanted] != list(range(wanted)):
        return None
    return Assignment(tuple(chosen[:wanted]), need.exclusive)


def assign(assignment: Assignment) -> None:
    """From now on, in this context and those copied from it, these customers come first."""
    _ASSIGNED.set(assignment.places)


def is_given(place: int) -> bool:
    """Whether this test was given so many customers that one has this place among them."""
    return place < len(_ASSIGNED.get())


def in_order(registered: Sequence[T]) -> list[T]:
    """The customers, those of this test first."""
    first = [place for place in _ASSIGNED.get() if place < len(registered)]
    others = [place for place in range(len(registered)) if place not in first]
    return [registered[place] for place in (*first, *others)]
