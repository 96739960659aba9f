"""Transactions on a dict: one whole, and some that do half of it."""

from __future__ import annotations

from typing import Any

from lessons import checks


def rotates(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    if old not in table or new in table:
        return False
    del table[old]
    table[new] = row
    return True


def rotates_unasked(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    table.pop(old, None)
    table[new] = row
    return True


def rotates_half(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    if table.pop(old, None) is None or new in table:
        return False
    table[new] = row
    return True


def rotates_over(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    if table.pop(old, None) is None:
        return False
    table[new] = row
    return True


def rotates_beside(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    table[new] = row
    return True


CHECK = checks.rotates
RIGHT = rotates
WRONG: dict[str, tuple[Any, str]] = {
    "no condition": (rotates_unasked, "a spent pair has just bought"),
    "half": (rotates_half, "check everything first"),
    "over another": (rotates_over, "another session's row"),
    "both": (rotates_beside, "two pairs are alive"),
    "nothing": (lambda *_: False, "still there"),
}
