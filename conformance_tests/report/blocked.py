"""Which findings are blocked: the test began with a good call, and that call's own row failed.

A test logs in, refreshes or revokes before it comes to its own question. Where such a call fails,
the row that asks for the call has failed, and the test has not seen its own row. It is blocked only
if the other row failed in the same run: otherwise nobody would say what is wrong, so it stays
failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from conformance_tests.good_calls import ORDER
from conformance_tests.report.finding import Finding

#: What a finding may say that a failed good call explains.
EXPLAINED: Final = ("fail", "warn", "unanswered")
BLOCKED_BY: Final = "blocked by "


def blocked(
    findings: Sequence[Finding], counts: Callable[[str], bool] = lambda row: True
) -> tuple[Finding, ...]:
    """The findings, those that another row's failure explains as `blocked`.

    counts: whether a row counts in the verdict; one that does is not blocked by one that does not.
    """
    failed: list[str] = []
    for row in ORDER:
        own = (each for each in findings if each.requirement == row and each.status == "fail")
        if any(_blocker(each, failed, counts) is None for each in own):
            failed.append(row)
    return tuple(_resolved(each, _blocker(each, failed, counts)) for each in findings)


def _resolved(finding: Finding, blocker: str | None) -> Finding:
    if blocker is None:
        return finding
    told = f"{BLOCKED_BY}{blocker}"
    return replace(finding, status="blocked", detail=told, blocked_by=blocker)


def _blocker(finding: Finding, failed: Iterable[str], counts: Callable[[str], bool]) -> str | None:
    """The failed row that explains a finding; None where the finding stands for itself."""
    row = finding.requirement
    before = ORDER[: ORDER.index(row)] if row in ORDER else ORDER
    for other in failed if finding.status in EXPLAINED else ():
        explains = other in finding.rests_on and other in before
        if explains and (counts(other) or not counts(row)):
            return other
    return None
