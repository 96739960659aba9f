"""The family of a session's pairs: who was rotated into whom, and what became of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lessons.pictures.palette import wash
from lessons.pictures.svg import Canvas, Picture

WIDTH = 720
BOX_WIDTH, BOX_HEIGHT = 132, 52
STEP_X, STEP_Y = 172, 74
LEFT, TOP = 16, 46

#: What may become of a pair, and the colour of each fate.
FATES: Mapping[str, str] = {
    "live": "good",
    "spent": "care",
    "revoked": "over",
    "burned": "over",
    "forged": "soft",
}


@dataclass(frozen=True, slots=True)
class Member:
    """One pair: its name, the pair that it came from, what became of it, and a note."""

    name: str
    fate: str
    parent: str | None = None
    note: str = ""


def family(members: Sequence[Member], *, title: str = "A family of pairs") -> Picture:
    """A tree from left to right, one generation a column."""
    places = dict(_places(members))
    rows = max((row for _, row in places.values()), default=0) + 1
    columns = max((column for column, _ in places.values()), default=0) + 1
    canvas = Canvas(max(WIDTH, LEFT * 2 + columns * STEP_X), TOP + rows * STEP_Y)
    canvas.text(16, 26, title, bold=True)
    for member in members:
        if member.parent is not None:
            _branch(canvas, places[member.parent], places[member.name])
    for member in members:
        _box(canvas, member, *places[member.name])
    return canvas.picture(title, "; ".join(map(_words, members)))


def _places(members: Sequence[Member]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Column by generation; a row for each leaf, and its first child's row for a parent."""
    children: dict[str | None, list[Member]] = {}
    for member in members:
        children.setdefault(member.parent, []).append(member)
    next_row = 0

    def walk(member: Member, column: int) -> Iterator[tuple[str, tuple[int, int]]]:
        nonlocal next_row
        row = next_row
        own = children.get(member.name, [])
        for child in own:
            yield from walk(child, column + 1)
        if not own:
            next_row += 1
        yield member.name, (column, row)

    for root in children.get(None, []):
        yield from walk(root, 0)


def _corner(place: tuple[int, int]) -> tuple[float, float]:
    return LEFT + place[0] * STEP_X, TOP + place[1] * STEP_Y


def _branch(canvas: Canvas, parent: tuple[int, int], child: tuple[int, int]) -> None:
    (x0, y0), (x1, y1) = _corner(parent), _corner(child)
    middle = x0 + BOX_WIDTH + (STEP_X - BOX_WIDTH) / 2
    start, end = y0 + BOX_HEIGHT / 2, y1 + BOX_HEIGHT / 2
    canvas.line([(x0 + BOX_WIDTH, start), (middle, start), (middle, end)], "soft")
    canvas.arrow((middle, end), (x1 - 2, end), "soft")


def _box(canvas: Canvas, member: Member, column: int, row: int) -> None:
    x, y = _corner((column, row))
    role = FATES[member.fate]
    fill = "paper" if member.fate == "forged" else wash(role)
    gone = member.fate != "live"
    canvas.box(x, y, BOX_WIDTH, BOX_HEIGHT, fill=fill, stroke=role, dashed=gone)
    canvas.text(x + 10, y + 21, f"{member.name}: {member.fate}", role, bold=True, size=12)
    canvas.text(x + 10, y + 40, member.note, size=12)


def _words(member: Member) -> str:
    origin = f", from {member.parent}" if member.parent else ""
    note = f" ({member.note})" if member.note else ""
    return f"{member.name} is {member.fate}{origin}{note}"
