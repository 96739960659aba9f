"""The first cell of each lesson finds `lessons` from any folder, or says what to do."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.notebooks.lessons_on_disk import FOLDER, PATHS, ROOT, read, source


def run(code: str, folder: Path, *options: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run code as a kernel does: the working directory is on its path."""
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


def imports(path: Path) -> str:
    """The first statement of a lesson: its imports and their message."""
    return source(read(path).code[0]).partition("from None")[0] + "from None"


def test_an_editable_install_finds_the_lessons_from_any_folder(tmp_path: Path) -> None:
    """pyproject.toml puts the folder of `lessons` on the path of such an install."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    path = ":".join(str(ROOT / folder) for folder in build["dev-mode-dirs"])
    done = run("\n".join(map(imports, PATHS)), tmp_path, path=path)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_folder_of_a_lesson_is_enough(tmp_path: Path) -> None:
    """JupyterLab starts a kernel there."""
    done = run("\n".join(map(imports, PATHS)), FOLDER)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("folder", [FOLDER, ROOT], ids=["notebooks", "root"])
def test_a_kernel_without_the_packages_says_what_to_do(path: Path, folder: Path) -> None:
    """The message names what is missing, the kernel to choose, and a command."""
    done = run(imports(path), folder, "-S")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: No module named")
    assert "Choose the kernel of the clone's .venv (Python 3.11 or newer)" in last
    assert '%pip install -e "FOLDER-OF-THE-CLONE[notebooks]" and restart the kernel.' in last
    assert "Traceback" in done.stderr
    assert "During handling" not in done.stderr
