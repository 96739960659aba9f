"""A missing program is counted by name, and forbidden where every test has to run."""

from __future__ import annotations

from pathlib import Path

import pytest

NEEDY = """
import pytest

@pytest.mark.needs("ministack")
def test_needy():
    pass

def test_modest():
    pass
"""


@pytest.fixture
def house(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of one needy and one modest test, on a machine without ministack."""
    monkeypatch.delenv("MINISTACK", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("REQUIRE_TOOLS", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest((Path(__file__).parent / "conftest.py").read_text())
    pytester.makepyfile(NEEDY)
    return pytester


def test_a_missing_program_is_counted_with_its_remedy(house: pytest.Pytester) -> None:
    """The needy test is not run, the modest one is, and the summary says how to run both."""
    result = house.runpytest()
    result.stdout.fnmatch_lines(["1 not run here: nox -s tests", "*1 passed, 1 not run here*"])
    assert result.ret == pytest.ExitCode.OK


def test_a_missing_program_is_red_where_all_must_run(
    house: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With REQUIRE_TOOLS the needy test fails, with the same remedy."""
    monkeypatch.setenv("REQUIRE_TOOLS", "1")
    result = house.runpytest()
    result.stdout.fnmatch_lines(["*ministack is missing: nox -s tests*"])
    assert result.parseoutcomes().get("failed", 0) + result.parseoutcomes().get("errors", 0) == 1


def test_a_present_program_lets_the_test_run(
    house: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the program is found, both tests run and nothing is counted."""
    program = house.path / "ministack"
    program.touch(mode=0o755)
    monkeypatch.setenv("MINISTACK", str(program))
    assert house.runpytest().parseoutcomes() == {"passed": 2}
