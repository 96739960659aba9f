"""A rotation on a dict: both rows change, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lessons.exercise import Hints, exercise

Table = dict[str, Any]
Rotates = Callable[[Table, str, str, Any], bool]


@exercise
def rotates(answer: Rotates) -> Hints:
    """A function of table, old hash, new hash and row: True if it rotated, else no change."""
    row, bystander = {"ttl": 2}, {"ttl": 9}

    table: Table = {"old": {"ttl": 1}, "other": bystander}
    done = answer(table, "old", "new", row)
    if "old" in table:
        yield "The old row is still there after a rotation: two pairs are alive now."
    if "other" not in table:
        yield "Another session of the customer is gone: only the old row may be deleted."
    if table.get("new") != row:
        yield "The new row is not there after a rotation: the customer is out."
    if done is not True:
        yield f"A rotation that happened answers True, and you answered {done!r}."

    table = {"other": bystander}
    done = answer(table, "old", "new", row)
    if "new" in table:
        yield (
            "The old row was gone, and yet the new one was written: "
            "a spent pair has just bought a session."
        )
    if done is not False:
        yield f"With the old row gone the answer is False, and you answered {done!r}."

    table = {"old": {"ttl": 1}, "new": bystander}
    done = answer(table, "old", "new", row)
    if table.get("new") != bystander:
        yield "The new hash was taken, and you wrote over another session's row."
    if "old" not in table:
        yield (
            "The new hash was taken, but the old row is gone already: "
            "check everything first, and change then."
        )
    if done is not False:
        yield f"With the new hash taken the answer is False, and you answered {done!r}."
