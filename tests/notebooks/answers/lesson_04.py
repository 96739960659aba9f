"""The rule behind the twelve cells, and some that are none."""

from __future__ import annotations

from typing import Any

from lessons import checks


def names(access: str, refresh: str) -> str:
    words = {True: "VALID", False: "INVALID"}
    refresh_valid = access != "forged" and refresh == "matches"
    return f"ACCESS_{words[access == 'live']}_REFRESH_{words[refresh_valid]}"


def names_each_for_itself(access: str, refresh: str) -> str:
    words = {True: "VALID", False: "INVALID"}
    return f"ACCESS_{words[access == 'live']}_REFRESH_{words[refresh == 'matches']}"


CHECK = checks.names
RIGHT = names
WRONG: dict[str, tuple[Any, str]] = {
    "forged": (names_each_for_itself, "beside a forged access token"),
    "a word": (lambda access, refresh: "VALID", "none of the four states"),
    "one for all": (lambda a, r: "ACCESS_VALID_REFRESH_VALID", "you said"),
}
