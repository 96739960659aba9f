"""What `python -m build` makes holds what a stranger needs, and nothing that is not ours."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("conformance_tests", "reference_auth")
#: What no Python file can do without, beside the code itself.
NEEDED = (
    "conformance_tests/py.typed",
    "conformance_tests/report/schema.json",
    "conformance_tests/report/templates/report.html.j2",
    "conformance_tests/requirements.toml",
    "conformance_tests/suite/pytest.ini",
    "conformance_tests/suite/test_refresh.py",
    "conformance_tests/vectors/module_tokens.json",
    "reference_auth/py.typed",
)
PAPERS = ("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SPEC.md", "noxfile.py")
SECONDS = 120


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and with the wheel that was made from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def sdist(built: Path) -> set[str]:
    """The names in the sdist, without the folder that they all lie in."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def files_of(package: str) -> set[str]:
    """Every file of a package in this tree."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_is_the_two_packages_to_the_last_file(wheel: zipfile.ZipFile) -> None:
    """Registry, vectors, schema, templates, suite and page are in; tests and lessons are not."""
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert set(NEEDED) <= found
    assert found == set().union(*map(files_of, PACKAGES))


def test_the_wheel_names_both_programs_and_the_plugin(wheel: zipfile.ZipFile) -> None:
    """What pip puts on the PATH, and what pytest finds by itself."""
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    points = ConfigParser()
    points.read_string(wheel.read(name).decode())
    assert {section: sorted(points[section]) for section in points.sections()} == {
        "console_scripts": ["auth-conformance", "reference-auth"],
        "pytest11": ["conformance"],
    }


def test_the_sdist_is_enough_to_work_on(sdist: set[str]) -> None:
    """It holds the packages, our own tests, the lessons and every paper of the root."""
    assert set().union(*map(files_of, PACKAGES)) <= sdist
    assert set(PAPERS) | {"tests/package/test_package.py", ".ci/run"} <= sdist
    assert any(name.endswith(".ipynb") for name in sdist)


def test_the_sdist_holds_nothing_that_was_made_here(sdist: set[str]) -> None:
    """No cache, environment or built file is handed on."""
    made = {"__pycache__", ".venv", ".nox", "dist", "build", ".git", ".pytest_cache"}
    assert not {name for name in sdist if made & set(Path(name).parts)}
