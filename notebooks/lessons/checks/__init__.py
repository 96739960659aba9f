"""The hidden checks of the exercises. Reading on spoils them."""

from lessons.checks.lesson_01 import derives
from lessons.checks.lesson_02 import same_pair_for
from lessons.checks.lesson_03 import rotates
from lessons.checks.lesson_04 import names
from lessons.checks.lesson_05 import judges
from lessons.checks.lesson_06 import burned_at
from lessons.checks.lesson_07 import when_absent
from lessons.checks.lesson_08 import refreshed
from lessons.checks.lesson_09 import ends
from lessons.checks.lesson_10 import stops
from lessons.checks.lesson_11 import finds
from lessons.checks.lesson_12 import is_caught
from lessons.checks.lesson_13 import customer_in

__all__ = [
    "burned_at",
    "customer_in",
    "derives",
    "ends",
    "finds",
    "is_caught",
    "judges",
    "names",
    "refreshed",
    "rotates",
    "same_pair_for",
    "stops",
    "when_absent",
]
