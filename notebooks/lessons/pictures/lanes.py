"""Who says what to whom, from top to bottom: one lane for each party."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lessons.pictures.svg import Canvas, Picture

WIDTH = 720
LEFT, RIGHT = 76, 700
TOP, STEP = 84, 42


@dataclass(frozen=True, slots=True)
class Step:
    """One message: its second, who sends it to whom, its words, and its colour's role.

    A step from a party to itself is something that happens there.
    """

    time: str
    source: str
    target: str
    words: str
    role: str = "ink"


def lanes(parties: Sequence[str], steps: Sequence[Step], *, title: str = "A trace") -> Picture:
    """A trace of requests and answers."""
    canvas = Canvas(WIDTH, TOP + STEP * len(steps) + 14)
    width = (RIGHT - LEFT) / len(parties)
    middles = {name: LEFT + (number + 0.5) * width for number, name in enumerate(parties)}
    canvas.text(16, 26, title, bold=True)
    for name, x in middles.items():
        canvas.line([(x, 60), (x, TOP + STEP * len(steps))], "rule")
        canvas.text(x, 52, name, anchor="middle", bold=True)
    for number, step in enumerate(steps):
        _step(canvas, step, middles, TOP + number * STEP)
    return canvas.picture(title, "; ".join(map(_words, steps)))


def _step(canvas: Canvas, step: Step, middles: dict[str, float], y: float) -> None:
    canvas.text(16, y + 8, step.time, "soft", size=12)
    start, end = middles[step.source], middles[step.target]
    if start == end:
        canvas.dot(start, y + 4, step.role)
        canvas.text(start + 10, y + 8, step.words, step.role, size=12)
        return
    middle, width = (start + end) / 2, 7 * len(step.words)
    canvas.box(middle - width / 2, y - 11, width, 14, fill="paper", radius=0)
    canvas.text(middle, y, step.words, step.role, anchor="middle", size=12)
    canvas.arrow((start, y + 7), (end, y + 7), step.role)


def _words(step: Step) -> str:
    time = f"{step.time} " if step.time else ""
    if step.source == step.target:
        return f"{time}{step.source}: {step.words}"
    return f"{time}{step.source} to {step.target}: {step.words}"
