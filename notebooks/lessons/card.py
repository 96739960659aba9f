"""A failure card of the suite, as text for the eye.

Secrets bear numbers in a card, so that equality stays visible. They count from the run's beginning;
here they count from the card's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import fill

from conformance_tests.report.verdict import Card, Report, Row

WIDTH = 100
#: Headers that every request or answer of the suite has.
USUAL = ("content-type", "accept", "cache-control")

_SECRET = re.compile(r"<(\w+)#(\d+)>")


@dataclass(frozen=True, slots=True)
class Opened:
    """One red row with the first of its cards."""

    row: Row

    @property
    def card(self) -> Card:
        """What was expected, what came, and how to see it again."""
        return self.row.cards[0]

    def __repr__(self) -> str:
        return renumbered("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        requirement, card = self.row.requirement, self.card
        yield told(f"{requirement.id} {self.row.level}", requirement.sentence)
        yield told("case", card.case)
        yield told("expected", card.expected)
        yield told("actual", card.actual)
        yield "transcript"
        yield from (f"  {line}" for line in card.transcript if _is_worth_reading(line))
        yield told("likely cause", requirement.likely_cause)
        yield told("why it matters", requirement.why)
        yield told("reproduce", card.reproduce[0])


def opened(report: Report, id: str) -> Opened:
    """The card of a requirement that a deployment broke."""
    return Opened(next(row for row in report.rows if row.requirement.id == id))


def renumbered(text: str) -> str:
    """The same text with its secrets counted from 1, in the order in which they turn up."""
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for found in _SECRET.finditer(text):
        if found[0] not in names:
            counts[found[1]] += 1
            names[found[0]] = f"<{found[1]}#{counts[found[1]]}>"
    return _SECRET.sub(lambda found: names[found[0]], text)


def told(head: str, words: str) -> str:
    """A word and what it stands for, in two columns."""
    return fill(f"{head:<15} {words}", WIDTH, subsequent_indent=" " * 16, break_on_hyphens=False)


def _is_worth_reading(line: str) -> bool:
    """A request's or an answer's own line; how far a clock was moved differs from run to run."""
    return line[0] in "<>" and line[2:].partition(":")[0].lower() not in USUAL
