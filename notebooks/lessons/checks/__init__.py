"""The hidden checks of the exercises. Reading on spoils them."""

from lessons.checks.lesson_01 import derives
from lessons.checks.lesson_02 import handed_back_for
from lessons.checks.lesson_03 import rotates
from lessons.checks.lesson_04 import names
from lessons.checks.lesson_05 import judges
from lessons.checks.lesson_06 import when_absent
from lessons.checks.lesson_07 import ends
from lessons.checks.lesson_08 import is_caught
from lessons.checks.lesson_09 import customer_in

__all__ = [
    "customer_in",
    "derives",
    "ends",
    "handed_back_for",
    "is_caught",
    "judges",
    "names",
    "rotates",
    "when_absent",
]
