"""Who sends what to whom, from top to bottom: a sequence diagram with a column for each party."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lessons.pictures.svg import Canvas, Picture

WIDTH = 720
LEFT, RIGHT = 76, 700
TOP, STEP = 84, 42


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its second, who sends it to whom, its words, and its colour's role.

    A message from a party to itself is something that happens there.
    both_ways: a read, whose words are what came back.
    """

    time: str
    source: str
    target: str
    words: str
    role: str = "ink"
    both_ways: bool = False


def sequence(
    parties: Sequence[str], messages: Sequence[Message], *, title: str = "A sequence of requests"
) -> Picture:
    """Requests, answers, and reads and writes of the table."""
    canvas = Canvas(WIDTH, TOP + STEP * len(messages) + 14)
    column = (RIGHT - LEFT) / len(parties)
    middles = {name: LEFT + (number + 0.5) * column for number, name in enumerate(parties)}
    canvas.text(16, 26, title, bold=True)
    for name, x in middles.items():
        canvas.line([(x, 60), (x, TOP + STEP * len(messages))], "rule")
        canvas.text(x, 52, name, anchor="middle", bold=True)
    for number, message in enumerate(messages):
        _draw(canvas, message, middles, column, TOP + number * STEP)
    return canvas.picture(title, "; ".join(map(_words, messages)))


def _draw(
    canvas: Canvas, message: Message, middles: dict[str, float], column: float, y: float
) -> None:
    canvas.text(16, y + 8, message.time, "soft", size=12)
    start, end = middles[message.source], middles[message.target]
    if start == end:
        canvas.dot(start, y + 4, message.role)
        canvas.text(start + 10, y + 8, message.words, message.role, size=12)
        return
    # Beside the sender: in the middle of a long arrow the words would be on another party's line.
    middle = start + (column if end > start else -column) / 2
    width = min(7 * len(message.words), column - 8)
    canvas.box(middle - width / 2, y - 11, width, 14, fill="paper", radius=0)
    canvas.text(middle, y, message.words, message.role, anchor="middle", size=12)
    canvas.arrow((start, y + 7), (end, y + 7), message.role, both_ways=message.both_ways)


def _words(message: Message) -> str:
    time = f"{message.time} " if message.time else ""
    if message.source == message.target:
        return f"{time}{message.source}: {message.words}"
    verb = "reads" if message.both_ways else "to"
    return f"{time}{message.source} {verb} {message.target}: {message.words}"
