"""A frozen requirement stays as it is, and a new one is tried for a version before it counts."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from conformance_tests import requirements
from conformance_tests.report import html, junit, markdown, terminal, verdict
from conformance_tests.report.finding import Finding
from conformance_tests.report.verdict import Report, Terms, judge
from conformance_tests.requirements import FIRST_VERSION, REQUIREMENTS, VERSION, Requirement
from conformance_tests.target import model as target
from tests.conformance.frozen.rows import frozen, line, lines_of
from tests.conformance.report.sample_report import passed, run
from tests.conformance.report.sample_report import target as sample

FROZEN = frozen()
NEW = replace(REQUIREMENTS["CORE-27"], id="CORE-99", sentence="It sings.", since="2.1")
NOTES = (Path(__file__).parents[2] / "docs" / "VERSIONS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "version, name", [(v, name) for v, rows in FROZEN.items() for name in rows]
)
def test_a_frozen_requirement_does_not_change(version: str, name: str) -> None:
    """Its id, level and sentence are those of the version that brought it: see docs/VERSIONS.md."""
    assert name in REQUIREMENTS, f"{name} was frozen in {version} and is gone"
    assert line(REQUIREMENTS[name]) == FROZEN[version][name]


def test_every_requirement_is_frozen_or_provisional() -> None:
    """A row that counts stands in the file of the version that brought it, and in no other."""
    counting = [row for row in REQUIREMENTS.values() if not row.provisional]
    for row in counting:
        assert [version for version, rows in FROZEN.items() if row.id in rows] == [row.since]


def test_the_first_version_is_frozen_whole() -> None:
    """Its file is what freezing it would write today, in the catalogue's order."""
    assert list(FROZEN[FIRST_VERSION].values()) == lines_of(FIRST_VERSION)
    assert len(FROZEN[FIRST_VERSION]) == 135


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_no_requirement_comes_from_the_future() -> None:
    """`since` names a version that is there: the present one or an earlier one."""
    assert all(number(row.since) <= number(VERSION) for row in REQUIREMENTS.values())


def test_every_version_has_its_upgrade_notes() -> None:
    """docs/VERSIONS.md has a section for each version that brought a row, and for the present."""
    told = set(re.findall(r"^## (\d+\.\d+)$", NOTES, re.MULTILINE))
    assert told == {VERSION, *(row.since for row in REQUIREMENTS.values())}


def test_the_present_version_counts_its_requirements() -> None:
    """Its section says how many are new, how many there are, and how many are documented."""
    new = sum(row.since == VERSION for row in REQUIREMENTS.values())
    documented = sum(row.documented for row in REQUIREMENTS.values())
    assert f"{new} new requirements, so {len(REQUIREMENTS)} in all; {documented} of" in NOTES


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 2.1, which brings one row that every deployment here breaks."""
    monkeypatch.setattr(requirements, "VERSION", "2.1")
    rows = MappingProxyType({**REQUIREMENTS, NEW.id: NEW})
    for module in (requirements, verdict, target):
        monkeypatch.setattr(module, "REQUIREMENTS", rows)


def judged(terms: Terms | None = None) -> Report:
    broken = run(*passed("CORE-01"), Finding(NEW.id, "fail"))
    return judge(sample(known_failures=()), broken, terms)


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("strict, exit_code", [(False, 0), (True, 1)])
def test_a_new_requirement_only_warns(strict: bool, exit_code: int) -> None:
    """In the version that brings it, a MUST that fails is a warning: red under --strict alone."""
    report = judged(Terms(strict=strict))
    (row,) = (row for row in report.rows if row.requirement is NEW)
    assert (row.status, row.claimed) == ("warn", True)
    assert (report.exit, report.conformant) == (exit_code, not strict)


@pytest.mark.usefixtures("later")
def test_every_report_says_that_a_new_requirement_is_provisional() -> None:
    """Terminal, HTML, JUnit and Markdown name its version beside its sentence."""
    out = terminal.console(record=True, file=io.StringIO())
    terminal.show(judged(), out)
    texts = [out.export_text(), *(form.text(judged()) for form in (html, junit, markdown))]
    assert all("It sings. (new in 2.1, so provisional)" in text for text in texts)


@pytest.mark.usefixtures("later")
def test_from_the_next_version_on_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same failure makes 2.2 red."""
    monkeypatch.setattr(requirements, "VERSION", "2.2")
    report = judged()
    assert [row.requirement for row in report.failed] == [NEW]
    assert report.exit == 1


def test_the_rows_of_the_first_version_count_from_the_start() -> None:
    """The version that brought them is the one they count in."""
    first: Requirement = REQUIREMENTS["CORE-01"]
    assert first.since == FIRST_VERSION
    assert not first.provisional
