"""The hidden checks of the exercises. Reading on spoils them."""

from lessons.checks.lesson_02 import handed_back_for

__all__ = ["handed_back_for"]
