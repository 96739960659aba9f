"""`list` and `explain` show the registry and the tests that prove it."""

from __future__ import annotations

import json

import pytest

from conformance_tests.commands import cli
from conformance_tests.commands.explain import state
from conformance_tests.commands.proofs import SUITE, broken_by, proven_by
from conformance_tests.requirements import REQUIREMENTS


def test_the_list_has_every_row_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A line each, and a count at the end."""
    assert cli.main(["list"]) == 0
    *rows, total = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows] == list(REQUIREMENTS)
    assert total.startswith(f"{len(REQUIREMENTS)} requirements: ")


def test_a_group_can_be_listed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """In whatever case it is named, and as JSON."""
    assert cli.main(["list", "--group", "api", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == [f"API-0{n}" for n in range(1, 7)]


def test_a_row_is_excluded_with_its_reason_or_says_whether_it_is_tested() -> None:
    """There is no fourth kind."""
    assert state(REQUIREMENTS["HARD-27"]) == "excluded"
    assert state(REQUIREMENTS["CORE-01"]) == "tested"


def test_every_requirement_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Sentence, level, why, cause, needs, source, mutants, and the test or why there is none."""
    for name, one in REQUIREMENTS.items():
        assert cli.main(["explain", name.lower()]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"{name}  {one.level}  {one.sentence}\n")
        for text in (one.why, one.likely_cause, one.source, f"run --target FILE --only {name}"):
            assert text in shown
        assert "\ntest " in shown
        for proof in (*proven_by().get(name, ()), *broken_by().get(name, {}).values()):
            assert proof in shown


def test_the_marks_are_read_as_pytest_reads_them() -> None:
    """Every name found in the suite's text is a test there, of a row that exists."""
    for name, tests in proven_by().items():
        assert name in REQUIREMENTS
        for test in tests:
            file, _, function = test.partition("::")
            assert f"def {function}(" in (SUITE.parent / file).read_text()
