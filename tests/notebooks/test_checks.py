"""The hidden checks let right answers pass, and name what a wrong one misses."""

from __future__ import annotations

import pytest

from lessons import checks
from tests.notebooks.answers import RIGHT, WRONG


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_passes(name: str) -> None:
    """The check finds nothing missed."""
    check, answer = RIGHT[name]
    assert check(answer).words == "Right."
    assert check(answer).is_right


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_told_what_it_misses(name: str) -> None:
    """The hint names the thing that was missed."""
    check, answer, hint = WRONG[name]
    assert not check(answer).is_right
    assert hint in check(answer).words


@pytest.mark.parametrize("name", checks.__all__)
def test_an_open_exercise_is_no_error(name: str) -> None:
    """A check says what to do while there is no answer, and takes any nonsense for a wrong one."""
    check = getattr(checks, name)
    assert check(...).words.startswith("Nothing to check yet")
    assert not check(None).is_right
    assert not check(lambda *_: 1 / 0).is_right


def test_each_check_is_tried_both_ways() -> None:
    """Every exercise has a right answer and wrong ones here."""
    assert {check.__name__ for check, _ in RIGHT.values()} == set(checks.__all__)
    assert {check.__name__ for check, *_ in WRONG.values()} == set(checks.__all__)
