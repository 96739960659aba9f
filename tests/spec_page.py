"""SPEC.md as data: its clauses, its tables, and the requirement ids that stand in it."""

from __future__ import annotations

import re
from pathlib import Path

from conformance_tests.requirements import GROUPS

PAGE = (Path(__file__).parents[1] / "SPEC.md").read_text(encoding="utf-8")
BODY, ANNEX = PAGE.split("## Annex A. ")

_ID = re.compile(rf"\b(?:{'|'.join(GROUPS)})-\d\d\b")
_QUOTED = re.compile(r"`([^`]*)`")


def table(*header: str, within: str = PAGE) -> list[list[str]]:
    """The rows below the one table with this header; a cell that is all code loses its marks."""
    top = f"| {' | '.join(header)} |\n"
    assert within.count(top) == 1, header
    below = within.split(top)[1].split("\n\n")[0].strip().splitlines()[1:]
    return [[_plain(cell.strip()) for cell in line.strip("|").split("|")] for line in below]


def ids(text: str) -> list[str]:
    """The requirement ids in a text, in its order."""
    return _ID.findall(text)


def _plain(cell: str) -> str:
    quoted = _QUOTED.fullmatch(cell)
    return quoted[1] if quoted else cell


def _clauses() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*$", "", BODY, flags=re.MULTILINE)
    _, *parts = re.split(r"^\*\*(\d+\.\d+)\*\*", text, flags=re.MULTILINE)
    return list(zip(parts[::2], parts[1::2], strict=True))


#: Each clause's number and text, headings left out, in the page's order.
CLAUSES = _clauses()
TEXTS = dict(CLAUSES)
