"""`auth-conformance list` and `explain`: the registry, with the tests that prove each row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any, Final, Literal

from conformance_tests.commands.proofs import broken_by, proven_by
from conformance_tests.commands.usage import group_name, requirement_id
from conformance_tests.requirements import GROUPS, REQUIREMENTS, Requirement

#: What each letter of `observe` stands for.
LETTERS: Final = {
    "H": "HTTP and a customer",
    "S": "the signing secret",
    "T": "the table",
    "K": "the clock, or short lifetimes",
    "F": "the fault proxy",
    "E": "a chosen environment",
    "L": "the log",
}
State = Literal["tested", "excluded", "no test yet"]


def list_rows(groups: Collection[str], form: str) -> int:
    """Print every row of these groups (of all, if none is named), a line each or as JSON."""
    wanted = [group_name(group) for group in groups] or GROUPS
    rows = [row for row in REQUIREMENTS.values() if row.group in wanted]
    if form == "json":
        print(json.dumps([_entry(row) for row in rows], indent=2, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row.id:9} {row.level:6}  {row.observe:12} {state(row):12} {row.sentence}")
    counts = Counter(state(row) for row in rows)
    print(f"{len(rows)} requirements: {', '.join(f'{n} {word}' for word, n in counts.items())}.")
    return 0


def state(row: Requirement) -> State:
    """Whether a row has a test, or a reason to have none."""
    if row.excluded:
        return "excluded"
    return "tested" if row.id in proven_by() else "no test yet"


def _entry(row: Requirement) -> dict[str, Any]:
    return {
        "id": row.id,
        "group": row.group,
        "level": row.level,
        "sentence": row.sentence,
        "observe": row.observe,
        "source": row.source,
        "documented": row.documented,
        "state": state(row),
        "excluded": row.excluded,
        "since": row.since,
        "provisional": row.provisional,
        "tests": list(proven_by().get(row.id, ())),
        "mutants": broken_by().get(row.id, {}),
    }


def explain(name: str) -> int:
    """Print one requirement in full."""
    row = REQUIREMENTS[requirement_id(name)]
    print(f"{row.id}  {row.level}  {row.sentence}\n")
    for title, text in _facts(row):
        print(f"{title:15} {text}")
    return 0


def _facts(row: Requirement) -> Iterator[tuple[str, str]]:
    yield "why", row.why
    yield "likely cause", row.likely_cause
    yield "needs", needs(row)
    yield from _conditions(row)
    if row.cells:
        yield "states", ", ".join(row.cells)
    if row.provisional:
        yield "provisional", f"new in {row.since}: a failure is a warning until the next version"
    yield "profiles", "documented, hardened" if row.documented else "hardened"
    yield "source", row.source
    tests = proven_by().get(row.id, ())
    yield "test", "\n".ljust(17).join(tests) or row.excluded or "no test yet"
    if mutants := broken_by().get(row.id):
        told = (f"{sentence} ({name})" for name, sentence in mutants.items())
        yield "broken by", "\n".ljust(17).join(told)
    if row.notebook:
        yield "notebook", row.notebook
    yield "judge it alone", f"auth-conformance run --target FILE --only {row.id}"


def _conditions(row: Requirement) -> Iterator[tuple[str, str]]:
    if row.environment != "any":
        yield "applies", f"in {row.environment} only"
    if row.feature:
        yield "applies", f"where the target declares {row.feature}"
    if row.must_with:
        yield "level", f"MUST where the target declares {row.must_with}"
    if row.should:
        yield "only SHOULD", row.should
    if row.destructive:
        yield "disturbs", f"{', '.join(row.hazards)}: on production with --allow-destructive only"


def needs(row: Requirement) -> str:
    """`the signing secret and the table, or the clock`."""
    ways = (" and ".join(LETTERS[letter] for letter in sorted(way)) for way in row.ways)
    return ", or ".join(ways)
