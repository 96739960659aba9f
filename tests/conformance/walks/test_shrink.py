"""A failing history becomes the shortest that fails."""

from __future__ import annotations

import pytest

from conformance_tests.walks.shrink import Steps, renumbered, shrink
from conformance_tests.walks.steps import LOG_IN, REFRESH, REVOKE, Step

LONG = tuple(Step(REFRESH, number) for number in range(20))
REVOKED = Step(REVOKE, 7)


@pytest.mark.parametrize("needed", [(), (3,), (0, 12, 18)])
def test_what_is_not_needed_is_dropped(needed: tuple[int, ...]) -> None:
    """The steps that it takes stay, in their order, and the last one."""
    wanted = (*(LONG[place] for place in needed), REVOKED)
    short = shrink((*LONG, REVOKED), lambda steps: set(wanted) <= {*steps}, 200)
    assert short == wanted


def test_a_step_becomes_plain() -> None:
    """The instance, the scheme, the moment and remember_me go where they do not matter."""
    odd = (
        Step(LOG_IN, 1, how="true"),
        Step(REFRESH, 1, how="BEARER", production=True),
        Step(REVOKE, 2, at_once=True),
    )
    assert shrink(odd, lambda steps: len(steps) == 3, 50) == (
        Step(LOG_IN, 1, how="absent"),
        Step(REFRESH, 1),
        Step(REVOKE, 2),
    )


def test_sessions_are_numbered_as_they_appear() -> None:
    """That of another customer keeps its name."""
    steps = (Step(LOG_IN, 3), Step(REFRESH, 0), Step(LOG_IN, 1), Step(REVOKE, 3))
    assert [step.session for step in renumbered(steps)] == [1, 0, 2, 1]


def test_it_ends_after_so_many_tries() -> None:
    """However long the history is."""
    tried: list[Steps] = []

    def fails(steps: Steps) -> bool:
        tried.append(steps)
        return True

    shrink(LONG, fails, 3)
    assert len(tried) == 3
