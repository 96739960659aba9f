"""What one test says of one requirement, and the status that it gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Status = Literal[
    "pass",
    "fail",
    "warn",
    "known-failure",
    "not-applicable",
    "not-testable",
    "blocked",
    "unanswered",
    "not-reached",
    "excluded",
    "error",
]
STATUSES: Final[tuple[Status, ...]] = Status.__args__  # type: ignore[attr-defined]
#: Not judged because of what the deployment did, or because the run stopped: never conformant.
UNJUDGED: Final[tuple[Status, ...]] = ("blocked", "unanswered", "not-reached")


@dataclass(frozen=True, slots=True)
class Card:
    """A failure in full, already redacted."""

    expected: str
    actual: str
    transcript: tuple[str, ...] = ()
    reproduce: tuple[str, ...] = ()
    case: str = ""  # the test's name in words, with its parameters
    where: tuple[str, ...] = ()  # the instance, the fault, the session
    script: str = ""  # a shell script from the login to the failure
    story: tuple[str, ...] = ()  # the steps of a walk that found it, a sentence each


@dataclass(frozen=True, slots=True)
class Finding:
    """What one test says of one requirement; `level` stands where a feature raises the row's.

    rests_on: the rows that ask for the call that failed, where the test only began with it.
    blocked_by: which of them failed too, and explains this.
    """

    requirement: str
    status: Status
    detail: str | None = None
    test: str = ""
    card: Card | None = None
    level: str | None = None
    rests_on: tuple[str, ...] = ()
    blocked_by: str | None = None
