"""When a pair is burned: a right answer, and some usual mistakes."""

from __future__ import annotations

from typing import Any

from lessons import checks


def burned_at(seconds: list[int], exp: int, refresh_expiry: int) -> int | None:
    in_time = [second for second in seconds if exp <= second <= refresh_expiry]
    return in_time[1] if len(in_time) > 1 else None


def burned_by(*, first: int = 1, start: int = 0, ends: bool = True) -> Any:
    """The right answer with one thing changed."""

    def answer(seconds: list[int], exp: int, refresh_expiry: int) -> int | None:
        found = [s for s in seconds if exp + start <= s and (s <= refresh_expiry or not ends)]
        return found[first] if len(found) > first else None

    return answer


CHECK = checks.burned_at
RIGHT = burned_at
WRONG: dict[str, tuple[Any, str]] = {
    "the rotation": (burned_by(first=0), "is a rotation"),
    "live pairs": (burned_by(start=-1000), "everybody gets the same pair"),
    "after exp": (burned_by(start=1), "At second exp the access token has expired"),
    "before exp": (burned_by(start=-1), "the access token was live"),
    "the last": (lambda s, *ends: burned_at(s, *ends) and s[-1], "later requests burn nothing"),
    "expired": (burned_by(ends=False), "is only expired"),
}
