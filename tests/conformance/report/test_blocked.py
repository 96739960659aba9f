"""A row is blocked only by a row that failed in the same run, and never counts as conformant."""

from __future__ import annotations

import pytest

from conformance_tests import good_calls
from conformance_tests.commands.known_failures import new_tables
from conformance_tests.good_calls import ECHO, ENDED, ORDER
from conformance_tests.report import terminal
from conformance_tests.report.blocked import blocked
from conformance_tests.report.finding import UNJUDGED, Card, Finding, Status
from conformance_tests.report.verdict import Report, judge
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.target.parts import KnownFailure
from tests.conformance.report.sample_report import passed, run, target

CARD = Card("the same pair again", "another pair")


def failed(row: str, *rests_on: str, status: Status = "fail") -> Finding:
    """A failure; of a call that its test only begins with, if rows are named that ask for it."""
    return Finding(row, status, card=CARD, rests_on=rests_on)


def judged(*findings: Finding, known: tuple[KnownFailure, ...] = (), **changes: object) -> Report:
    """The report of a run with these findings."""
    return judge(target(known_failures=known, **changes), run(*findings))


def statuses(*findings: Finding) -> dict[str, str]:
    """How each row ended."""
    return {each.requirement: each.status for each in blocked(findings)}


CASES: dict[str, tuple[tuple[Finding, ...], str]] = {
    "the call's row failed": ((failed("CORE-05"), failed("CORE-17", *ECHO)), "blocked"),
    "the call's row passed": ((*passed("CORE-05"), failed("CORE-17", *ECHO)), "fail"),
    "the call's row was not judged": ((failed("CORE-17", *ECHO),), "fail"),
    "the call's row could not be seen": (
        (Finding("CORE-05", "not-testable"), failed("CORE-17", *ECHO)),
        "fail",
    ),
    "another row failed": ((failed("CORE-06"), failed("CORE-17", *ECHO)), "fail"),
    "it is what the row asks about": ((failed("CORE-05"), failed("CORE-17")), "fail"),
    "the call's row is blocked itself": (
        (failed("CORE-01"), failed("CORE-05", "CORE-01"), failed("CORE-17", "CORE-05")),
        "fail",
    ),
    "a warning": ((failed("CORE-05"), failed("CORE-17", *ECHO, status="warn")), "blocked"),
    "no answer": ((failed("CORE-05"), failed("CORE-17", *ECHO, status="unanswered")), "blocked"),
    "no answer alone": ((failed("CORE-17", *ECHO, status="unanswered"),), "unanswered"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "-"))
def test_a_row_is_blocked_by_a_failure_alone(case: str) -> None:
    """What nobody else fails for stays failed."""
    findings, expected = CASES[case]
    assert statuses(*findings)["CORE-17"] == expected


def test_no_two_rows_block_each_other() -> None:
    """Where both failed by the call that the other asks for, the simpler one stays failed."""
    both = failed("CORE-25", "CORE-05"), failed("CORE-05", "CORE-25")
    assert statuses(*both) == {"CORE-05": "fail", "CORE-25": "blocked"}


def test_whatever_failed_some_row_is_red() -> None:
    """If every row fails by every call, the first of all stays failed."""
    everything = [failed(row, *ORDER) for row in REQUIREMENTS]
    ended = statuses(*everything)
    assert [row for row, status in ended.items() if status == "fail"] == [ORDER[0]]


def test_a_row_of_the_claim_is_not_blocked_by_advice() -> None:
    """Otherwise the verdict would miss a failure that counts."""
    findings = failed("HARD-01"), failed("CORE-02", "HARD-01"), failed("HARD-03", "HARD-01")
    ended = {row.requirement.id: row.status for row in judged(*findings).rows}
    assert (ended["CORE-02"], ended["HARD-03"]) == ("fail", "blocked")


def test_a_part_that_failed_by_itself_keeps_its_row_red() -> None:
    """And only its card is shown."""
    own = Finding("CORE-17", "fail", card=Card("a refusal", "a pair"))
    report = judged(failed("CORE-05"), failed("CORE-17", *ECHO), own)
    [row] = [row for row in report.rows if row.requirement.id == "CORE-17"]
    assert (row.status, [card.expected for card in row.cards]) == ("fail", ["a refusal"])


def test_a_blocked_row_names_what_blocks_it() -> None:
    """In its detail and by itself, and has no card: it would name a wrong cause."""
    report = judged(failed("CORE-05"), failed("CORE-17", *ECHO))
    [row] = report.of_status("blocked")
    assert (row.detail, row.blocked_by, row.cards) == ("blocked by CORE-05", ("CORE-05",), ())
    assert report.blocked_by("CORE-05") == (row,)


@pytest.mark.parametrize("status", UNJUDGED)
def test_what_was_not_judged_because_of_the_deployment_is_not_conformant(status: Status) -> None:
    """Exit 3, or 1 where something failed; beyond the claim it does not count."""
    unjudged = Finding("CORE-17", status, "why")
    for findings, code in (((), 3), ((failed("CORE-01"),), 1)):
        report = judged(*passed("CORE-02"), unjudged, *findings)
        assert (report.exit, report.conformant, report.partial) == (code, False, True)
    assert judged(*passed("CORE-02"), Finding("HARD-01", status)).exit == 0


def test_a_known_failure_that_is_blocked_is_a_known_failure() -> None:
    """And `--write-known-failures` lists it, as it keeps the verdict from being conformant."""
    findings = failed("CORE-05"), failed("CORE-17", *ECHO)
    known = tuple(KnownFailure(row, "we know") for row in ("CORE-05", "CORE-17"))
    assert judged(*findings, known=known).exit == 0
    written = new_tables(judged(*findings, known=known[:1]))
    assert ('"CORE-17"' in written, '"CORE-05"' in written) == (True, False)


def test_the_calls_name_rows_of_the_order() -> None:
    """A row outside the order would block nothing."""
    calls = {name: rows for name, rows in vars(good_calls).items() if isinstance(rows, tuple)}
    assert ENDED in calls.values()
    assert {row for rows in calls.values() for row in rows} == {*ORDER}
    assert {*ORDER} <= REQUIREMENTS.keys()
    assert len({*ORDER}) == len(ORDER)


def test_the_report_says_once_what_a_failure_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    """One line below the card, no card of a blocked row."""
    others = [failed(f"CORE-{n}", *ECHO) for n in range(16, 20)]
    terminal.show(judged(failed("CORE-05"), *others), terminal.console())
    told = capsys.readouterr().out
    assert "blocks 4 others: CORE-16, CORE-17, CORE-18, CORE-19" in " ".join(told.split())
    assert told.count(CARD.actual) == 1
