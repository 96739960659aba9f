"""The fault of the second unknown server: the right answer, and some near ones."""

from __future__ import annotations

from typing import Any

from lessons import checks

CHECK = checks.finds
RIGHT = ("CORE-20", "end")
WRONG: dict[str, tuple[Any, str]] = {
    "one word": ("CORE-20", "Give two words"),
    "too general": (("CORE-25", "end"), "Which one is about revoke"),
    "not broken": (("CORE-24", "end"), "does not name the fault"),
    "revoke": (("CORE-20", "revoke"), "revoke itself is unchanged"),
    "another method": (("CORE-20", "rotate"), "not overridden"),
}
