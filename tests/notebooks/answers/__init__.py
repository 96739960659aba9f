"""Answers to the exercises: a right one for each, and usual wrong ones with the hint they get.

One module a lesson, as in `lessons/checks/`: `CHECK`, the `RIGHT` answer, and `WRONG` ones by name.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

Check = Callable[[Any], Any]

LESSONS = {
    number: import_module(f"{__name__}.lesson_{number}")
    for number in (f"{n:02}" for n in range(1, 14))
}
RIGHT: dict[str, tuple[Check, Any]] = {
    number: (lesson.CHECK, lesson.RIGHT) for number, lesson in LESSONS.items()
}
WRONG: dict[str, tuple[Check, Any, str]] = {
    f"{number} {name}": (lesson.CHECK, answer, hint)
    for number, lesson in LESSONS.items()
    for name, (answer, hint) in lesson.WRONG.items()
}
