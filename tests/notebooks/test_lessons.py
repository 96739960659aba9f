"""The committed notebooks are whole: executed, clean, in one form, and their links lead somewhere.

That they still give what they show is nbval's part: `nox -s notebooks`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.notebooks import guards
from tests.notebooks.guards import GUARDS, Guard
from tests.notebooks.lessons_on_disk import FOLDER, PATHS, Lesson, read, source

Notebook = dict[str, Any]
Damage = Callable[[Notebook], object]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_lesson_is_whole(path: Any, guard: Guard) -> None:
    """No guard finds a fault in a committed notebook."""
    assert list(guard(read(path))) == []


def test_there_are_lessons() -> None:
    """The notebooks were found, and each number stands once."""
    numbers = [read(path).number for path in PATHS]
    assert numbers
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_start_page_has_every_lesson(path: Any) -> None:
    """notebooks/README.md links to each notebook, with its question and its minutes."""
    lesson, index = read(path), (FOLDER / "README.md").read_text()
    (row,) = (line for line in index.splitlines() if f"]({path.name})" in line)
    assert row.endswith(f" | {guards.minutes(lesson)} |")
    assert f"*{row.split(' | ')[1]}*" in source(lesson.cells[0])


def test_nothing_is_smoothed_over() -> None:
    """Each pattern of the sanitise file would need a comment above it; there is none."""
    lines = (FOLDER / "sanitize.cfg").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


# Each guard sees the fault that it is there for.


def code(notebook: Notebook, number: int) -> Notebook:
    """One of a notebook's code cells."""
    cell: Notebook = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][number]
    return cell


def say(notebook: Notebook, words: str) -> None:
    """Put words into the prose."""
    notebook["cells"][0]["source"].append(f"\n {words}")


def show(notebook: Notebook, kind: str, shown: str = "") -> None:
    data = {"output_type": "display_data", "metadata": {}, "data": {kind: shown}}
    code(notebook, 1)["outputs"].append(data)


def raise_in(notebook: Notebook) -> None:
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["E"]}
    code(notebook, 1)["outputs"].append(error)


STDERR = {"output_type": "stream", "name": "stderr", "text": ["careful"]}
FOREIGN = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.8Zw2hX2tT0v1rQFh4dJ2l2w3QkB1xZkq7yY3cW0sXyA"

DAMAGES: dict[str, tuple[Guard, Damage]] = {
    "a cell was not run": (
        guards.executed_in_order,
        lambda n: code(n, 1).update(execution_count=None),
    ),
    "a cell was run again": (
        guards.executed_in_order,
        lambda n: code(n, 1).update(execution_count=99),
    ),
    "a PNG": (guards.shows_only_what_is_compared, lambda n: show(n, "image/png")),
    "a script": (
        guards.shows_pictures_without_help,
        lambda n: show(n, "text/html", "<script>alert()</script>"),
    ),
    "a picture from elsewhere": (
        guards.shows_pictures_without_help,
        lambda n: show(n, "text/html", '<img src="https://example.com/1.svg">'),
    ),
    "light alone": (
        guards.shows_pictures_without_help,
        lambda n: show(n, "image/svg+xml", "<svg/>"),
    ),
    "stderr": (guards.says_nothing_on_stderr, lambda n: code(n, 1)["outputs"].append(STDERR)),
    "an error": (guards.raises_where_it_says_so, raise_in),
    "no error": (
        guards.raises_where_it_says_so,
        lambda n: code(n, 1)["metadata"].update(tags=["raises-exception"]),
    ),
    "not compared": (
        guards.raises_where_it_says_so,
        lambda n: code(n, 1)["metadata"].update(tags=["nbval-ignore-output"]),
    ),
    "a path": (guards.names_no_machine, lambda n: say(n, "/home/somebody/notes")),
    "a foreign token": (guards.tells_no_secret, lambda n: say(n, FOREIGN)),
    "a key": (guards.tells_no_secret, lambda n: say(n, "AKIA" + "A" * 16)),
    "a password": (guards.tells_no_secret, lambda n: say(n, '$password = "hunter2"')),
    "too long": (guards.keeps_in_bounds, lambda n: say(n, " " * guards.LARGEST)),
    "too many words": (guards.keeps_in_bounds, lambda n: say(n, "word " * guards.WORDS)),
    "too many asserts": (
        guards.keeps_in_bounds,
        lambda n: code(n, -1)["source"].extend(["\nassert True"] * guards.LINES_OF_ASSERTS),
    ),
    "too few minutes": (
        guards.states_its_minutes,
        lambda n: say(n, "word " * guards.WORDS),
    ),
    "minutes twice": (
        guards.states_its_minutes,
        lambda n: n["cells"][-1]["source"].append("*15 minutes, and 10 more for the exercise.*"),
    ),
    "too few cells": (guards.keeps_in_bounds, lambda n: n["cells"].__delitem__(slice(2, -4))),
    "a heading": (guards.has_the_skeleton, lambda n: say(n, "\n\n## Another")),
    "two questions": (
        guards.has_the_skeleton,
        lambda n: n["cells"][0]["source"].append("Or is it?"),
    ),
    "no help": (guards.begins_with_help, lambda n: code(n, 0).update(source=["import lessons"])),
    "a dead link": (guards.leads_somewhere, lambda n: say(n, "[there](99_nothing.ipynb)")),
    "a dead id": (guards.leads_somewhere, lambda n: say(n, "CORE-99")),
    "a dead clause": (guards.leads_somewhere, lambda n: say(n, "clauses 7.9 and 99.1")),
    "another version": (
        guards.is_in_one_form,
        lambda n: n["metadata"]["language_info"].update(version="3.11.7"),
    ),
    "a time": (guards.is_in_one_form, lambda n: code(n, 1)["metadata"].update(execution={})),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_guard_sees_the_fault(name: str) -> None:
    """A notebook with one more fault put in is found out by the guard for it."""
    guard, damage = DAMAGES[name]
    sound = read(PATHS[0])
    notebook = deepcopy(sound.notebook)
    damage(notebook)
    damaged = Lesson(sound.path, dumped(notebook))
    assert set(guard(damaged)) - set(guard(sound)) != set()


def test_a_lesson_that_passes_a_requirement_over_is_found_out() -> None:
    """A requirement whose registry row names a lesson must be mentioned there."""
    sound = read(PATHS[0])
    silent = Lesson(sound.path, "".join(sound.raw.split("-")))
    assert list(guards.teaches_what_the_registry_says(silent)) != []


def test_a_range_of_requirements_names_each_of_them() -> None:
    """`WIRE-01 to WIRE-03` mentions WIRE-02."""
    assert list(guards._ids_in_ranges("WIRE-01 to WIRE-03, CORE-09")) == [
        "WIRE-01",
        "WIRE-02",
        "WIRE-03",
    ]


def test_another_layout_is_found_out() -> None:
    """The same notebook, written with another indent, is not in the one form."""
    sound = read(PATHS[0])
    loose = Lesson(sound.path, json.dumps(sound.notebook, indent=2) + "\n")
    assert list(guards.is_in_one_form(loose)) != []


def dumped(notebook: Notebook) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
