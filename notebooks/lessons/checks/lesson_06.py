"""One pair is refreshed several times: which request is the replay?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lessons.exercise import Hints, exercise
from lessons.server import START

EXP, REFRESH_EXPIRY = START + 840, START + 2_592_000
BurnedAt = Callable[[list[int], int, int], int | None]

#: Seconds counted from exp at which the pair arrives, the one that burns, and a hint.
CASES: tuple[tuple[tuple[int, ...], int | None, str], ...] = (
    ((), None, "Nobody sends the pair."),
    ((-500, -20, -1), None, "While the access token is live, everybody gets the same pair."),
    ((5,), None, "The first refresh after the end of the access token is a rotation."),
    ((5, 30), 30, "The pair is spent after the rotation, so the next request is a replay."),
    ((0, 1), 1, "At second exp the access token has expired: that was the rotation."),
    ((-1, 0), None, "At exp - 1 the access token was live: only one request came after it."),
    ((-30, -20, 5, 7, 9), 7, "The replay is the first request after the rotation; the pair is"
     " burned then, and later requests burn nothing."),
    ((2_600_000,), None, "After refresh_expiry the pair is expired: it cannot be rotated."),
    ((5, 2_600_000), None, "A spent pair that comes back after refresh_expiry is only expired."),
    ((5, 1_000_000), 1_000_000, "A spent pair is a replay as long as it has not expired."),
)  # fmt: skip


@exercise
def burned_at(answer: BurnedAt) -> Hints:
    """A function of seconds, exp and refresh_expiry: the second of the burn, or None."""
    for after, burn, hint in CASES:
        seconds = [EXP + second for second in after]
        right = None if burn is None else EXP + burn
        found = answer(seconds, EXP, REFRESH_EXPIRY)
        if found != right:
            yield (
                f"{hint} With requests at exp {signed(after)} the burn is at {_at(right)}, "
                f"and you said {_at(found)}."
            )


def signed(seconds: Sequence[int]) -> str:
    return ", ".join(f"{second:+d}" for second in seconds) or "(none)"


def _at(second: int | None) -> str:
    return f"exp {second - EXP:+d}" if isinstance(second, int) else repr(second)
