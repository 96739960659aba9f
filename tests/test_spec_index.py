"""SPEC.md is whole: its numbers run, each requirement has a clause, its departures are marked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import reference_auth
from conformance_tests.requirements import REQUIREMENTS, VERSION, Requirement
from tests.spec_page import ANNEX, CLAUSES, PAGE, TEXTS, ids, table

ANNEX_ROWS = table("id", "level", "only with", "clauses", within=ANNEX)
DEPARTURES = "21.1"  # lists ids without setting anything down
MARK = re.compile(r"#\s*Departs:(.*)")


def test_the_version_is_the_registrys() -> None:
    """The page says which version of the requirements it speaks of."""
    assert f"\nRequirements version {VERSION}.\n" in PAGE


def test_clauses_are_numbered_without_a_gap() -> None:
    """Sections run from 1, the clauses of each run from 1, and none is written twice."""
    sections = [int(number) for number in re.findall(r"^## (\d+)\.", PAGE, re.MULTILINE)]
    assert sections == list(range(1, len(sections) + 1))
    numbers = [number for number, _ in CLAUSES]
    wanted = [
        f"{section}.{clause}"
        for section in sections
        for clause in range(1, 1 + sum(each.startswith(f"{section}.") for each in numbers))
    ]
    assert numbers == wanted


def test_every_reference_leads_somewhere() -> None:
    """Each clause or section that the page points to exists."""
    for number in re.findall(r"\bclauses? (\d+\.\d+)", PAGE):
        assert number in TEXTS
    for number in re.findall(r"\bsections? (\d+)", PAGE):
        assert f"\n## {number}. " in PAGE


def test_every_id_of_the_page_exists() -> None:
    """The page names no requirement that the registry does not have."""
    assert set(ids(PAGE)) <= set(REQUIREMENTS)


def annex_row(row: Requirement) -> list[str]:
    """What the annex says of a requirement: level, condition, and the clauses that name it."""
    raised = f", MUST with {row.must_with}" if row.must_with else ""
    partly = ", in part SHOULD" if row.should else ""
    condition = row.feature or ("" if row.environment == "any" else row.environment)
    places = [n for n, text in TEXTS.items() if row.id in ids(text) and n != DEPARTURES]
    return [row.id, f"{row.level}{raised}{partly}", condition, ", ".join(places)]


@pytest.mark.parametrize("row", REQUIREMENTS.values(), ids=lambda row: row.id)
def test_the_annex_tells_each_requirement(row: Requirement) -> None:
    """A requirement stands in the annex with its level, condition and clauses, and has a clause."""
    said = next((each for each in ANNEX_ROWS if each[0] == row.id), None)
    assert said == annex_row(row)
    assert said[-1]


def test_the_annex_is_in_the_registrys_order() -> None:
    """The annex has one line for each requirement, in the catalogue's order."""
    assert [each[0] for each in ANNEX_ROWS] == list(REQUIREMENTS)


def test_the_departures_are_those_marked_in_the_code() -> None:
    """Section 21 lists a requirement if and only if the reference's code bears its mark."""
    files = Path(reference_auth.__file__).parent.rglob("*.py")
    marks = "\n".join(MARK.findall("\n".join(each.read_text(encoding="utf-8") for each in files)))
    listed = [
        name for each in table("ids", "the module", "this flow", "why") for name in ids(each[0])
    ]
    assert len(listed) == len(set(listed))
    assert set(ids(marks)) == set(listed)
