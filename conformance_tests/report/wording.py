"""What every report says in the same words: the verdict, what to add, the provenance."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from conformance_tests import __version__
from conformance_tests.report.exit_codes import BROKEN_SUITE, CONFORMANT, FAILED, STALE_LIST
from conformance_tests.report.finding import STATUSES, UNJUDGED, Card, Status
from conformance_tests.report.suite_failure import OPENING
from conformance_tests.report.verdict import LEFT_OUT, Report, Row
from conformance_tests.requirements import VERSION

#: One sign for each status, for those who do not see the colour.
SIGNS: Final[dict[Status, str]] = {
    "pass": "✓",
    "fail": "✗",
    "warn": "!",
    "known-failure": "≈",
    "not-applicable": "–",
    "not-testable": "?",
    "blocked": "⊘",
    "unanswered": "∅",
    "not-reached": "…",
    "excluded": "·",
    "error": "‼",
}


#: Of more rows than this that were not judged for one reason only their number is told.
MANY_IDS: Final = 30
#: Whose part it is.
FLOW: Final = "the flow itself"
HOST: Final = "the HTTP server in front of the flow"
#: Requirements of other groups than GQL that the HTTP server keeps.
OF_HOST: Final = ("HARD-22",)
REPRODUCE: Final = "reproduce"
#: What stands above the steps of a walk.
WALK: Final = "found by a walk"
#: Of a long transcript so many lines are shown from its beginning, and so many from its end.
FIRST_LINES: Final = 10
LAST_LINES: Final = 30


def sentence(report: Report) -> str:
    """The verdict in one sentence."""
    return _OPENINGS.get(report.exit, _untested)(report) + _incomplete(report)


def _conformant(report: Report) -> str:
    left_out = sum(row.detail == LEFT_OUT for row in report.claimed)
    unseen = len(report.of_status("not-testable")) - left_out
    known = len(report.of_status("known-failure"))
    warned = len(report.of_status("warn"))
    asides = [
        _kept(report, left_out),
        *([f"with {count(warned, 'warning')}"] if warned else []),
        *([f"but for {count(known, 'known failure')}"] if known else []),
        *([f"as far as it could be tested: {count(unseen, 'row')} not testable"] if unseen else []),
    ]
    rest = f"; {count(left_out, 'row')} of the claim ({claim_of(report)}) left out"
    return (
        f"{', '.join(asides)}{rest if left_out else ''}{', so partial' if report.partial else ''}."
    )


def _kept(report: Report, left_out: int) -> str:
    if left_out:
        return f"Conformant in what was asked for (--only {' '.join(report.terms.only)})"
    return f"Conformant to what was claimed ({claim_of(report)})"


def asked_beyond(report: Report) -> tuple[Row, ...]:
    """Rows beyond the claim that `--only` names: whoever asks for one wants to read of it."""
    beyond = [row for row in report.rows if not row.claimed and row.status != "excluded"]
    return tuple(r for r in beyond if report.terms.only and report.terms.asks_for(r.requirement))


def asked(report: Report, status: Status) -> tuple[Row, ...]:
    """The rows of the claim that ended so, of those that were asked for."""
    rows = report.of_status(status)
    return tuple(row for row in rows if report.terms.asks_for(row.requirement))


def groups(report: Report) -> dict[str, Counter[Status]]:
    """How the claimed rows that were asked for ended, group by group."""
    counts: dict[str, Counter[Status]] = {}
    for row in report.claimed:
        if report.terms.asks_for(row.requirement):
            counts.setdefault(row.requirement.group, Counter())[row.status] += 1
    return counts


def statuses(report: Report) -> list[Status]:
    """The statuses that any of them ended in, and `pass` in any case."""
    ended = set[Status]().union(*groups(report).values())
    return [status for status in STATUSES if status == "pass" or status in ended]


def stopped(report: Report) -> str | None:
    """Why the run stopped before its end, and at which request."""
    told = filter(None, (report.run.stopped, report.run.last_request))
    return ": ".join(told) or None


def by_cause(report: Report) -> tuple[Row, ...]:
    """What is red of the claim: failures before warnings, and first what blocks most others."""
    red = report.of_status("error", "fail", "warn")
    return tuple(
        sorted(
            red,
            key=lambda row: (row.status == "warn", -len(report.blocked_by(row.requirement.id))),
        )
    )


def blocks(report: Report, row: Row) -> str:
    """`13 others: CORE-07, …`, of those that count; empty where it blocks none."""
    blocked = report.blocked_by(row.requirement.id)
    claimed = [other for other in blocked if other.claimed]
    beyond = count(len(blocked) - len(claimed), "row")
    told = f"{count(len(claimed), 'other')}: {ids_of(claimed)}" if claimed else ""
    more = f"{beyond} beyond the claim" if len(blocked) > len(claimed) else ""
    return "; and ".join(filter(None, (told, more)))


def unjudged(report: Report) -> dict[str, str]:
    """Why rows of the claim were not judged, and which: what no failure's card says already."""
    shown = {row.requirement.id for row in by_cause(report)}
    left = [r for r in report.of_status(*UNJUDGED) if not shown.intersection(r.blocked_by)]
    reasons: dict[str, list[Row]] = defaultdict(list)
    for row in left:
        reasons[row.detail or row.status].append(row)
    return {reason: _ids_or_groups(rows) for reason, rows in reasons.items()}


def _ids_or_groups(rows: Sequence[Row]) -> str:
    """The ids; of many, how many there are in each group."""
    if len(rows) <= MANY_IDS:
        return ids_of(rows)
    groups = Counter(row.requirement.group for row in rows)
    return f"{len(rows)} rows ({', '.join(f'{n} of {group}' for group, n in groups.items())})"


def owner(row: Row) -> str:
    """Who is likely to mend it: the flow, or the HTTP server in front of it."""
    return HOST if row.requirement.group == "GQL" or row.requirement.id in OF_HOST else FLOW


def last_call(card: Card) -> tuple[str, ...]:
    """The last exchange of a card's transcript: request line and body, status and answer."""
    requests = [n for n, line in enumerate(card.transcript) if _begins_request(line)]
    last = card.transcript[requests[-1] :] if requests else card.transcript
    sides = [[line for line in last if line.startswith(side)] for side in ("> ", "< ")]
    return tuple(line for side in sides for line in dict.fromkeys((*side[:1], *side[-1:])))


def _begins_request(line: str) -> bool:
    return line.startswith("> ") and "://" in line and line[2:].partition(" ")[0].isupper()


def story(card: Card) -> tuple[str, ...]:
    """The steps of a walk, numbered; the last one is the one that failed."""
    return tuple(f"{number}. {step}" for number, step in enumerate(card.story, start=1))


def other_cases(row: Row) -> str:
    """The cases whose cards are not shown."""
    others = row.cards[1:]
    cases = "; ".join(card.case for card in others if card.case)
    return f"{count(len(others), 'case')} more{cases and ': '}{cases}"


def _failed(report: Report) -> str:
    must = [row for row in report.failed if row.status == "fail"]
    kinds = [(must, "MUST"), ([row for row in report.failed if row not in must], "SHOULD")]
    said = " and ".join(f"{count(len(rows), word)} failed" for rows, word in kinds if rows)
    blocked = len(report.of_status("blocked"))
    rest = f"; {count(blocked, 'other')} not judged because of that" if blocked else ""
    return f"Not conformant: {said} ({ids_of(report.failed)}){rest}."


def _suite_failed(report: Report) -> str:
    broken = report.of_status("error")
    told = report.run.crashed or f"it broke on {ids_of(broken)}"
    return f"No verdict: the suite itself failed: {told.removeprefix(OPENING).rstrip('.')}."


def _stale(report: Report) -> str:
    told = "; ".join(complaint.rstrip(".") for complaint in report.complaints)
    return f"The list of known failures is out of date: {told}."


def _untested(report: Report) -> str:
    if report.untested is None:
        unseen = count(len(report.of_status("not-testable")), "row")
        return f"Not complete, and --require-complete asks for it: {unseen} of the claim not seen."
    return f"No verdict: {report.untested.rstrip('.')}."


def _incomplete(report: Report) -> str:
    if not report.incomplete or report.exit != FAILED:
        return ""
    return " The run is incomplete: it stopped before its end."


_OPENINGS: Final = {
    CONFORMANT: _conformant,
    FAILED: _failed,
    BROKEN_SUITE: _suite_failed,
    STALE_LIST: _stale,
}


def claim_of(report: Report) -> str:
    """`profile hardened: CORE, WIRE`."""
    return f"profile {report.target.profile}: {', '.join(report.target.claims)}"


def count(number: int, noun: str) -> str:
    """`1 row`, `2 rows`; words in capitals take no ending."""
    return f"{number} {noun}" + ("s" if number != 1 and not noun.isupper() else "")


def ids_of(rows: Iterable[Row]) -> str:
    """Every id: each may be one to act on."""
    return ", ".join(row.requirement.id for row in rows)


def ends_of(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines; of many, the first few and the last, where a test fails."""
    left_out = len(lines) - FIRST_LINES - LAST_LINES
    if left_out <= 0:
        return tuple(lines)
    told = f"… {count(left_out, 'line')} left out: see --html …"
    return (*lines[:FIRST_LINES], told, *lines[-LAST_LINES:])


_TO_ADD: Final = re.compile(r"needs .*; add .*")


def by_detail(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows that lack the same things, together: what to add, and what it would show."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        lacks = dict.fromkeys(_split(part)[1] for part in row.parts)
        named = [lack for lack in lacks if not lack.startswith(LEFT_OUT)]
        if named:  # what was not reached or not asked for, the verdict's own sentence says
            grouped["; and ".join(named)].append(row)
    return dict(sorted(grouped.items(), key=lambda item: -len(item[1])))


def demand(row: Row) -> str:
    """What the row asks for, and where it is provisional, the version that brought it."""
    requirement = row.requirement
    new = f" (new in {requirement.since}, so provisional)" if requirement.provisional else ""
    return requirement.sentence + new


def unseen_ids(rows: Iterable[Row]) -> str:
    """Every id, and of a row that was partly seen what passed and what stayed unseen."""
    return ", ".join(row.requirement.id + _seen(row) for row in rows)


def _seen(row: Row) -> str:
    if not row.passed:
        return ""
    what = ", ".join(dict.fromkeys(filter(None, (_split(part)[0] for part in row.parts))))
    return f" ({count(row.passed, 'check')} passed{what and '; unseen: '}{what})"


def _split(part: str) -> tuple[str, str]:
    """`that the row is gone` and `needs the table; add [table]`: what is unseen, for want of what.

    A part that names no remedy is all of it the second.
    """
    found = _TO_ADD.search(part)
    return (part[: found.start()].rstrip(": "), found[0]) if found else ("", part)


def provenance(report: Report) -> dict[str, str]:
    """What was judged, by what, when and how."""
    target, run = report.target, report.run
    version = f" {target.version}" if target.version else ""
    return {
        "target": f"{target.name}{version}, {target.url}",
        "environment": target.environment,
        "claim": claim_of(report),
        "suite": f"{__version__}, requirements {VERSION}",
        "clock": run.clock + skew(report),
        "started": run.started.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "took": f"{run.duration_s:.1f} s",
        **({"walks": str(run.walked)} if run.walked else {}),
        "command": run.command,
        **({"left behind": "; ".join(run.left_behind)} if run.left_behind else {}),
    }


def skew(report: Report) -> str:
    """How far the deployment's clock is from ours, where it was seen."""
    seconds = report.run.skew_s
    if seconds is None or not report.evaluated:
        return ""
    if abs(seconds) < 1:
        return "; the deployment's clock agrees with ours"
    side = "ahead of" if seconds > 0 else "behind"
    return f"; the deployment's clock is {abs(seconds):.0f} s {side} ours"
