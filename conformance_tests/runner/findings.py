"""How a test ended becomes findings, and the same in pytest's own terms; all of it is redacted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pytest

from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.deployment.table import denial
from conformance_tests.expect.sessions import Expect
from conformance_tests.marks import manner_of, requirements_of
from conformance_tests.outcomes import Broken, NotApplicable, NotTestable
from conformance_tests.report.verdict import Card, Finding, Status
from conformance_tests.requirements import Requirement

Ending = tuple[Status, str | None, Card | None]
#: How a test that looks further than its row asks for may end without a word.
UNMISSED = ("not-applicable", "not-testable")
ONCE = "in 1 try"
#: From worst to best: of several findings pytest's own report tells the first of these.
TOLD_FIRST = ("error", "fail", "warn", "not-testable", "not-applicable")


def findings(
    item: pytest.Item,
    error: BaseException | None,
    judge: Expect | None,
    recorder: Recorder,
    again: str,
) -> list[Finding]:
    """What a test says of each of its rows.

    judge: where it ran to its end, what it could not see and what only warns.
    again: the command that a card repeats for its row.
    """
    ends = [_broken_off(error, recorder)] if error else list(_run_through(judge, recorder))
    if manner_of(item, "extra"):
        ends = [end for end in ends if end[0] not in UNMISSED]
    return [
        Finding(
            requirement=row.id,
            status=status,
            detail=_once(row) if status == "pass" and detail is None else detail,
            test=item.nodeid,
            card=card and _with_commands(card, recorder, f"{again} --only {row.id}"),
            level=manner_of(item, "level") or None,
        )
        for row in requirements_of(item)
        for status, detail, card in ends
    ]


def _once(row: Requirement) -> str | None:
    """A race row says how often it tried: once, where its test says no more."""
    return ONCE if row.group == "RACE" else None


def _broken_off(error: BaseException, recorder: Recorder) -> Ending:
    error = denial(error) or error
    if isinstance(error, NotApplicable):
        return "not-applicable", recorder.redact(str(error)), None
    if isinstance(error, NotTestable):
        return "not-testable", recorder.redact(str(error)), None
    if isinstance(error, Broken):
        return "fail", None, _card(error, recorder)
    return "error", recorder.redact(f"{type(error).__name__}: {error}"), None


def _run_through(judge: Expect | None, recorder: Recorder) -> Iterator[Ending]:
    """Passed, perhaps with a part unseen or a warning."""
    yield "pass", recorder.redact("; ".join(judge.remarks if judge else ())) or None, None
    for unseen in dict.fromkeys(judge.unseen_parts if judge else ()):
        yield "not-testable", str(unseen), None
    for broken in judge.warnings if judge else ():
        yield "warn", None, _card(broken, recorder)


def _card(broken: Broken, recorder: Recorder) -> Card:
    return Card(
        expected=recorder.redact(broken.expected),
        actual=recorder.redact(broken.actual),
        transcript=recorder.transcript(),
    )


def _with_commands(card: Card, recorder: Recorder, again: str) -> Card:
    curl = recorder.curl()
    return replace(card, reproduce=(again, curl) if curl else (again,))


# -- in pytest's own terms ---------------------------------------------------------------------


def retold(report: pytest.TestReport, found: Sequence[Finding]) -> pytest.TestReport:
    """pytest's report of a test, with nothing in it that is not redacted."""
    worst = _worst(found)
    if worst is None:
        return _unmissed(report) if report.failed else report
    card = worst.card
    text = worst.detail or (f"expected {card.expected}; got {card.actual}" if card else "")
    sentence = f"{worst.requirement} {worst.status}: {text}"
    if worst.status in ("error", "fail"):
        report.outcome, report.longrepr = "failed", sentence
    else:
        report.outcome, report.longrepr = "skipped", (report.nodeid, 0, sentence)
    return report


def _worst(found: Iterable[Finding]) -> Finding | None:
    told = [finding for finding in found if finding.status in TOLD_FIRST]
    return min(told, key=lambda finding: TOLD_FIRST.index(finding.status), default=None)


def _unmissed(report: pytest.TestReport) -> pytest.TestReport:
    """A test that could not look, and that no row misses."""
    sentence = "looks further than this target lets be seen, and is not missed"
    report.outcome, report.longrepr = "skipped", (report.nodeid, 0, sentence)
    return report
