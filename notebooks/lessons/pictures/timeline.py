"""One session on a time line: two promises, and where `now` stands in them."""

from __future__ import annotations

from lessons.clock_face import time_of_day
from lessons.pictures.svg import Canvas, Picture
from reference_auth.core import tokens
from reference_auth.core.tokens import Claims

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT = 130, 640
BAR = 30
ROWS = {"access": 62, "refresh": 108}


def timeline(claims: Claims, now: int | None = None, *, title: str = "One session") -> Picture:
    """The lifetimes of a pair from its `iat` on, with `now` as a line through both."""
    begin, end = claims.iat or claims.exp, claims.refresh_expiry
    axis = _Axis(begin, max(end, now or end))
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.text(16, 26, title, bold=True)
    # The access token is over at `exp`, the refresh token only after `refresh_expiry`.
    live = {
        "access": now is None or tokens.is_live(claims, now),
        "refresh": now is None or not tokens.is_refresh_expired(claims, now),
    }
    for name, last in (("access", claims.exp), ("refresh", claims.refresh_expiry)):
        _bar(canvas, axis, name, begin, last, live[name])
    _ticks(canvas, axis, claims, begin)
    if now is not None:
        _now(canvas, axis, now, begin)
    return canvas.picture(title, _words(claims, now, live))


class _Axis:
    """Seconds to pixels."""

    def __init__(self, begin: int, end: int) -> None:
        margin = max(1, (end - begin) // 12)
        self.first, self.last = begin - margin, end + margin

    def __call__(self, second: int) -> float:
        return LEFT + (RIGHT - LEFT) * (second - self.first) / (self.last - self.first)


def _bar(canvas: Canvas, axis: _Axis, name: str, begin: int, end: int, live: bool) -> None:
    y, x = ROWS[name], axis(begin)
    canvas.text(16, y + 20, f"{name} token", name if live else "over")
    canvas.box(
        x,
        y,
        axis(end) - x,
        BAR,
        fill=f"{name}-wash" if live else "over-wash",
        stroke=name if live else "over",
        dashed=not live,
    )
    words = f"{end - begin} s" if live else f"{end - begin} s, over"
    canvas.text(x + 10, y + 20, words, name if live else "over", bold=True)


def _ticks(canvas: Canvas, axis: _Axis, claims: Claims, begin: int) -> None:
    base = ROWS["refresh"] + BAR + 12
    canvas.line([(LEFT, base), (RIGHT, base)], "rule")
    marks = [
        ("iat", begin, "start"),
        ("exp", claims.exp, "end"),
        ("refresh_expiry", claims.refresh_expiry, "start"),
    ]
    for name, second, anchor in marks:
        x = axis(second)
        canvas.line([(x, base - 5), (x, base + 5)], "soft")
        nudge = {"start": -4, "end": 4}[anchor]
        canvas.text(x + nudge, base + 21, name, "soft", anchor=anchor, size=12)
        canvas.text(x + nudge, base + 37, time_of_day(second), "soft", anchor=anchor, size=12)


def _now(canvas: Canvas, axis: _Axis, now: int, begin: int) -> None:
    x, top = axis(now), ROWS["access"] - 14
    canvas.line([(x, top), (x, ROWS["refresh"] + BAR + 12)], "ink", thick=2)
    canvas.dot(x, top, "ink")
    words = f"now {time_of_day(now)}, {now - begin} s after iat"
    anchor = "end" if x > (LEFT + RIGHT) / 2 else "start"
    canvas.text(x + (-8 if anchor == "end" else 8), top + 1, words, anchor=anchor, bold=True)


def _words(claims: Claims, now: int | None, live: dict[str, bool]) -> str:
    ends = (
        f"the access token lives until {time_of_day(claims.exp)} (exp), "
        f"the refresh token until {time_of_day(claims.refresh_expiry)} (refresh_expiry)"
    )
    if now is None:
        return ends
    states = [f"the {name} token is {'live' if lives else 'over'}" for name, lives in live.items()]
    return f"{ends}; now it is {time_of_day(now)}, and {' and '.join(states)}"
