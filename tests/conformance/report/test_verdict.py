"""The verdict only worsens, counts the claim alone and gives one exit code for every case."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from conformance_tests.commands.known_failures import new_tables
from conformance_tests.report.finding import Card, Finding, Status
from conformance_tests.report.verdict import Report, Row, Terms, judge, worst
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.target.parts import KnownFailure
from tests.conformance.report.sample_report import passed, run, target


def row(report: Report, name: str) -> Row:
    """The row of this id."""
    return next(row for row in report.rows if row.requirement.id == name)


def judged(*findings: Finding, terms: Terms | None = None, **changes: object) -> Report:
    """The report of a run with these findings."""
    return judge(target(known_failures=()), run(*findings, **changes), terms)


def test_every_row_of_the_registry_is_reported() -> None:
    """Rows without a finding are there too, in catalogue order."""
    assert [r.requirement.id for r in judged().rows] == list(REQUIREMENTS)


def test_a_row_without_a_test_is_not_testable() -> None:
    """No finding is never a pass."""
    silent = row(judged(), "CORE-01")
    assert (silent.status, silent.detail) == ("not-testable", "no test yet")


def test_of_any_two_parts_the_worse_one_wins() -> None:
    """The status only worsens: pass, not-testable, warn, fail, error; order does not matter."""
    worsening: tuple[Status, ...] = (
        "not-applicable", "pass", "not-testable", "warn", "fail", "error",
    )  # fmt: skip
    for better, worse in itertools.combinations(worsening, 2):
        assert worst((better, worse)) == worst((worse, better)) == worse


def test_a_failure_in_one_part_is_a_failure_though_another_was_unseen() -> None:
    """Whatever can be seen is judged."""
    parts = (Finding("CORE-05", s, test="t") for s in ("pass", "not-testable", "fail"))
    assert row(judged(*parts), "CORE-05").status == "fail"


def test_an_unseen_part_makes_the_row_not_testable_and_says_what_passed() -> None:
    """`detail` holds both."""
    half = judged(
        Finding("CORE-05", "pass", test="suite/test_a.py::test_a"),
        Finding("CORE-05", "not-testable", "needs the table", "suite/test_a.py::test_a"),
    )
    assert row(half, "CORE-05").status == "not-testable"
    assert row(half, "CORE-05").detail == "1 check passed; unseen: needs the table"
    assert row(half, "CORE-05").tests == ("suite/test_a.py::test_a",)


def test_a_part_that_does_not_apply_leaves_the_rest_to_decide() -> None:
    """not-applicable beside a pass is a pass."""
    assert (
        row(judged(*passed("CORE-05"), Finding("CORE-05", "not-applicable")), "CORE-05").status
        == "pass"
    )


def test_a_should_that_fails_is_a_warning() -> None:
    """The level is the registry's, not the test's."""
    report = judged(*passed("CORE-01"), Finding("HARD-16", "fail"))
    assert row(report, "HARD-16").status == "warn"


@pytest.mark.parametrize("level, status", [("MUST", "fail"), ("SHOULD", "warn"), (None, "fail")])
def test_a_finding_may_carry_the_level_of_its_part(level: str | None, status: str) -> None:
    """A SHOULD part of a MUST row warns; a feature can raise a SHOULD."""
    assert row(judged(Finding("HARD-19", "fail", level=level)), "HARD-19").status == status


def test_a_declared_feature_raises_the_level_of_its_row() -> None:
    """RACE-05 is a MUST where grace is declared."""
    from conformance_tests.target.parts import Features

    with_grace = target(features=Features(grace_seconds=30), profile="hardened", claims=("RACE",))
    report = judge(with_grace, run(Finding("RACE-05", "fail")))
    assert (row(report, "RACE-05").status, row(report, "RACE-05").level) == ("fail", "MUST")


def test_an_excluded_row_says_why_whatever_was_found() -> None:
    """HARD-27 belongs to the platform."""
    excluded = row(judged(Finding("HARD-27", "fail")), "HARD-27")
    assert excluded.status == "excluded"
    assert excluded.detail == REQUIREMENTS["HARD-27"].excluded


def test_a_row_of_the_other_environment_does_not_apply() -> None:
    """A production target is not asked what a development server answers."""
    assert row(judged(), "DEV-05").status == "not-applicable"


def test_groups_count_the_claim_alone() -> None:
    """Only claimed groups, and in them only the profile's rows."""
    report = judged(*passed("CORE-01", "GQL-01"), Finding("GQL-05", "fail"))
    assert list(report.groups) == ["CORE", "GQL"]
    assert report.groups["GQL"] == {
        "pass": 1, "fail": 0, "warn": 0, "known-failure": 0,
        "not-applicable": 0, "not-testable": 2, "blocked": 0, "unanswered": 0, "not-reached": 0,
        "excluded": 0, "error": 0,
    }  # fmt: skip


def test_rows_beyond_the_claim_are_advice_only() -> None:
    """A failure there changes neither exit nor verdict; `claimed_only` leaves it out."""
    beyond = Finding("HARD-01", "fail")
    report = judged(*passed("CORE-01"), beyond)
    assert (report.exit, report.conformant) == (0, True)
    assert [r.requirement.id for r in report.of_status("fail", claimed=False)] == ["HARD-01"]
    without = judged(*passed("CORE-01"), beyond, terms=Terms(claimed_only=True))
    assert row(without, "HARD-01").status == "not-applicable"
    assert row(without, "HARD-01").detail == "left out by --claimed-only"


def test_rows_left_out_by_only_are_not_testable() -> None:
    """A run of one row never claims the rest."""
    report = judged(*passed("CORE-01"), terms=Terms(only=("CORE-01",)))
    assert row(report, "CORE-02").detail == "left out by --only"
    assert (report.exit, report.partial) == (0, True)


FAIL, PASS, WARN = (
    Finding("CORE-01", "fail"),
    Finding("CORE-01", "pass"),
    Finding("CORE-02", "warn"),
)
ERROR = Finding("CORE-03", "error", "KeyError")
EXITS: dict[str, tuple[int, bool, Report]] = {
    "all passed": (0, True, judged(*passed(*REQUIREMENTS))),
    "some unseen": (0, True, judged(PASS)),
    "some unseen, complete asked": (3, True, judged(PASS, terms=Terms(require_complete=True))),
    "a MUST failed": (1, False, judged(PASS, FAIL)),
    "a SHOULD failed": (0, True, judged(PASS, WARN)),
    "a SHOULD failed, strict": (1, False, judged(PASS, WARN, terms=Terms(strict=True))),
    "nothing evaluated": (3, False, judged()),
    "nothing but not-applicable": (3, False, judged(Finding("CORE-01", "not-applicable"))),
    "unreachable": (3, False, judged(unreachable="refused")),
    "could not log in, the rest passed": (3, False, judged(PASS, unreachable="refused")),
    "could not log in, the rest failed": (1, False, judged(FAIL, unreachable="refused")),
    "no customers": (3, False, judge(target(customers=(), known_failures=()), run(PASS))),
    "a row broke the suite": (4, False, judged(PASS, ERROR)),
    "a row broke the suite, another failed": (4, False, judged(FAIL, ERROR)),
    "a row beyond the claim broke it": (0, True, judged(PASS, Finding("HARD-01", "error"))),
    "the suite crashed": (4, False, judged(PASS, crashed="boom")),
    "interrupted": (3, False, judged(PASS, interrupted=True)),
    "interrupted after a failure": (1, False, judged(FAIL, interrupted=True)),
    "interrupted in a test": (3, False, judged(PASS, ERROR, interrupted=True)),
}


@pytest.mark.parametrize("case", EXITS, ids=lambda case: case.replace(" ", "-"))
def test_the_exit_code_of_every_case(case: str) -> None:
    """The first that applies, in the order 4, 1, 5, 3, 0."""
    code, conformant, report = EXITS[case]
    assert (report.exit, report.conformant) == (code, conformant)


def test_an_interrupted_or_crashed_run_is_incomplete() -> None:
    """And therefore partial."""
    for report in (judged(PASS, interrupted=True), judged(PASS, crashed="boom")):
        assert report.incomplete
        assert report.partial
    assert not judged(PASS).incomplete


# -- known failures ----------------------------------------------------------------------------

LISTED = KnownFailure("CORE-12", "the proxy strips the header", "#412", dt.date(2027, 1, 31))


def with_list(*listed: KnownFailure, findings: tuple[Finding, ...]) -> Report:
    """The report of a target that lists these failures."""
    return judge(target(known_failures=listed), run(*findings))


def test_a_listed_failure_does_not_fail_the_run() -> None:
    """It is counted by itself, with its reason."""
    report = with_list(LISTED, findings=(PASS, Finding("CORE-12", "fail", card=Card("a", "b"))))
    assert row(report, "CORE-12").status == "known-failure"
    assert row(report, "CORE-12").detail == "the proxy strips the header #412"
    assert (report.exit, report.complaints) == (0, ())


STALE = {
    "it passed": (LISTED, "pass", "passed: take it out"),
    "it has no reason": (KnownFailure("CORE-12"), "fail", "has no reason"),
    "its day has gone": (
        KnownFailure("CORE-12", "x", until=dt.date(2026, 11, 22)),
        "fail",
        "until 2026-11-22",
    ),
    "it names nothing": (KnownFailure("CORE-77", "x"), "fail", "names no requirement"),
}


@pytest.mark.parametrize("case", STALE, ids=lambda case: case.replace(" ", "-"))
def test_a_stale_list_is_exit_5(case: str) -> None:
    """A known failure that passed, ran out, has no reason or names nothing is red."""
    listed, status, sentence = STALE[case]
    finding = Finding(listed.id, status)  # type: ignore[arg-type]
    report = with_list(listed, findings=(PASS, finding))
    assert sentence in report.complaints[0]
    assert (report.exit, report.conformant) == (5, case != "its day has gone")


OVERDUE = KnownFailure("CORE-12", "x", until=dt.date(2026, 11, 22))


def test_a_failure_whose_day_has_gone_counts_as_one_again() -> None:
    """It stands among the failures with its card, and nothing is conformant; the exit stays 5."""
    report = with_list(OVERDUE, findings=(PASS, Finding("CORE-12", "fail", card=Card("a", "b"))))
    assert (row(report, "CORE-12").status, len(row(report, "CORE-12").cards)) == ("fail", 1)
    assert (report.exit, report.conformant) == (5, False)


def test_beside_a_failure_that_nobody_listed_it_is_one_of_two() -> None:
    """1 before 5."""
    report = with_list(OVERDUE, findings=(FAIL, Finding("CORE-12", "fail")))
    assert report.exit == 1
    assert [row.requirement.id for row in report.failed] == ["CORE-01", "CORE-12"]


def test_a_failure_that_is_listed_is_not_written_into_the_list_again() -> None:
    """The file would name one id twice, and be refused."""
    report = with_list(OVERDUE, findings=(PASS, WARN, Finding("CORE-12", "fail")))
    written = new_tables(report)
    assert ('"CORE-02"' in written, '"CORE-12"' in written) == (True, False)


def test_a_day_that_is_today_has_not_gone() -> None:
    """`until` is the last good day."""
    listed = KnownFailure("CORE-12", "x", until=dt.date(2026, 11, 23))
    assert with_list(listed, findings=(PASS, Finding("CORE-12", "fail"))).exit == 0


def test_another_failure_goes_before_a_stale_list() -> None:
    """1 before 5."""
    assert with_list(LISTED, findings=(FAIL, *passed("CORE-12"))).exit == 1


def test_a_stale_list_goes_before_no_verdict() -> None:
    """5 before 3."""
    report = judge(target(known_failures=(LISTED,), customers=()), run(*passed("CORE-12")))
    assert report.exit == 5


def test_a_listed_row_that_could_not_be_seen_is_no_complaint() -> None:
    """Only a pass says that the list is out of date."""
    assert with_list(LISTED, findings=(PASS, Finding("CORE-12", "not-testable"))).exit == 0


def test_an_error_of_the_suite_is_never_a_known_failure() -> None:
    """The list is about the deployment."""
    report = with_list(LISTED, findings=(PASS, Finding("CORE-12", "error")))
    assert row(report, "CORE-12").status == "error"
