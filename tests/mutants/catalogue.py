"""The catalogue of mutants: each one defect of the reference, with the rows that it turns red."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import pytest

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One defect, put into the reference by overriding a little of it.

    owner: the row that the defect breaks by its nature; `reds` is the exact set, owner included.
    sometimes: rows that it turns red or not, as threads or seconds fall.
    known_as: its id in the list of requirements, where it has one.
    """

    name: str
    patch: Patch
    owner: str
    reds: frozenset[str]
    sometimes: frozenset[str]
    known_as: str

    def explains(self, red: Collection[str]) -> bool:
        """Whether these are the rows that it turns red."""
        return self.reds <= {*red} <= self.reds | self.sometimes

    @property
    def sentence(self) -> str:
        """What the defect does."""
        return (self.patch.__doc__ or "").strip()


CATALOGUE: dict[str, Mutant] = {}


def mutant(
    owner: str, *, also: str = "", sometimes: str = "", known_as: str = ""
) -> Callable[[Patch], Patch]:
    """Enter a defect, named after what it does; `also` names the other rows it turns red."""

    def enter(patch: Patch) -> Patch:
        name = patch.__name__
        if name in CATALOGUE:
            raise ValueError(f"two mutants are called {name}")
        reds, by_chance = frozenset({owner, *also.split()}), frozenset(sometimes.split())
        CATALOGUE[name] = Mutant(name, patch, owner, reds, by_chance, known_as)
        return patch

    return enter
