"""The README tells the truth: its two commands, its target file, its tables, its picture.

That its commands run and its links lead somewhere is held with those of all pages, in docs/.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from conformance_tests.report.exit_codes import EXITS
from conformance_tests.requirements import REQUIREMENTS, VERSION
from conformance_tests.target.load import load
from reference_auth.core.states import CELLS, Access, Refresh, State
from reference_auth.serve.demo import CUSTOMERS
from tools import capture

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_two_commands_are_one_line_each() -> None:
    """The README's first two shell blocks each do all the set-up and the work in one line."""
    for block in BLOCKS[:2]:
        assert block.count("\n") == 1
        assert block.startswith("python3 -m venv .venv && .venv/bin/pip install")
    assert BLOCKS[0].endswith("/auth-conformance run\n")
    assert BLOCKS[1].endswith("/nox\n")


def test_the_readme_s_target_file_is_one(tmp_path: Path) -> None:
    """The target file in the README loads, and opens the capabilities that it says it does."""
    (text,) = re.findall(r"^```toml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    names = re.findall(r'_env = "(\w+)"', text)
    path = tmp_path / "staging.toml"
    path.write_text(text)
    target = load(path, {name: f"{name} of at least 32 bytes, all told" for name in names})
    assert len(target.customers) == 2
    assert target.secret
    assert target.table
    assert target.clock.max_wait


def test_the_readme_s_call_logs_a_demo_customer_in() -> None:
    """The curl in the README names a demo customer and the right password."""
    (body,) = re.findall(r"curl .* -d '(.*)'", README)
    query = json.loads(body)["query"]
    assert any(f'"{c.email}"' in query and f'"{c.password}"' in query for c in CUSTOMERS)


def test_the_readme_s_exit_codes_are_those_of_the_program() -> None:
    """The table of exit codes says what the program's own help says."""
    rows = re.findall(r"^\| (\d) \| (.*) \|$", README, re.MULTILINE)
    assert {int(code): meaning for code, meaning in rows} == dict(EXITS)


def test_the_readme_counts_the_requirements() -> None:
    """It promises as many as there are."""
    assert re.findall(r"(\d+) requirements", README) == [str(len(REQUIREMENTS))]


def test_the_capture_is_of_this_suite() -> None:
    """docs/run.svg says what the program says today; `python -m tools.capture` redraws it."""
    drawn = html.unescape((ROOT / "docs" / "run.svg").read_text()).replace("\xa0", " ")
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", drawn))
    row = REQUIREMENTS[capture.ROW]
    said = [row.likely_cause, f"requirements {VERSION}", f"1 MUST failed ({row.id})"]
    assert not [text for text in said if text not in shown]
    assert row.sentence.split(":")[0] in shown
    assert capture.COMMAND in shown


def test_the_capture_fetches_nothing() -> None:
    """No font, image or script of the picture comes from elsewhere."""
    drawn = (ROOT / "docs" / "run.svg").read_text()
    assert not re.findall(r"@font-face|url\((?!#)|<script|<image|href=\"http", drawn)


def test_the_picture_shows_each_cell_in_its_state() -> None:
    """The README's picture puts each of the twelve cells where the one table does."""
    picture = README.split("```mermaid", 1)[1].split("```", 1)[0]
    everything = ", ".join(refresh.value for refresh in Refresh)
    drawn = {
        (Access(access), Refresh(refresh)): State[name]
        for name, cells in re.findall(r"<b>(ACCESS_\w+)</b>(.*)\"]", picture)
        for access, verdicts in re.findall(r"access (\w+), refresh (.+?)<br/>", cells)
        for refresh in re.split(", | or ", verdicts.replace("any", everything))
    }
    assert drawn == CELLS
