"""What the test command judges of the grid: enough mutants to prove every row, and a few rows each.

The whole grid is a session of its own; it holds the sets of red rows exact.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from tests.mutants.catalogue import Mutant
from tests.mutants.every import CATALOGUE
from tests.mutants.reach import overridden, rows_to_judge

#: A mutant that breaks more rows than this tells little of what lies near.
FEW = 6


def mutants() -> list[Mutant]:
    """Those of the requirements' own list, and for each row the one that breaks least else."""
    sharpest: dict[str, Mutant] = {}
    for mutant in sorted(CATALOGUE.values(), key=lambda one: (len(one.reds), one.name)):
        sharpest.setdefault(mutant.owner, mutant)
    chosen = {mutant.name for mutant in sharpest.values()}
    return [one for one in CATALOGUE.values() if one.known_as or one.name in chosen]


def rows(mutant: Mutant) -> frozenset[str]:
    """The rows it turns red, and those that some other mutant of the same functions does."""
    names = overridden(mutant) or frozenset()
    beside = frozenset(row for name in names for row in _red_through()[name])
    return mutant.reds | (beside & rows_to_judge(mutant))


@cache
def _red_through() -> dict[str, frozenset[str]]:
    """The rows that any sharp mutant turns red by overriding a function."""
    red: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for mutant in CATALOGUE.values():
        for name in overridden(mutant) or ():
            red[name] |= mutant.reds if len(mutant.reds) <= FEW else frozenset({mutant.owner})
    return red
