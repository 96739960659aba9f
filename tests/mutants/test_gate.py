"""The gate: each mutant turns red what it is said to break, and nothing else that is near it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.mutants import gate
from tests.mutants.every import CATALOGUE
from tests.mutants.grid import Verdict, started

MUTANTS = gate.mutants()


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Verdict]]]:
    """The verdicts of all mutants that are asked for, being found on every core."""
    asked = {item.name for item in request.session.items}
    wanted = [mutant for mutant in MUTANTS if f"test_a_mutant[{mutant.name}]" in asked]
    with started({mutant.name: gate.rows(mutant) for mutant in wanted}) as found:
        yield found


@pytest.mark.parametrize("name", [mutant.name for mutant in MUTANTS])
def test_a_mutant(verdicts: dict[str, Future[Verdict]], name: str) -> None:
    """It breaks exactly the rows beside it, of those that are judged here."""
    [mutant] = [mutant for mutant in MUTANTS if mutant.name == name]
    verdict = verdicts[name].result()
    assert verdict.trouble == ()
    assert mutant.explains(verdict.red), sorted({*verdict.red} ^ mutant.reds)


def test_those_whose_turn_it_is() -> None:
    """Of the mutants that are left to the grid, a few break what is written beside them."""
    rows = gate.others()
    with started(rows) as coming:
        found = {name: verdict.result() for name, verdict in coming.items()}
    broken = {name: (one.red, one.trouble) for name, one in found.items()}
    assert broken == {name: (tuple(sorted(red)), ()) for name, red in rows.items()}


def test_everyone_has_a_turn() -> None:
    """Each mutant that the gate leaves to the grid has one among them."""
    left = CATALOGUE.keys() - {mutant.name for mutant in MUTANTS}
    assert {name for turn in range(len(left)) for name in gate.others(turn)} == left
