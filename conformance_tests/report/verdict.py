"""What was found becomes rows, groups and one exit code; a row's status only ever worsens.

Only claimed rows count; the rest is advice. Nothing evaluated is never conformant.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from conformance_tests.report import known_failures
from conformance_tests.report.blocked import blocked
from conformance_tests.report.exit_codes import (
    BROKEN_SUITE,
    CONFORMANT,
    FAILED,
    STALE_LIST,
    UNTESTED,
)
from conformance_tests.report.finding import STATUSES, UNJUDGED, Card, Finding, Status
from conformance_tests.report.walked import Walked
from conformance_tests.requirements import REQUIREMENTS, Requirement
from conformance_tests.target.model import Target
from conformance_tests.target.parts import KnownFailure

#: From best to worst: of several parts of a row the last one here wins.
WORSENING: Final[tuple[Status, ...]] = (
    "not-applicable",
    "pass",
    "not-testable",
    "not-reached",
    "unanswered",
    "blocked",
    "warn",
    "fail",
    "error",
)
NO_CUSTOMERS: Final = (
    "no customers were given, so nobody could log in: name two in [[customers]], or set "
    "AUTH_CONFORMANCE_CUSTOMER_1, AUTH_CONFORMANCE_PASSWORD_1 and both _2"
)
LEFT_OUT: Final = "left out by --only"
EVALUATED: Final[frozenset[Status]] = frozenset({"pass", "fail", "warn", "known-failure"})


@dataclass(frozen=True, slots=True)
class Run:
    """One run's findings and its circumstances; each sentence is None where all went well."""

    findings: tuple[Finding, ...]
    started: dt.datetime
    duration_s: float = 0.0
    clock: str = "none"
    skew_s: float | None = None
    command: str = ""
    unreachable: str | None = None
    crashed: str | None = None
    stopped: str | None = None  # the deployment answered no more, or the time was up
    last_request: str | None = None  # the one that it answered no more
    interrupted: bool = False
    left_behind: tuple[str, ...] = ()  # what the run could not clean up
    remark: str | None = None  # what a reader should know of the target before the rows
    walked: Walked | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How hard to judge, and which rows were asked for (ids and groups; none is all)."""

    strict: bool = False
    require_complete: bool = False
    claimed_only: bool = False
    only: tuple[str, ...] = ()
    verbose: bool = False

    def asks_for(self, requirement: Requirement) -> bool:
        """True of the rows that `--only` names."""
        return not self.only or requirement.id in self.only or requirement.group in self.only


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement as judged."""

    requirement: Requirement
    claimed: bool
    status: Status
    level: str
    detail: str | None = None
    parts: tuple[str, ...] = ()  # what `detail` is made of: each unseen or failing part
    passed: int = 0  # how many checks did
    tests: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """All rows with their circumstances; what the verdict says is worked out from them."""

    target: Target
    run: Run
    terms: Terms
    rows: tuple[Row, ...]
    complaints: tuple[str, ...] = ()  # about the list of known failures

    @cached_property
    def claimed(self) -> tuple[Row, ...]:
        """The rows that count."""
        return tuple(row for row in self.rows if row.claimed)

    @cached_property
    def groups(self) -> dict[str, dict[Status, int]]:
        """How many claimed rows of each group ended in each status."""
        counts = {group: Counter[Status]() for group in self.target.claims}
        for row in self.claimed:
            counts[row.requirement.group][row.status] += 1
        return {
            group: {status: count[status] for status in STATUSES} for group, count in counts.items()
        }

    @cached_property
    def failed(self) -> tuple[Row, ...]:
        """The claimed rows that make the run red."""
        red: set[Status] = {"fail", "warn"} if self.terms.strict else {"fail"}
        return tuple(row for row in self.claimed if row.status in red)

    @cached_property
    def unlisted(self) -> tuple[Row, ...]:
        """Those of which the list of known failures says nothing; the others are overdue there."""
        listed = {failure.id for failure in self.target.known_failures}
        return tuple(row for row in self.failed if row.requirement.id not in listed)

    @property
    def evaluated(self) -> int:
        """How many claimed rows were really judged."""
        return sum(row.status in EVALUATED for row in self.claimed)

    @property
    def incomplete(self) -> bool:
        """True of a run that stopped before its end."""
        run = self.run
        return run.interrupted or run.stopped is not None or run.crashed is not None

    @property
    def partial(self) -> bool:
        """True where some of the claim could not be seen."""
        return self.incomplete or bool(self.of_status("not-testable", *UNJUDGED))

    @property
    def suite_failed(self) -> bool:
        """True where the suite itself broke, in whole or in one claimed row."""
        return self.run.crashed is not None or any(row.status == "error" for row in self.claimed)

    @property
    def untested(self) -> str | None:
        """Why there is no verdict, if there is none."""
        if self.run.unreachable:
            return self.run.unreachable
        if self.run.stopped:
            return self.run.stopped
        if self.run.interrupted:
            return "the run was interrupted"
        if not self.target.customers:
            return NO_CUSTOMERS
        if unjudged := self.of_status(*UNJUDGED):
            return _why_unjudged(unjudged)
        if self.evaluated:
            return None
        beyond = any(row.status in EVALUATED for row in self.rows)
        return "nothing of the claim was evaluated" if beyond else "nothing was evaluated"

    @property
    def exit(self) -> int:
        """The first code that applies, in the order 4, 1, 5, 3, 0 (2 never gets this far)."""
        if self.run.interrupted:
            return FAILED if self.failed else UNTESTED
        if self.suite_failed:
            return BROKEN_SUITE
        if self.unlisted:
            return FAILED
        if self.complaints:
            return STALE_LIST
        incomplete = self.terms.require_complete and self.partial
        return UNTESTED if self.untested or incomplete else CONFORMANT

    @property
    def conformant(self) -> bool:
        """True where the claim was looked at and nothing in it is red."""
        sound = not self.failed and not self.suite_failed and self.untested is None
        return sound and self.evaluated > 0

    def blocked_by(self, name: str) -> tuple[Row, ...]:
        """The rows that this one blocks."""
        return tuple(row for row in self.rows if name in row.blocked_by)

    def of_status(self, *statuses: Status, claimed: bool = True) -> tuple[Row, ...]:
        """The rows that ended so, of the claim or beyond it."""
        return tuple(row for row in self.rows if row.claimed is claimed and row.status in statuses)


def judge(target: Target, run: Run, terms: Terms | None = None) -> Report:
    """The report of a run: every row of the registry, whether a test spoke of it or not."""
    terms = terms or Terms()
    spoken: dict[str, list[Finding]] = defaultdict(list)
    claimed = {row.id for row in REQUIREMENTS.values() if target.answers_for(row)}
    for finding in blocked(run.findings, claimed.__contains__):
        spoken[finding.requirement].append(finding)
    today = run.started.date()
    known = {f.id: f for f in target.known_failures if not known_failures.overdue(f, today)}
    rows = tuple(
        _row(requirement, spoken[requirement.id], target, run, terms, known)
        for requirement in REQUIREMENTS.values()
    )
    passed = {row.requirement.id for row in rows if row.claimed and row.status == "pass"}
    complaints = known_failures.complaints(target.known_failures, passed, today)
    return Report(target, run, terms, rows, tuple(complaints))


def _row(
    requirement: Requirement,
    findings: list[Finding],
    target: Target,
    run: Run,
    terms: Terms,
    known: Mapping[str, KnownFailure],
) -> Row:
    claimed = target.answers_for(requirement)
    if terms.claimed_only and not claimed:
        return _unspoken(requirement, claimed, "not-applicable", "left out by --claimed-only")
    if requirement.excluded:
        return _unspoken(requirement, claimed, "excluded", requirement.excluded)
    if not findings:
        return _silent(requirement, claimed, target, run, terms)
    level = requirement.level_with(target.declared)
    judged = [(finding, _status(finding, level)) for finding in findings]
    status = worst(each for _, each in judged)
    red = [finding for finding, each in judged if each == status and each in ("fail", "warn")]
    parts = tuple(dict.fromkeys(_said(finding) for finding, each in judged if each == status))
    passed = sum(each == "pass" for _, each in judged)
    detail = _detail(parts, status, passed)
    if (red or status == "blocked") and requirement.id in known:
        status, detail = (
            "known-failure",
            known_failures.explanation(known[requirement.id]) or detail,
        )
    return Row(
        requirement,
        claimed,
        status,
        level=next((f.level for f in red if f.level), level),
        detail=detail,
        parts=tuple(filter(None, parts)),
        tests=tuple(dict.fromkeys(finding.test for finding in findings if finding.test)),
        passed=passed,
        cards=tuple(_card(finding, finding.card) for finding in red if finding.card),
        blocked_by=tuple(
            dict.fromkeys(f.blocked_by for f, each in judged if f.blocked_by and each == status)
        ),
    )


def _card(finding: Finding, card: Card) -> Card:
    return replace(card, case=case_of(finding.test))


def case_of(test: str) -> str:
    """`a replay burns [laptop]` for `suite/test_replay.py::test_a_replay_burns[laptop]`."""
    name, bracket, parameters = test.partition("::")[2].partition("[")
    return name.removeprefix("test_").replace("_", " ") + (bracket and f" [{parameters}")


def _unspoken(requirement: Requirement, claimed: bool, status: Status, detail: str) -> Row:
    return Row(requirement, claimed, status, requirement.level, detail, (detail,))


def _silent(requirement: Requirement, claimed: bool, target: Target, run: Run, terms: Terms) -> Row:
    """A row of which no test spoke: it does not concern the target, or it could not be seen."""
    if rests := target.leaves_out(requirement):
        return _unspoken(requirement, claimed, "not-applicable", rests)
    if not terms.asks_for(requirement):
        return _unspoken(requirement, claimed, "not-testable", LEFT_OUT)
    if why := _why_not_reached(run):
        return _unspoken(requirement, claimed, "not-reached", why)
    return _unspoken(requirement, claimed, "not-testable", "no test yet")


def _why_not_reached(run: Run) -> str | None:
    if run.crashed:
        return "the suite failed before it"
    stopped = run.unreachable or run.stopped
    return "the run was interrupted" if run.interrupted and not stopped else stopped


def _why_unjudged(rows: tuple[Row, ...]) -> str:
    """Why rows of the claim were not judged; of several reasons each with its number of rows."""
    reasons = Counter(row.detail for row in rows).most_common()
    told = "; ".join(f"{count} {reason}" for reason, count in reasons)
    why = told if len(reasons) > 1 else reasons[0][0]
    noun = "requirement" if len(rows) == 1 else "requirements"
    return f"{len(rows)} {noun} of the claim could not be judged: {why}"


def _status(finding: Finding, level: str) -> Status:
    """The level decides, never the test: a SHOULD that fails is a warning."""
    gentle = (finding.level or level) != "MUST"
    return "warn" if finding.status == "fail" and gentle else finding.status


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of several parts of one row."""
    return max(statuses, key=lambda status: _RANK.get(status, 0))


_RANK: Final = {status: rank for rank, status in enumerate(WORSENING)}


def _detail(parts: Iterable[str], status: Status, passed: int) -> str | None:
    """What the worst parts say; beside an unseen part, how much passed."""
    details = "; ".join(filter(None, parts))
    if status == "not-testable" and passed:
        return f"{passed} {'check' if passed == 1 else 'checks'} passed; unseen: {details}"
    return details or None


def _said(finding: Finding) -> str:
    card = finding.card
    return finding.detail or (f"expected {card.expected}; got {card.actual}" if card else "")
