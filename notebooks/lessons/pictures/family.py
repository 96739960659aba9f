"""The pairs of one session as a tree: which pair replaced which, and the status of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lessons.pictures.palette import wash
from lessons.pictures.svg import Canvas, Picture

WIDTH = 720
BOX_WIDTH, BOX_HEIGHT = 132, 52
STEP_X, STEP_Y = 172, 74
LEFT, TOP = 16, 46

#: The statuses of a pair, and the colour of each.
STATUSES: Mapping[str, str] = {
    "live": "good",
    "spent": "care",
    "revoked": "over",
    "burned": "over",
    "forged": "soft",
}


@dataclass(frozen=True, slots=True)
class Member:
    """One pair: its letter, its status, the pair that it replaced, and a note."""

    name: str
    status: str
    parent: str | None = None
    note: str = ""


def family(members: Sequence[Member], *, title: str = "A family of pairs") -> Picture:
    """A tree from left to right, a column for each generation."""
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
    role = STATUSES[member.status]
    is_live = member.status == "live"
    fill = wash(role) if is_live else "paper"
    canvas.box(x, y, BOX_WIDTH, BOX_HEIGHT, fill=fill, stroke=role, dashed=not is_live)
    canvas.text(x + 10, y + 21, f"{member.name}: {member.status}", role, bold=True, size=12)
    canvas.text(x + 10, y + 40, member.note, size=12)


def _words(member: Member) -> str:
    origin = f", from {member.parent}" if member.parent else ""
    note = f" ({member.note})" if member.note else ""
    return f"{member.name} is {member.status}{origin}{note}"
