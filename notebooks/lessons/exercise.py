"""An exercise has a hidden check, which says what a wrong answer misses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

Hints = Iterator[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says about an answer: that it is right, or the first thing that it misses."""

    is_right: bool
    words: str

    def __repr__(self) -> str:
        return self.words


OPEN = Verdict(False, "Nothing to check yet. Write your answer above, then run both cells.")


def exercise(find_faults: Callable[[Any], Hints]) -> Callable[[Any], Verdict]:
    """Turn a generator of hints into a check; `...` means that there is no answer yet."""

    @wraps(find_faults)
    def check(answer: Any) -> Verdict:
        if answer is ...:
            return OPEN
        try:
            missed = next(find_faults(answer), None)
        except Exception as error:  # the reader's own code may raise anything
            return Verdict(False, f"Not yet. Your answer raised {type(error).__name__}: {error}")
        return Verdict(True, "Right.") if missed is None else Verdict(False, f"Not yet. {missed}")

    return check
