"""What a missing row means: a right answer, and some that forget a case."""

from __future__ import annotations

from typing import Any

from lessons import checks


def when_absent(
    exp: int, refresh_expiry: int, now: int, tombstone: str | None, fence: int | None
) -> str:
    is_fenced = fence is not None and exp <= fence
    if now > refresh_expiry or tombstone == "revoked" or is_fenced:
        return "over"
    if tombstone == "rotated":
        return "successor"
    if exp - now > 10 or refresh_expiry - now <= 10:
        return "over"
    return "again" if exp > now else "burn"


def burns_at_once(*given: Any) -> str:
    return "burn"


def when_absent_by(
    *, skew: int = 10, reach: int = 0, grace_first: bool = False, asks: bool = True
) -> Any:
    """The right answer with one thing changed."""

    def answer(
        exp: int, refresh_expiry: int, now: int, tombstone: str | None, fence: int | None
    ) -> str:
        if now > refresh_expiry or (tombstone == "revoked" and asks):
            return "over"
        if grace_first and tombstone == "rotated":
            return "successor"
        if fence is not None and exp <= fence + reach:
            return "over"
        if tombstone == "rotated":
            return "successor"
        if exp - now > skew or refresh_expiry - now <= skew:
            return "over"
        return "again" if exp > now else "burn"

    return answer


CHECK = checks.when_absent
RIGHT = when_absent
WRONG: dict[str, tuple[Any, str]] = {
    "burns at once": (burns_at_once, "missed the logout is no thief"),
    "a revoked pair burns": (
        when_absent_by(asks=False),
        "missed the logout is no thief",
    ),
    "fence at its edge": (when_absent_by(reach=-1), "equal to its before"),
    "any fence": (when_absent_by(reach=1), "newer than that burn"),
    "grace first": (when_absent_by(grace_first=True), "look at the fence first"),
    "no skew": (when_absent_by(skew=0), "10 s before exp"),
    "too much skew": (when_absent_by(skew=11), "More than 10 s before exp"),
}
