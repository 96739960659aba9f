"""One pair on a time line: how long each of its two tokens lasts, and what is left of it now."""

from __future__ import annotations

from dataclasses import dataclass

from lessons.pictures.palette import wash
from lessons.pictures.svg import Canvas, Picture
from lessons.times import time_of_day
from reference_auth.core import tokens
from reference_auth.core.tokens import Claims

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT = 130, 640
BAR = 30
ROWS = {"access": 62, "refresh": 108}


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The lifetime of one token: filled from `left_from` on, and empty when it is over."""

    name: str
    end: int
    is_live: bool
    words: str


def timeline(
    claims: Claims, now: int | None = None, *, ended: str = "", title: str = "One pair"
) -> Picture:
    """The lifetimes of a pair from its `iat` on; what is left of them at `now` is filled.

    ended: why the refresh token is over before its time, such as "revoked".
    """
    begin = claims.iat or claims.exp
    last = claims.refresh_expiry
    axis = _Axis(begin, max(last, now or last))
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.text(16, 26, title, bold=True)
    lifetimes = _lifetimes(claims, begin, now, ended)
    for lifetime in lifetimes:
        _bar(canvas, axis, lifetime, begin, begin if now is None else now)
    _ticks(canvas, axis, claims, begin)
    if now is not None:
        _now(canvas, axis, now, begin)
    return canvas.picture(title, _words(claims, now, lifetimes))


def _lifetimes(claims: Claims, begin: int, now: int | None, ended: str) -> tuple[Lifetime, ...]:
    """The access token is over at `exp`, the refresh token only after `refresh_expiry`."""
    access_is_live = now is None or tokens.is_live(claims, now)
    refresh_is_live = not ended and (now is None or not tokens.is_refresh_expired(claims, now))
    return (
        _lifetime("access", begin, claims.exp, now, "" if access_is_live else "expired"),
        _lifetime(
            "refresh",
            begin,
            claims.refresh_expiry,
            now,
            "" if refresh_is_live else ended or "expired",
        ),
    )


def _lifetime(name: str, begin: int, end: int, now: int | None, over: str) -> Lifetime:
    length = f"{end - begin} s"
    if over:
        return Lifetime(name, end, False, f"{length}, {over}")
    return Lifetime(name, end, True, length if now is None else f"{length}, {end - now} s left")


class _Axis:
    """Seconds to pixels."""

    def __init__(self, begin: int, end: int) -> None:
        margin = max(1, (end - begin) // 12)
        self.first, self.last = begin - margin, end + margin

    def __call__(self, second: int) -> float:
        return LEFT + (RIGHT - LEFT) * (second - self.first) / (self.last - self.first)


def _bar(canvas: Canvas, axis: _Axis, lifetime: Lifetime, begin: int, left_from: int) -> None:
    name, y, x, end = lifetime.name, ROWS[lifetime.name], axis(begin), axis(lifetime.end)
    role = name if lifetime.is_live else "over"
    canvas.text(16, y + 20, f"{name} token", role)
    if lifetime.is_live:
        left = axis(left_from)
        canvas.box(left, y, end - left, BAR, fill=wash(name))
    canvas.box(x, y, end - x, BAR, stroke=role, dashed=not lifetime.is_live)
    canvas.text(x + 10, y + 20, lifetime.words, role, bold=True)


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


def _words(claims: Claims, now: int | None, lifetimes: tuple[Lifetime, ...]) -> str:
    ends = (
        f"the access token lives until {time_of_day(claims.exp)} (exp), "
        f"the refresh token until {time_of_day(claims.refresh_expiry)} (refresh_expiry)"
    )
    if now is None:
        return ends
    states = [f"{lifetime.name} token: {lifetime.words}" for lifetime in lifetimes]
    return f"{ends}; now it is {time_of_day(now)}; {'; '.join(states)}"
