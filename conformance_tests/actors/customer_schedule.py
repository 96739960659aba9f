"""Who of the target's customers plays in a test: whoever has rested longest goes first.

Each login of a customer needs a second of its own, so that turns save waiting. Where tests wait
together, one that ends all sessions of a customer has its customers to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
#: The places of those who play in the test at hand; those who were not chosen come after them.
_ORDER: ContextVar[tuple[int, ...]] = ContextVar("order", default=())


@dataclass(frozen=True, slots=True)
class Part:
    """What a test asks for: so many customers, and whether nobody else may use them meanwhile."""

    customers: int
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """The places of the customers that a test has been given."""

    places: tuple[int, ...]
    apart: bool = False

    def spares(self, place: int, part: Part) -> bool:
        """Whether another test may have this customer for such a part at the same time."""
        return place not in self.places or not (self.apart or part.apart)


def choose(rested: Sequence[float], part: Part, playing: Iterable[Cast]) -> Cast | None:
    """The customers for a part, by when each last did something; None until enough are free."""
    busy = tuple(playing)
    free = [place for place in range(len(rested)) if all(c.spares(place, part) for c in busy)]
    wanted = min(part.customers, len(rested))
    if len(free) < wanted:
        return None
    return Cast(tuple(sorted(free, key=lambda place: rested[place])[:wanted]), part.apart)


def enter(cast: Cast) -> None:
    """From now on, and in whatever is begun from here, these are the first customers."""
    _ORDER.set(cast.places)


def in_order(registered: Sequence[T]) -> list[T]:
    """The customers, those of the test at hand first."""
    first = [place for place in _ORDER.get() if place < len(registered)]
    others = [place for place in range(len(registered)) if place not in first]
    return [registered[place] for place in (*first, *others)]
