"""The ACCESS × REFRESH square: four states, each coloured by the requirements that speak of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from conformance_tests.report.finding import Status
from conformance_tests.report.verdict import EVALUATED, Report, Row

Colour = Literal["sound", "warned", "broken", "partly", "unseen"]

#: Rows of the square are the access token's verdict, columns the refresh token's.
STATES: Final = (
    ("ACCESS_VALID_REFRESH_VALID", "ACCESS_VALID_REFRESH_INVALID"),
    ("ACCESS_INVALID_REFRESH_VALID", "ACCESS_INVALID_REFRESH_INVALID"),
)
#: What the flow does in each state.
MEANING: Final = {
    "ACCESS_VALID_REFRESH_VALID": "the same pair goes back",
    "ACCESS_VALID_REFRESH_INVALID": "refused",
    "ACCESS_INVALID_REFRESH_VALID": "a new pair",
    "ACCESS_INVALID_REFRESH_INVALID": "refused; a replay ends every session",
}
#: What each colour says in words, because colour alone says nothing to some readers.
WORDS: Final[dict[Colour, str]] = {
    "sound": "kept",
    "warned": "kept, with warnings",
    "broken": "broken",
    "partly": "partly seen",
    "unseen": "not seen",
}
_BROKEN: Final[frozenset[Status]] = frozenset({"fail", "error", "known-failure"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One state: its rows in the claim, and what they come to."""

    state: str
    colour: Colour
    kept: int
    judged: int
    broken: tuple[str, ...]

    @property
    def says(self) -> str:
        """The cell's outcome in a few words: `broken: CORE-12`."""
        if self.broken:
            return f"{WORDS[self.colour]}: {', '.join(self.broken)}"
        return WORDS[self.colour]


def square(report: Report) -> tuple[tuple[Cell, ...], ...]:
    """The four cells, as two rows of two."""
    return tuple(tuple(_cell(state, report.claimed) for state in line) for line in STATES)


def _cell(state: str, rows: Iterable[Row]) -> Cell:
    mine = [row for row in rows if state in row.requirement.cells]
    judged = [row for row in mine if row.status in EVALUATED or row.status == "error"]
    return Cell(
        state,
        _colour({row.status for row in mine}, any(row.passed for row in mine) or bool(judged)),
        sum(row.status == "pass" for row in judged),
        len(judged),
        tuple(row.requirement.id for row in judged if row.status in (*_BROKEN, "warn")),
    )


def _colour(statuses: set[Status], seen: bool) -> Colour:
    if statuses & _BROKEN:
        return "broken"
    if not seen:
        return "unseen"
    if "warn" in statuses:
        return "warned"
    return "partly" if "not-testable" in statuses else "sound"
