"""Turns a test's result into findings, and into pytest's own report; all of it is redacted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest

from conformance_tests.deployment.http.script import script
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.deployment.table_client import denial
from conformance_tests.marks import fixtures_of, marker_option, requirements_of
from conformance_tests.outcomes import NoAnswer, NotApplicable, NotReached, NotTestable, Violation
from conformance_tests.printable import printable
from conformance_tests.redaction import SHOWN, Redactor
from conformance_tests.report.finding import UNJUDGED, Card, Finding, Status
from conformance_tests.report.verdict import case_of
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.runner.where import where

if TYPE_CHECKING:
    from conformance_tests.deployment.instances import Instances
    from conformance_tests.expect.expect import Expect
    from conformance_tests.requirements import Requirement

#: Why a row is unanswered whose test began with a call that got no answer.
UNANSWERED = "got no answer to a call that its test begins with"
#: The other ways to end, the particular before the general.
STATUS_OF: dict[type[BaseException], Status] = {
    Throttled: "unanswered",
    NotReached: "not-reached",
    NotApplicable: "not-applicable",
    NotTestable: "not-testable",
}
#: An optional test that ends so leaves no finding.
UNREPORTED = ("not-applicable", "not-testable")
ONE_TRY = "in 1 try"
#: From worst to best: of several findings pytest's own report shows the first of these.
REPORTED_FIRST = ("error", "fail", *UNJUDGED, "warn", "not-testable", "not-applicable")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test ended, in whole or in part; `rests_on` and `unanswered` as a Violation has it."""

    status: Status
    detail: str | None = None
    card: Card | None = None
    rests_on: tuple[str, ...] = ()
    unanswered: bool = False


def findings_of(
    item: pytest.Item,
    error: BaseException | None,
    expect: Expect | None,
    instances: Instances,
    rerun: str,
) -> list[Finding]:
    """What a test says of each of its rows.

    expect: where it ran to its end, what it could not see and what only warns.
    rerun: the command that a card repeats for its row, without the row's id.
    """
    outcomes = [_from_error(error, instances)] if error else list(_from_run(expect, instances))
    if marker_option(item, "optional"):
        outcomes = [each for each in outcomes if each.status not in UNREPORTED]
    return [
        _finding(item, row, outcome, instances, rerun)
        for row in requirements_of(item)
        for outcome in outcomes
    ]


def walk_findings(
    item: pytest.Item,
    error: BaseException | None,
    instances: Instances,
    rerun: str,
    again: str,
) -> list[Finding]:
    """What a walk has found: the requirement that its last step breaks; a walk passes nothing.

    again: what repeats the walks, after `rerun` and the requirement's id.
    """
    if not isinstance(error, Violation) or error.requirement is None:
        return []
    row, outcome = REQUIREMENTS[error.requirement], _from_error(error, instances)
    found = _finding(item, row, outcome, instances, rerun)
    assert found.card is not None
    command, *others = found.card.reproduce
    card = replace(found.card, story=error.story, reproduce=(f"{command} {again}", *others))
    return [replace(found, card=card)]


def walk_crash(item: pytest.Item, error: BaseException | None) -> str | None:
    """Why the suite itself failed in a walk, where it did."""
    known = (Violation, Throttled, NotReached, NotApplicable, NotTestable)
    if error is None or isinstance(error, known):
        return None
    return f"{case_of(item.nodeid)} broke on {type(error).__name__}"


def _finding(
    item: pytest.Item, row: Requirement, outcome: Outcome, instances: Instances, rerun: str
) -> Finding:
    status, detail, card = outcome.status, outcome.detail, outcome.card
    if status == "pass" and detail is None:
        detail = _tries(row)
    rests_on = tuple(takewhile(lambda other: other != row.id, outcome.rests_on))
    if rests_on and outcome.unanswered and "faults" not in fixtures_of(item):
        status, detail = "unanswered", UNANSWERED
    return Finding(
        requirement=row.id,
        status=status,
        detail=detail,
        test=item.nodeid,
        card=card and _with_commands(card, item, row, instances, rerun),
        level=marker_option(item, "level") or None,
        rests_on=rests_on,
    )


def _tries(row: Requirement) -> str | None:
    """A race says in how many tries it was run: in one, where its test says nothing."""
    return ONE_TRY if row.group == "RACE" else None


def _from_error(error: BaseException, instances: Instances) -> Outcome:
    recorder = instances.main.recorder
    error = denial(error) or error
    if isinstance(error, Violation):
        return _violated("fail", error, instances)
    for kind, status in STATUS_OF.items():
        if isinstance(error, kind):
            return Outcome(status, recorder.redact(str(error), SHOWN))
    return Outcome("error", recorder.redact(f"{type(error).__name__}: {error}", SHOWN))


def _violated(status: Status, broken: Violation, instances: Instances) -> Outcome:
    recorder = instances.main.recorder
    card = Card(
        expected=recorder.redact(broken.expected, SHOWN),
        actual=recorder.redact(broken.actual, SHOWN),
        transcript=recorder.transcript(),
        where=where(broken, instances),
    )
    return Outcome(status, None, card, broken.rests_on, isinstance(broken, NoAnswer))


def _from_run(expect: Expect | None, instances: Instances) -> Iterator[Outcome]:
    """Passed, perhaps with a part unseen or a warning."""
    recorder = instances.main.recorder
    remarks = "; ".join(expect.remarks if expect else ())
    yield Outcome("pass", recorder.redact(remarks, SHOWN) or None)
    for unseen in dict.fromkeys(expect.unseen_parts if expect else ()):
        yield Outcome("not-testable", str(unseen))
    for broken in expect.warnings if expect else ():
        yield _violated("warn", broken, instances)


def _with_commands(
    card: Card, item: pytest.Item, row: Requirement, instances: Instances, rerun: str
) -> Card:
    recorder, again = instances.main.recorder, f"{rerun} {row.id}"
    title = f"{row.id}: {case_of(item.nodeid)}. With clock and faults: {again}"
    curl = recorder.curl()
    return replace(
        card,
        reproduce=(again, curl) if curl else (again,),
        script=script(title, recorder.steps(), instances.main.target.clock.http),
    )


# -- in pytest's own terms ---------------------------------------------------------------------


def redacted_again(finding: Finding, redactor: Redactor) -> Finding:
    """The finding without what was learnt after its test.

    A deployment may tell one test a token before the other test that it belongs to has its answer.
    """
    card = finding.card
    if card is None:
        return finding

    def whole(text: str) -> str:
        return redactor.redact(text, len(text))

    safe = replace(
        card,
        expected=whole(card.expected),
        actual=whole(card.actual),
        transcript=tuple(whole("\n".join(card.transcript)).split("\n")) if card.transcript else (),
        reproduce=tuple(map(whole, card.reproduce)),
        script=whole(card.script),
    )
    return replace(finding, card=safe)


def redacted_report(
    report: pytest.TestReport, found: Sequence[Finding], red: bool
) -> pytest.TestReport:
    """pytest's report of a test, with nothing in it that is not redacted.

    red: whether the verdict will be red because of it; only then pytest is told of a failure.
    """
    worst = _worst(found)
    if worst is None:
        return _unreported(report) if report.failed else report
    card = worst.card
    text = worst.detail or (f"expected {card.expected}; got {card.actual}" if card else "")
    sentence = printable(f"{worst.requirement} {worst.status}: {text}")
    if red:
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
