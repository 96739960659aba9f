"""A failure card of the suite as text, short enough for a notebook and the same in each run.

The suite numbers the secrets of a whole run; here they are numbered from 1 within the card.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import fill

from conformance_tests.report.finding import Card
from conformance_tests.report.verdict import Report, Row

WIDTH = 100
#: Headers that every request or answer of the suite has.
USUAL = ("content-type", "accept", "cache-control")

_SECRET = re.compile(r"<(\w+)#(\d+)>")


@dataclass(frozen=True, slots=True)
class FailureCard:
    """One requirement that a server broke, with the first of its cards."""

    row: Row

    @property
    def card(self) -> Card:
        """What was expected, what came instead, and how to repeat it."""
        return self.row.cards[0]

    def __repr__(self) -> str:
        return renumbered("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        requirement, card = self.row.requirement, self.card
        yield two_columns(f"{requirement.id} {self.row.level}", requirement.sentence)
        yield two_columns("case", card.case)
        yield two_columns("expected", card.expected)
        yield two_columns("actual", card.actual)
        yield "transcript"
        yield from (f"  {line}" for line in card.transcript if _is_shown(line))
        yield two_columns("likely cause", requirement.likely_cause)
        yield two_columns("why it matters", requirement.why)
        yield two_columns("reproduce", card.reproduce[0])


def card_of(report: Report, id: str) -> FailureCard:
    """The card of a requirement that a server broke."""
    return FailureCard(next(row for row in report.rows if row.requirement.id == id))


def renumbered(text: str) -> str:
    """The same text, its secrets numbered from 1 in the order in which they appear."""
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for found in _SECRET.finditer(text):
        if found[0] not in names:
            counts[found[1]] += 1
            names[found[0]] = f"<{found[1]}#{counts[found[1]]}>"
    return _SECRET.sub(lambda found: names[found[0]], text)


def two_columns(head: str, words: str) -> str:
    """A short word on the left, a longer text on the right."""
    return fill(f"{head:<15} {words}", WIDTH, subsequent_indent=" " * 16, break_on_hyphens=False)


def _is_shown(line: str) -> bool:
    """Requests and answers, without usual headers; how far a clock was moved differs by run."""
    return line[0] in "<>" and line[2:].partition(":")[0].lower() not in USUAL
