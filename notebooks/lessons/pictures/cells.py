"""The twelve cells and their four states, drawn from the table that the flow itself reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lessons.pictures.palette import wash
from lessons.pictures.svg import Canvas, Picture
from reference_auth.core import states
from reference_auth.core.states import Access, Refresh, State

Cell = tuple[Access, Refresh]

WIDTH, HEIGHT = 720, 258
LEFT, TOP = 92, 60
CELL_WIDTH, CELL_HEIGHT = 154, 62

ROLES: Mapping[State, str] = {
    State.ACCESS_VALID_REFRESH_VALID: "good",
    State.ACCESS_INVALID_REFRESH_VALID: "access",
    State.ACCESS_VALID_REFRESH_INVALID: "care",
    State.ACCESS_INVALID_REFRESH_INVALID: "over",
}


def cells(
    lit: Collection[Cell] = (),
    *,
    wrong: Collection[Cell] = (),
    title: str = "Access verdict × refresh verdict",
) -> Picture:
    """The grid, with the current cell or cells lit, and wrong answers crossed out."""
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.text(16, 26, title, bold=True)
    canvas.text(16, TOP - 8, "access × refresh", "soft", size=12)
    for column, refresh in enumerate(Refresh):
        x = LEFT + (column + 0.5) * CELL_WIDTH
        canvas.text(x, TOP - 8, refresh.value, "refresh", anchor="middle")
    for row, access in enumerate(Access):
        canvas.text(16, TOP + (row + 0.5) * CELL_HEIGHT + 5, access.value, "access")
    # The lit cells last, so that no neighbour covers their border.
    for cell, state in sorted(states.CELLS.items(), key=lambda item: item[0] in lit):
        _cell(canvas, cell, state, cell in lit, cell in wrong, bool(lit))
    return canvas.picture(title, _words(lit, wrong))


def _cell(
    canvas: Canvas, cell: Cell, state: State, is_lit: bool, is_wrong: bool, any_lit: bool
) -> None:
    role = ROLES[state]
    row, column = list(Access).index(cell[0]), list(Refresh).index(cell[1])
    x, y = LEFT + column * CELL_WIDTH, TOP + row * CELL_HEIGHT
    dim = any_lit and not is_lit
    canvas.box(
        x + 3,
        y + 3,
        CELL_WIDTH - 6,
        CELL_HEIGHT - 6,
        fill="paper" if dim else wash(role),
        stroke=role,
        thick=3 if is_lit else 1,
        dashed=dim,
    )
    access, refresh = state.name.split("_REFRESH_")
    ink = "soft" if dim else role
    middle = x + CELL_WIDTH / 2
    canvas.text(middle, y + 28, access, ink, anchor="middle", size=12, bold=is_lit)
    canvas.text(middle, y + 45, f"REFRESH_{refresh}", ink, anchor="middle", size=12, bold=is_lit)
    if is_lit:
        canvas.dot(x + 14, y + 14, role, 5)
    if is_wrong:
        canvas.text(x + CELL_WIDTH - 20, y + 20, "✗", "over", bold=True)


def _words(lit: Collection[Cell], wrong: Collection[Cell]) -> str:
    whole = "three access verdicts by four refresh verdicts make twelve cells and four states"
    marked = [
        f"{word} {access.value} × {refresh.value} is {states.state_of(access, refresh).name}"
        for word, chosen in (("lit:", lit), ("wrong:", wrong))
        for access, refresh in sorted(chosen, key=list(states.CELLS).index)
    ]
    return "; ".join([whole, *marked])
