"""Which mutants are judged when, and by which requirements.

`nox` judges those that the change touches and a fixed dozen, `nox -s deep` all of them: each by the
requirements that it breaks and by those that other mutants of the same functions are made for.
`--by reach` takes all that it could break, `--by all` those too that the record of `reach` leaves
out, where a red one shows that the record is wrong; they take an hour and more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from conformance_tests.commands.proofs import SUITE, proven_by
from conformance_tests.requirements import REQUIREMENTS
from tests.mutants.catalogue import Mutant
from tests.mutants.every import CATALOGUE
from tests.mutants.reach import SOURCE, TESTABLE, module, overridden, reachable
from tools import changed

DOZEN = 12
#: Of a change that touches more than this, `nox` judges the sharpest, of every requirement first.
MOST = 24
IDS = [*REQUIREMENTS]
HERE = Path(__file__).parent
#: Their mutants are right in the first case.
CONDITIONAL = ("tests.mutants.later", "tests.mutants.elsewhere")


def every() -> list[str]:
    """All mutants; those that break the most take longest, and come first."""
    return sorted(CATALOGUE, key=lambda name: -len(CATALOGUE[name].reds))


def dozen() -> list[str]:
    """One of each group, and of the first groups another: what breaks least else, none twice."""
    sharpest = in_turn(CATALOGUE.values(), lambda one: one.owner)
    owners = {CATALOGUE[name].owner: CATALOGUE[name] for name in reversed(sharpest)}
    return in_turn(owners.values(), lambda one: REQUIREMENTS[one.owner].group)[:DOZEN]


def in_turn(mutants: Iterable[Mutant], kind: Callable[[Mutant], str]) -> list[str]:
    """The sharpest of each kind, then the next of each kind, and so on."""
    by_sharpness = sorted(mutants, key=lambda one: (len(one.reds), one.name))
    places: Counter[str] = Counter()
    order: list[tuple[int, int, str]] = []
    for one in by_sharpness:
        order.append((places[kind(one)], IDS.index(one.owner), one.name))
        places[kind(one)] += 1
    return [name for *_, name in sorted(order)]


def touched() -> list[str]:
    """The mutants of the functions that the change touches, of the tests, and those it changes."""
    functions: set[str] = set()
    ids: set[str] = set()
    names: set[str] = set()
    for path in changed.files():
        if path.suffix != ".py":
            continue
        if SOURCE in path.parents:
            functions |= {f"{module(path)}:{name}" for name in changed.functions(path)}
        elif path.parent == SUITE:
            tests = {f"{SUITE.name}/{path.name}::{name}" for name in changed.functions(path)}
            ids |= {id_ for id_, proofs in proven_by().items() if tests & {*proofs}}
        elif path.parent == HERE:
            names |= changed.functions(path)
    found = [
        one
        for one in CATALOGUE.values()
        if one.name in names or one.owner in ids or (overridden(one) or set()) & functions
    ]
    return in_turn(found, lambda one: one.owner)


def near(mutant: Mutant) -> frozenset[str]:
    """The requirements it breaks, and those that other mutants of the same functions are made for.

    A conditional one is judged by its own alone: what else it breaks, a plainer one breaks as well.
    """
    if mutant.patch.__module__ in CONDITIONAL:
        return mutant.reds | mutant.sometimes
    names = overridden(mutant) or frozenset()
    beside = frozenset(id_ for name in names for id_ in _broken_through()[name])
    return mutant.reds | mutant.sometimes | (beside & reachable(mutant))


@cache
def _broken_through() -> dict[str, frozenset[str]]:
    """The requirements for which mutants override a function, by its name."""
    broken: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    plain = (one for one in CATALOGUE.values() if one.patch.__module__ not in CONDITIONAL)
    for mutant in plain:
        for name in overridden(mutant) or ():
            broken[name] |= {mutant.owner}
    return broken


#: Which requirements judge a mutant, by the name of the choice.
BY: dict[str, Callable[[Mutant], frozenset[str]]] = {
    "near": near,
    "reach": reachable,
    "all": lambda mutant: TESTABLE,
}
