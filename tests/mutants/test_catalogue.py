"""The catalogue: every row that can be tested has a mutant, and the suite can name it."""

from __future__ import annotations

import re

import pytest

from conformance_tests.commands.proofs import MUTANTS, broken_by
from tests.mutants.catalogue import mutant
from tests.mutants.equivalent import EQUIVALENT, SPARED
from tests.mutants.every import CATALOGUE
from tests.mutants.listed import LISTED
from tests.mutants.reach import TESTABLE, Watching, overridden, reachable, recorded
from tools import publish_mutants as published

MOST = 12


def test_every_testable_row_is_broken_by_a_mutant_of_its_own() -> None:
    """MUST and SHOULD alike: no exception has been needed."""
    owned = {mutant.owner for mutant in CATALOGUE.values()}
    assert owned == TESTABLE


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_mutant_names_rows_that_exist(name: str) -> None:
    """Its owner and all that it turns red stand in the registry, and its sentence is one."""
    one = CATALOGUE[name]
    assert one.reds | one.sometimes <= TESTABLE
    assert not one.reds & one.sometimes
    assert one.owner in one.reds
    assert re.fullmatch(r"[^\n]+\.", one.sentence)


def test_a_mutant_breaks_few_requirements() -> None:
    """One that breaks more says only that all is broken, so none does that could be sharper."""
    assert [one.name for one in CATALOGUE.values() if len(one.reds) > MOST] == []


def test_the_mutants_of_the_requirements_are_all_there() -> None:
    """Each of M01 to M67 breaks the rows it was said to break, but for those told with a reason."""
    broken = {name: set[str]() for name in LISTED}
    for one in CATALOGUE.values():
        for name in one.known_as.split():
            broken[name] |= one.reds
    whole = {(name, row) for name, rows in LISTED.items() for row in rows.split()}
    spared = {(name, row) for name, row in whole if row not in broken[name]}
    assert len(LISTED) == 67
    assert spared == {(one.known_as, one.row) for one in SPARED}


def test_what_is_equivalent_is_near_a_row() -> None:
    """Each of them names the row that one would look for."""
    assert {one.near for one in EQUIVALENT} <= TESTABLE


def test_the_suite_publishes_the_mutants() -> None:
    """What `explain` shows is this catalogue; `python -m tools.publish_mutants` writes it."""
    assert published.text() == MUTANTS.read_text(encoding="utf-8")
    assert set(broken_by()) == TESTABLE


def test_the_record_knows_the_reference() -> None:
    """Each function that a mutant overrides is recorded; else the record is an old one."""
    for one in CATALOGUE.values():
        unknown = (overridden(one) or frozenset()) - recorded().keys()
        assert not unknown, "run python -m tools.record_reach"


def test_a_mutant_is_judged_by_the_rows_it_breaks() -> None:
    """No red row lies where the record says that nothing reaches."""
    unreached = {one.name: one.reds - reachable(one) for one in CATALOGUE.values()}
    unreached = {name: rows for name, rows in unreached.items() if rows}
    assert unreached == {}, "run python -m tools.record_reach"


def test_two_mutants_of_one_name_are_refused() -> None:
    """A name stands for one defect."""
    [name, *_] = CATALOGUE

    def twin(patch: pytest.MonkeyPatch) -> None:
        """Nothing."""

    twin.__name__ = name
    with pytest.raises(ValueError, match="two mutants"):
        mutant("CORE-01")(twin)


def test_what_is_overridden_by_other_means_concerns_every_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A variable of the environment has no function that one could look up."""
    watching = Watching(monkeypatch)
    watching.setenv("MOOD", "calm")
    assert watching.overridden == [None]
