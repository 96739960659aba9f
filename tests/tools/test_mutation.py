"""The mutation tester itself: what it makes, what it leaves alone, and whom it lets go."""

from __future__ import annotations

import pytest

from tools.mutation.judge import judging
from tools.mutation.listed import reasons
from tools.mutation.made import MODULES, Made, mutants


def changes(module: str, function: str) -> set[str]:
    """What is done to a function."""
    return {one.now for one in mutants(module).values() if one.function == function}


def test_a_comparison_is_shifted_and_forced() -> None:
    """A condition is taken the other way round, by one, always and never."""
    found = changes("core.lifetimes", "rolled_expiry")
    assert {
        "if refresh_expiry - now <= lifetimes.refresh:",
        "if refresh_expiry + now < lifetimes.refresh:",
        "if True:",
        "if False:",
    } <= found


@pytest.mark.parametrize("module", MODULES)
def test_what_nobody_sees_is_left_alone(module: str) -> None:
    """No docstring, annotation, import, repr or log line is changed."""
    for one in mutants(module).values():
        assert not one.was.startswith(('"""', "import ", "from ", "log.", "@"))
        assert "repr" not in f"{one.was} {one.now}" or one.operator == "assignment"


def test_what_is_listed_is_made() -> None:
    """The list names no mutant that the code of today does not have."""
    made = {name for module in MODULES for name in mutants(module)}
    assert [name for name in reasons() if name not in made] == []


def test_the_suite_is_the_judge() -> None:
    """A mutant of a promise is killed by its row; the sound source survives the same rows."""
    [wrong] = [
        one
        for one in mutants("core.lifetimes").values()
        if one.function == "refresh_lifetime" and "and False" in one.now
    ]
    sound = Made("core.lifetimes", "refresh_lifetime", "none", "", "", _sound("core.lifetimes"))
    with judging() as judge:
        told = judge(wrong, {"CORE-04"}), judge(sound, {"CORE-04"})
    assert [(one.end, one.by) for one in told] == [("killed", "CORE-04"), ("survived", "")]


def _sound(module: str) -> str:
    from tools.mutation.made import SOURCE

    return SOURCE.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
