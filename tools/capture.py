"""Draw the README's picture: a real run on a reference with one defect, as a terminal shows it.

`python -m tools.capture` writes docs/run.svg.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from conformance_tests.embedded import boot
from conformance_tests.report import terminal
from conformance_tests.report.verdict import Report, Row, Terms, judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from tests.docs.pages import ROOT
from tests.mutants.every import CATALOGUE

FILE = ROOT / "docs" / "run.svg"
DEFECT = "finds_the_session_by_the_access_token_alone"
ROW, GROUPS = "CORE-16", ("CORE",)
COMMAND = "auth-conformance run --target staging.toml"
WIDTH = 100
LAST_CALL = 5  # lines of the transcript


def report() -> Report:
    """What the suite says of the defect."""
    with pytest.MonkeyPatch.context() as patch:
        CATALOGUE[DEFECT].patch(patch)
        with boot.embedded_reference() as (booted, wiring):
            target = replace(booted, name="staging", profile="documented", claims=GROUPS)
            options = Options(only=GROUPS, claimed_only=True, rerun=COMMAND)
            run = run_suite(target, options, wiring=wiring)
            return judge(target, run, Terms(claimed_only=True))


def shortened(row: Row) -> Row:
    """A card with the last call alone: the report itself shows them all."""
    cards = (replace(card, transcript=card.transcript[-LAST_CALL:]) for card in row.cards[:1])
    return replace(row, cards=tuple(cards))


def picture(found: Report) -> str:
    """The report as SVG, in the terminal's own colours."""
    out = terminal.console(record=True, file=io.StringIO(), force_terminal=True, width=WIDTH)
    out.print(f"$ {COMMAND}", style="bold")
    terminal.show(replace(found, rows=tuple(map(shortened, found.rows))), out)
    svg = out.export_svg(title=COMMAND, unique_id="run")
    for elsewhere in (r"@font-face \{.*?\}", r"<!--.*?-->", r"[ \t]+$"):  # nothing is fetched
        svg = re.sub(elsewhere, "", svg, flags=re.MULTILINE | re.DOTALL)
    return svg


if __name__ == "__main__":
    FILE.write_text(picture(report()), encoding="utf-8")
