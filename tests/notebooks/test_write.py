"""A notebook is written in one form, whatever a front end left in it."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

import write
from tests.notebooks.guards import is_in_one_form
from tests.notebooks.lessons_on_disk import PATHS, Lesson, read


@pytest.fixture
def used() -> Any:
    """A lesson as a front end may save it."""
    notebook: Any = nbformat.reads(read(PATHS[0]).raw, as_version=4)
    notebook.metadata["language_info"]["version"] = "3.13.1"
    notebook.metadata["widgets"] = {"state": {}}
    for cell in notebook.cells:
        cell.metadata["execution"] = {"iopub.execute_input": "2026-11-23T04:00:00Z"}
        cell.metadata["collapsed"] = True
    return notebook


def test_what_a_front_end_noted_is_left_out(used: Any) -> None:
    """Times, versions and widget state go, and what is left is the committed lesson."""
    write.normalise(used)
    assert written(used).raw == read(PATHS[0]).raw


def test_without_it_the_guard_would_see(used: Any) -> None:
    """The same notebook, as it was saved, is not in the one form."""
    assert list(is_in_one_form(written(used))) != []


def test_tags_are_kept(used: Any) -> None:
    """A cell that is meant to raise still says so."""
    before = [cell.metadata.get("tags") for cell in used.cells]
    write.normalise(used)
    assert [cell.metadata.get("tags") for cell in used.cells] == before
    assert ["raises-exception"] in before


def written(notebook: Any) -> Lesson:
    return Lesson(PATHS[0], nbformat.writes(notebook, indent=1).rstrip("\n") + "\n")
