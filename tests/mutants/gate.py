"""What the test command judges of the grid: enough mutants to prove every row, and a few rows each.

The whole grid is a session of its own; it holds the sets of red rows exact. Of the mutants that
are left to it a few have their turn, by the rows that they are said to break; MUTANTS_TURN gives it
to others. No calendar chooses: a tree that is green stays so.
"""

from __future__ import annotations

import os
from collections import defaultdict
from functools import cache

from tests.mutants.catalogue import Mutant
from tests.mutants.every import CATALOGUE
from tests.mutants.reach import overridden, rows_to_judge

#: A mutant that breaks more rows than this tells little of what lies near.
FEW = 6
A_TURN = 6
TURN = int(os.environ.get("MUTANTS_TURN", "0"))


def mutants() -> list[Mutant]:
    """One of each kind that the requirements list, and one for each row: what breaks least else."""
    by_sharpness = sorted(CATALOGUE.values(), key=lambda one: (len(one.reds), one.name))
    chosen: dict[str, Mutant] = {}
    for mutant in filter(lambda one: one.known_as, by_sharpness):
        chosen.setdefault(mutant.known_as, mutant)
    owned = {mutant.owner for mutant in chosen.values()}
    for mutant in by_sharpness:
        if mutant.owner not in owned:
            chosen.setdefault(mutant.owner, mutant)
    return list(chosen.values())


def rows(mutant: Mutant) -> frozenset[str]:
    """The rows it turns red, and those that some other mutant of the same functions does."""
    names = overridden(mutant) or frozenset()
    beside = frozenset(row for name in names for row in _red_through()[name])
    return mutant.reds | mutant.sometimes | (beside & rows_to_judge(mutant))


def others(turn: int = TURN) -> dict[str, frozenset[str]]:
    """Those of the other mutants whose turn it is, and the rows to judge them by."""
    chosen = {mutant.name for mutant in mutants()}
    left = [mutant for name, mutant in sorted(CATALOGUE.items()) if name not in chosen]
    turns = len(left) // A_TURN
    return {mutant.name: _sharply(mutant) for mutant in left[turn % turns :: turns]}


def _sharply(mutant: Mutant) -> frozenset[str]:
    return mutant.reds if len(mutant.reds) <= FEW else frozenset({mutant.owner})


@cache
def _red_through() -> dict[str, frozenset[str]]:
    """The rows that any sharp mutant turns red by overriding a function."""
    red: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for mutant in CATALOGUE.values():
        for name in overridden(mutant) or ():
            red[name] |= _sharply(mutant)
    return red
