"""The rule behind the twelve cells."""

from __future__ import annotations

from collections.abc import Callable

from lessons.exercise import Hints, exercise
from reference_auth.core.states import CELLS, Access, State


@exercise
def names(answer: Callable[[str, str], str]) -> Hints:
    """A function of two verdicts, as words: the name of the state."""
    known = {state.name for state in State}
    for (access, refresh), state in CELLS.items():
        found = answer(access.value, refresh.value)
        if found == state.name:
            continue
        cell = f"{access.value} × {refresh.value}"
        if found not in known:
            yield f"{found!r}, your answer for {cell}, names none of the four states."
        elif access is Access.FORGED:
            yield (
                f"{cell} is {state.name}: beside a forged access token no refresh token "
                "counts as valid."
            )
        else:
            yield f"{cell} is {state.name}, and you said {found}."
