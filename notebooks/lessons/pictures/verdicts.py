"""Requirement × server: what each server kept and broke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance_tests.report.finding import Status
from conformance_tests.report.wording import SIGNS
from lessons.pictures.palette import wash
from lessons.pictures.svg import Canvas, Picture

LEFT, TOP = 118, 62
CELL_WIDTH, CELL_HEIGHT = 150, 28

#: The roles of the suite's verdicts; the others are soft.
ROLES: Mapping[Status, str] = {
    "pass": "good",
    "fail": "over",
    "error": "over",
    "warn": "care",
    "known-failure": "care",
    "blocked": "care",
}


def verdicts(
    requirements: Sequence[str],
    servers: Mapping[str, Mapping[str, Status]],
    *,
    title: str = "Requirement × server",
) -> Picture:
    """A grid of what the suite said: `servers` maps a name to its verdicts by requirement."""
    width = max(360, LEFT + CELL_WIDTH * len(servers) + 16)
    canvas = Canvas(width, TOP + CELL_HEIGHT * len(requirements) + 14)
    canvas.text(16, 26, title, bold=True)
    for column, name in enumerate(servers):
        x = LEFT + (column + 0.5) * CELL_WIDTH
        canvas.text(x, TOP - 10, name, anchor="middle", bold=True, size=12)
    for row, requirement in enumerate(requirements):
        y = TOP + row * CELL_HEIGHT
        canvas.text(16, y + 19, requirement, mono=True, size=12)
        for column, found in enumerate(servers.values()):
            _verdict(canvas, LEFT + column * CELL_WIDTH, y, found.get(requirement, "not-testable"))
    return canvas.picture(title, _words(requirements, servers))


def _verdict(canvas: Canvas, x: float, y: float, status: Status) -> None:
    words, role = f"{SIGNS[status]} {status.replace('-', ' ')}", ROLES.get(status, "soft")
    fill = "paper" if role == "soft" else wash(role)
    canvas.box(x + 2, y + 2, CELL_WIDTH - 4, CELL_HEIGHT - 4, fill=fill, stroke=role)
    canvas.text(x + CELL_WIDTH / 2, y + 19, words, role, anchor="middle", size=12)


def _words(requirements: Sequence[str], servers: Mapping[str, Mapping[str, Status]]) -> str:
    return "; ".join(
        f"{name}: " + ", ".join(f"{row} {found.get(row, 'not-testable')}" for row in requirements)
        for name, found in servers.items()
    )
