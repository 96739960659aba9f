"""How long a session still has, second by second: it falls, and each rotation may lift it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf

from lessons.pictures.svg import Canvas, Picture, Point
from lessons.times import time_of_day
from reference_auth.core.tokens import Claims

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT = 84, 690
TOP, BOTTOM = 54, 206
LABEL = 40  # pixels for a time on the axis


def sawtooth(
    pairs: Sequence[Claims],
    *,
    until: int,
    floor: int,
    visits: Sequence[int] = (),
    title: str = "The lifetimes window",
) -> Picture:
    """The refresh time left over a session's pairs, oldest first, up to the second `until`.

    floor: the normal refresh lifetime, below which a rotation lifts the line.
    visits: the seconds of all refreshes, also of those that returned the same pair.
    """
    begin = issued(pairs[0])
    highest = max([floor, *(pair.refresh_expiry - issued(pair) for pair in pairs)])
    canvas = Canvas(WIDTH, HEIGHT)

    def at(second: int, left: int) -> Point:
        x = LEFT + (RIGHT - LEFT) * (second - begin) / (until - begin)
        return x, BOTTOM - (BOTTOM - TOP) * left / highest

    canvas.text(16, 26, title, bold=True)
    for left in sorted({0, floor, highest}):
        canvas.line([at(begin, left), at(until, left)], "rule", dashed=left == floor)
        canvas.text(LEFT - 8, at(begin, left)[1] + 4, f"{left} s", "soft", anchor="end", size=12)
    _teeth(canvas, pairs, until, at)
    _axis(canvas, [(second, at(second, 0)[0]) for second in (begin, *visits, until)])
    canvas.text(LEFT, BOTTOM + 44, "| a visit", "soft", size=12)
    canvas.text(LEFT + 64, BOTTOM + 44, "● a rotation", "refresh", size=12)
    canvas.text(
        RIGHT, BOTTOM + 44, "seconds until refresh_expiry, over time", "soft", anchor="end", size=12
    )
    return canvas.picture(title, f"{_words(pairs, floor)}{_visits(visits)}")


def _axis(canvas: Canvas, marks: Sequence[tuple[int, float]]) -> None:
    """A tick for each second, and its time where there is room for it."""
    for (second, x), (_, following) in pairwise([*marks, (0, inf)]):
        canvas.line([(x, BOTTOM - 6), (x, BOTTOM + 6)], "soft")
        if following - x >= LABEL:
            time = time_of_day(second).rpartition(":")[0]
            canvas.text(x, BOTTOM + 22, time, "soft", anchor="middle", size=12)


def issued(claims: Claims) -> int:
    """When a pair was made; every pair of ours says so."""
    if claims.iat is None:
        raise ValueError("a pair without iat cannot be drawn")
    return claims.iat


def _teeth(canvas: Canvas, pairs: Sequence[Claims], until: int, at: object) -> None:
    assert callable(at)
    points: list[Point] = []
    for pair, following in pairwise([*pairs, None]):
        assert pair is not None
        end = min(pair.refresh_expiry, until if following is None else issued(following))
        points += [
            at(issued(pair), pair.refresh_expiry - issued(pair)),
            at(end, pair.refresh_expiry - end),
        ]
    canvas.line(points, "refresh", thick=2)
    for pair in pairs[1:]:
        x, y = at(issued(pair), pair.refresh_expiry - issued(pair))
        canvas.dot(x, y, "refresh")


def _words(pairs: Sequence[Claims], floor: int) -> str:
    steps = [
        f"{old.refresh_expiry - issued(new)} s before its end to "
        f"{new.refresh_expiry - issued(new)} s"
        for old, new in pairwise(pairs)
    ]
    first = pairs[0].refresh_expiry - issued(pairs[0])
    lifted = f"; rotations take it from {', from '.join(steps)}" if steps else ""
    return f"a session begins with {first} s, and the normal lifetime is {floor} s{lifted}"


def _visits(visits: Sequence[int]) -> str:
    return f"; visits at {', '.join(map(time_of_day, visits))}" if visits else ""
