"""The whole grid, mutant by row, as one page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jinja2

from conformance_tests.requirements import GROUPS, REQUIREMENTS
from tests.mutants.catalogue import Mutant
from tests.mutants.every import CATALOGUE
from tests.mutants.reach import EVERY_ROW, rows_to_judge

TEMPLATE = Path(__file__).with_name("page.html.j2")


def html(red: dict[str, frozenset[str]]) -> str:
    """The page, from the rows that each mutant turned red."""
    made = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    rows = [row for row in REQUIREMENTS.values() if row.id in EVERY_ROW]
    return made.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        rows=rows,
        mutants=sorted((CATALOGUE[name] for name in red), key=_by_owner),
        cells=lambda mutant: list(_cells(mutant, red[mutant.name], [row.id for row in rows])),
    )


def _by_owner(mutant: Mutant) -> tuple[int, str, int]:
    return GROUPS.index(REQUIREMENTS[mutant.owner].group), mutant.owner, len(mutant.reds)


def _cells(mutant: Mutant, red: frozenset[str], ids: list[str]) -> Iterator[tuple[str, str]]:
    """For each row its class and what it says: red as written down, red unexpectedly, and so on."""
    judged = rows_to_judge(mutant)
    for id_ in ids:
        if id_ in red:
            kind = (
                "owner"
                if id_ == mutant.owner
                else "red"
                if id_ in mutant.reds | mutant.sometimes
                else "odd"
            )
            yield kind, f"{id_}: red"
        elif id_ in mutant.reds - mutant.sometimes:
            yield "odd", f"{id_}: not red, and it should be"
        else:
            yield ("", f"{id_}: green") if id_ in judged else ("far", f"{id_}: out of reach")
