"""Turns a test's result into findings, and into pytest's own report; all of it is redacted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance_tests.deployment.table import denial
from conformance_tests.marks import marker_option, requirements_of
from conformance_tests.outcomes import NotApplicable, NotTestable, Violation
from conformance_tests.printable import printable
from conformance_tests.redaction import SHOWN
from conformance_tests.report.verdict import Card, Finding, Status

if TYPE_CHECKING:
    from conformance_tests.deployment.http.recorder import Recorder
    from conformance_tests.expect.expect import Expect
    from conformance_tests.requirements import Requirement

Outcome = tuple[Status, str | None, Card | None]
#: An optional test that ends so leaves no finding.
UNREPORTED = ("not-applicable", "not-testable")
ONE_TRY = "in 1 try"
#: From worst to best: of several findings pytest's own report shows the first of these.
REPORTED_FIRST = ("error", "fail", "warn", "not-testable", "not-applicable")


def findings_of(
    item: pytest.Item,
    error: BaseException | None,
    expect: Expect | None,
    recorder: Recorder,
    rerun: str,
) -> list[Finding]:
    """What a test says of each of its rows.

    expect: where it ran to its end, what it could not see and what only warns.
    rerun: the command that a card repeats for its row, without the row's id.
    """
    outcomes = [_from_error(error, recorder)] if error else list(_from_run(expect, recorder))
    if marker_option(item, "optional"):
        outcomes = [each for each in outcomes if each[0] not in UNREPORTED]
    return [
        Finding(
            requirement=row.id,
            status=status,
            detail=_tries(row) if status == "pass" and detail is None else detail,
            test=item.nodeid,
            card=card and _with_commands(card, recorder, f"{rerun} {row.id}"),
            level=marker_option(item, "level") or None,
        )
        for row in requirements_of(item)
        for status, detail, card in outcomes
    ]


def _tries(row: Requirement) -> str | None:
    """A race says in how many tries it was run: in one, where its test says nothing."""
    return ONE_TRY if row.group == "RACE" else None


def _from_error(error: BaseException, recorder: Recorder) -> Outcome:
    error = denial(error) or error
    if isinstance(error, NotApplicable):
        return "not-applicable", recorder.redact(str(error), SHOWN), None
    if isinstance(error, NotTestable):
        return "not-testable", recorder.redact(str(error), SHOWN), None
    if isinstance(error, Violation):
        return "fail", None, _card(error, recorder)
    return "error", recorder.redact(f"{type(error).__name__}: {error}", SHOWN), None


def _from_run(expect: Expect | None, recorder: Recorder) -> Iterator[Outcome]:
    """Passed, perhaps with a part unseen or a warning."""
    remarks = "; ".join(expect.remarks if expect else ())
    yield "pass", recorder.redact(remarks, SHOWN) or None, None
    for unseen in dict.fromkeys(expect.unseen_parts if expect else ()):
        yield "not-testable", str(unseen), None
    for broken in expect.warnings if expect else ():
        yield "warn", None, _card(broken, recorder)


def _card(broken: Violation, recorder: Recorder) -> Card:
    return Card(
        expected=recorder.redact(broken.expected, SHOWN),
        actual=recorder.redact(broken.actual, SHOWN),
        transcript=recorder.transcript(),
    )


def _with_commands(card: Card, recorder: Recorder, rerun: str) -> Card:
    curl = recorder.curl()
    return replace(card, reproduce=(rerun, curl) if curl else (rerun,))


# -- in pytest's own terms ---------------------------------------------------------------------


def redacted_report(report: pytest.TestReport, found: Sequence[Finding]) -> pytest.TestReport:
    """pytest's report of a test, with nothing in it that is not redacted."""
    worst = _worst(found)
    if worst is None:
        return _unreported(report) if report.failed else report
    card = worst.card
    text = worst.detail or (f"expected {card.expected}; got {card.actual}" if card else "")
    sentence = printable(f"{worst.requirement} {worst.status}: {text}")
    if worst.status in ("error", "fail"):
        report.outcome, report.longrepr = "failed", sentence
    else:
        report.outcome, report.longrepr = "skipped", (report.nodeid, 0, sentence)
    return report


def _worst(found: Iterable[Finding]) -> Finding | None:
    reported = [finding for finding in found if finding.status in REPORTED_FIRST]
    return min(reported, key=lambda finding: REPORTED_FIRST.index(finding.status), default=None)


def _unreported(report: pytest.TestReport) -> pytest.TestReport:
    """An optional test that could not be judged here."""
    sentence = "looks further than this target lets be seen, and is not missed"
    report.outcome, report.longrepr = "skipped", (report.nodeid, 0, sentence)
    return report
