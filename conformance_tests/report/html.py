"""The HTML report: one file that opens anywhere, on a phone too, in light and in dark."""

from __future__ import annotations

from typing import Final

from conformance_tests.report import wording
from conformance_tests.report.finding import Status
from conformance_tests.report.square import MEANING, STATES, square
from conformance_tests.report.verdict import Report

#: A longer script is left to --scripts.
MOST_SCRIPT: Final = 20_000
#: How each status is called on the page.
LABELS: Final[dict[Status, str]] = {
    "pass": "pass",
    "fail": "fail",
    "warn": "warning",
    "known-failure": "known failure",
    "not-applicable": "not applicable",
    "not-testable": "not testable",
    "blocked": "blocked",
    "unanswered": "unanswered",
    "not-reached": "not reached",
    "excluded": "excluded",
    "error": "error",
}


def text(report: Report) -> str:
    """The report as one self-contained page."""
    from conformance_tests.report.pages import page

    advice = report.of_status("error", "fail", "warn", claimed=False)
    return page(
        "report.html.j2",
        report=report,
        sentence=wording.sentence(report),
        tone={0: "good", 1: "bad"}.get(report.exit, "unsure"),
        square=square(report),
        states=STATES,
        meaning=MEANING,
        groups=wording.groups(report),
        statuses=wording.statuses(report),
        labels=LABELS,
        signs=wording.SIGNS,
        unseen=wording.by_detail(report.of_status("not-testable")),
        red=wording.by_cause(report),
        on_page={row.requirement.id for row in (*report.claimed, *advice)},
        stopped=wording.stopped(report),
        most_script=MOST_SCRIPT,
        unjudged=wording.unjudged(report),
        blocks=wording.blocks,
        owner=wording.owner,
        advice=advice,
        provenance=wording.provenance(report),
        unseen_ids=wording.unseen_ids,
        demand=wording.demand,
    )
