"""A genuine pair arrives, and its row is gone: what does that mean?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lessons.exercise import Hints, exercise
from lessons.server import START

NOW = START
WhenAbsent = Callable[[int, int, int, str | None, int | None], str]


@dataclass(frozen=True, slots=True)
class Case:
    """A pair by the seconds that it has left and what the table has: the right word, a hint."""

    access_left: int
    refresh_left: int
    right: str
    hint: str
    tombstone: str | None = None
    fence: int | None = None  # `before`, counted from the pair's exp


CASES = (
    Case(-30, 600, "burn", "No tombstone, no fence, and it had time left: a replay."),
    Case(-30, 600, "over", "It was revoked: a tab that missed the logout is no thief.", "revoked"),
    Case(-30, 600, "over", "The fence covers an exp equal to its before.", fence=0),
    Case(-30, 600, "over", "The fence covers it: it was burned before; once is enough.", fence=9),
    Case(-30, 600, "burn", "The fence does not cover it: the pair is newer than that burn.",
         fence=-1),
    Case(-30, 600, "successor", "It was rotated, and the grace is not over.", "rotated"),
    Case(-30, 600, "over", "A burn ends it, grace or not: look at the fence first.",
         "rotated", 5),
    Case(500, 560, "over", "A live pair is never rotated, so this is no replay."),
    Case(500, 560, "over", "A live pair that was revoked is over.", "revoked"),
    Case(11, 71, "over", "More than 10 s before exp no server can have rotated it."),
    Case(10, 70, "again", "10 s before exp a server with a faster clock may have rotated it."),
    Case(1, 61, "again", "1 s before exp it is still live: not yet a replay."),
    Case(0, 60, "burn", "At exp the access token has expired: a missing row is a replay."),
    Case(5, 65, "successor", "Grace comes before the tolerance: a faster clock rotated it.",
         "rotated"),
    Case(-49, 11, "burn", "11 s before refresh_expiry no server can have deleted it as expired."),
    Case(-50, 10, "over", "10 s before refresh_expiry a faster clock may have deleted it."),
    Case(-60, 0, "over", "At refresh_expiry the tolerance covers it."),
    Case(-61, -1, "over", "It has expired: a missing row means nothing."),
)  # fmt: skip


@exercise
def when_absent(answer: WhenAbsent) -> Hints:
    """A function of exp, refresh_expiry, now, tombstone and fence: one of four words."""
    for case in CASES:
        exp = NOW + case.access_left
        fence = None if case.fence is None else exp + case.fence
        found = answer(exp, NOW + case.refresh_left, NOW, case.tombstone, fence)
        if found != case.right:
            yield (
                f"{case.hint} With exp = now {case.access_left:+d}, refresh_expiry = now "
                f"{case.refresh_left:+d}, {case.tombstone or 'no'} tombstone and "
                f"{'no fence' if fence is None else f'a fence at exp {case.fence:+d}'} "
                f"it is {case.right!r}, and you said {found!r}."
            )
