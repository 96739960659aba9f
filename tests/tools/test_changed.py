"""What is being worked on is read from git: files, functions, and the tests of both."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import changed

MODULE = """
import os

LIMIT = 1


def one() -> int:
    return LIMIT


class Two:
    @property
    def three(self) -> int:
        return 3
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with a branch on which nothing has been done yet."""
    for name in ("reference_auth/core/rolling.py", "reference_auth/flow/flow.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(MODULE)
    for name in ("core/test_rolling.py", "flow/test_burn.py"):
        path = tmp_path / "tests/reference" / name
        path.parent.mkdir(parents=True)
        path.touch()
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "-b", "work")
    return tmp_path


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True)


def commit(root: Path) -> None:
    git(root, "add", "-A")
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    git(root, *who, "commit", "-q", "-m", "Work")


def edit(root: Path, old: str, new: str) -> Path:
    path = root / "reference_auth/core/rolling.py"
    path.write_text(path.read_text().replace(old, new))
    return path


@pytest.mark.parametrize(
    "old, new, names",
    [
        ("return LIMIT", "return LIMIT + 1", {"one"}),
        ("    @property\n", "", {"Two.three"}),
        ("        return 3", "        raise ValueError", {"Two.three"}),
        ("LIMIT = 1", "LIMIT = 2", {"one", "Two.three"}),
        ("import os", "import sys", set()),
    ],
)
@pytest.mark.parametrize("committed", [True, False])
def test_functions_that_differ(
    tree: Path, old: str, new: str, names: set[str], committed: bool
) -> None:
    """A function that differs is named; a constant concerns each of them, an import none."""
    path = edit(tree, old, new)
    if committed:
        commit(tree)
    assert changed.files(tree) == [path]
    assert changed.functions(path, tree) == names


def test_a_new_file_differs_as_a_whole(tree: Path) -> None:
    """Git need not know it yet."""
    path = tree / "reference_auth/core/states.py"
    path.write_text(MODULE)
    assert changed.files(tree) == [path]
    assert changed.functions(path, tree) == {"one", "Two.three"}


def test_on_main_the_last_commits_are_the_work(tree: Path) -> None:
    """Some commits are looked back, or as many as a shallow clone has."""
    git(tree, "checkout", "-q", "main")
    edit(tree, "return 3", "return 4")
    commit(tree)
    assert [path.name for path in changed.files(tree)] == ["rolling.py"]


def test_on_main_what_is_under_way_is_the_work(tree: Path) -> None:
    """A slip that is not committed yet is not lost among the last commits' files."""
    git(tree, "checkout", "-q", "main")
    edit(tree, "LIMIT = 1", "LIMIT = 2")
    commit(tree)
    path = tree / "reference_auth/flow/flow.py"
    path.write_text(path.read_text().replace("return 3", "return 4"))
    assert changed.files(tree) == [path]


def test_a_tree_without_history_has_no_changes(tmp_path: Path) -> None:
    """An unpacked archive is no repository."""
    assert changed.files(tmp_path) == []


def test_the_tests_of_a_file_are_in_the_folder_of_its_name(tree: Path) -> None:
    """The file of the same name where there is one, else the folder."""
    edit(tree, "return 3", "return 4")
    assert {*changed.units(tree)} == {*changed.ALWAYS, "tests/reference/core/test_rolling.py"}
    (tree / "reference_auth/flow/flow.py").write_text("")
    assert "tests/reference/flow" in changed.units(tree)


def test_what_a_tool_wrote_is_held_by_the_test_that_compares_it(tree: Path) -> None:
    """The published mutants belong to no module of the suite: they need not all of its tests."""
    path = tree / "conformance_tests/mutants.json"
    path.parent.mkdir()
    path.write_text("{}")
    (tree / "tests/conformance/actors").mkdir(parents=True)
    (tree / "tests/conformance/actors/test_pool.py").touch()
    selected = {*changed.units(tree)}
    assert "tests/mutants/test_catalogue.py" in selected
    assert "tests/conformance" not in selected
