"""The grid's own words: what it calls an error, and the page that it draws, from a made-up record.

Nothing is judged here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.mutants import grid
from tests.mutants.every import CATALOGUE
from tests.mutants.grid import Verdict
from tests.mutants.reach import EVERY_ROW, rows_to_judge

MUTANT = CATALOGUE["takes_an_empty_mode_for_development"]
SOUND = Verdict(MUTANT.name, len(EVERY_ROW), tuple(sorted(MUTANT.reds)))
#: A row that the record calls out of its reach.
FAR = "CORE-01"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "grid.json"


def told(record: Path, verdict: Verdict, *words: str) -> int:
    """What the grid says where this verdict is known already."""
    record.write_text(json.dumps([asdict(verdict)]), encoding="utf-8")
    return grid.main(["--all", "--record", str(record), *words, MUTANT.name])


def test_what_is_as_written_down_is_no_error(record: Path) -> None:
    """Exactly its rows are red: the grid ends with 0."""
    assert told(record, SOUND) == 0


@pytest.mark.parametrize(
    "wrong, said",
    [
        (replace(SOUND, red=(*SOUND.red, "DEV-02")), "also red: DEV-02"),
        (replace(SOUND, red=()), f"not red: {MUTANT.owner}"),
        (replace(SOUND, trouble=("it hung",)), "trouble: it hung"),
    ],
)
def test_what_is_otherwise_is_an_error(
    record: Path, capsys: pytest.CaptureFixture[str], wrong: Verdict, said: str
) -> None:
    """A row too many, one too few or trouble ends it with 1, known before or not."""
    assert told(record, wrong) == 1
    assert said in capsys.readouterr().out


def test_a_red_row_out_of_reach_is_an_error_of_the_record(
    record: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that the catalogue allows for: without `--all` nobody would have judged it."""
    assert FAR not in rows_to_judge(MUTANT)
    monkeypatch.setitem(CATALOGUE, MUTANT.name, replace(MUTANT, sometimes=frozenset({FAR})))
    assert told(record, replace(SOUND, red=(*SOUND.red, FAR))) == 1
    assert f"out of reach in the record: {FAR}" in capsys.readouterr().out


def test_a_whole_grid_does_not_rest_on_a_part(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was judged by fewer rows is judged again, by every row."""
    asked: list[dict[str, frozenset[str]]] = []

    @contextmanager
    def started(rows: dict[str, frozenset[str]]) -> Iterator[dict[str, Future[Verdict]]]:
        asked.append(rows)
        yield {}

    monkeypatch.setattr(grid, "started", started)
    told(record, replace(SOUND, rows=len(rows_to_judge(MUTANT))))
    told(record, SOUND)
    assert asked == [{MUTANT.name: EVERY_ROW}, {}]


def test_the_page_has_a_cell_for_each_mutant_and_row(record: Path, tmp_path: Path) -> None:
    """Its own row, a row out of reach, and one that is red against what is written."""
    drawn = tmp_path / "grid.html"
    told(record, replace(SOUND, red=(*SOUND.red, FAR)), "--page", str(drawn))
    page = drawn.read_text(encoding="utf-8")
    assert f"1 mutants before {len(EVERY_ROW)} requirements" in page
    found = re.findall(r'<td(?: class="(\w+)")? title="([^"]+)"', page)
    cells = {title: kind for kind, title in found}
    assert len(cells) == len(EVERY_ROW)
    assert cells[f"{MUTANT.owner}: red"] == "owner"
    assert cells[f"{FAR}: red"] == "odd"
    assert cells["CORE-02: out of reach"] == "far"
