"""The list of known failures stays honest: each has a reason and an id, and really fails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator

from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.target.parts import KnownFailure


def explanation(failure: KnownFailure) -> str:
    """The reason and where it is followed up, in one line."""
    return " ".join(filter(None, (failure.reason, failure.issue)))


def overdue(failure: KnownFailure, today: dt.date) -> bool:
    """Whether its last day has gone by: it counts as a failure again."""
    return failure.until is not None and failure.until < today


def complaints(
    listed: Iterable[KnownFailure], passed: Collection[str], today: dt.date
) -> Iterator[str]:
    """What is wrong with the list, a sentence each; `passed` are the claimed rows that passed."""
    for failure in listed:
        if failure.id not in REQUIREMENTS:
            yield f"Known failure {failure.id} names no requirement: mend the id or take it out."
            continue
        if not failure.reason.strip():
            yield f"Known failure {failure.id} has no reason: say why it fails."
        if failure.id in passed:
            yield f"Known failure {failure.id} passed: take it out of the list."
        elif overdue(failure, today):
            yield f"Known failure {failure.id} was listed until {failure.until}: mend it by now."
