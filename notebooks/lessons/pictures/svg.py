"""A picture is an SVG text made from values: the same values give the same bytes.

It has its own background, so that it can be read on a light page and on a dark one, and it follows
the reader's preference where the page allows that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

from lessons.pictures.palette import PALETTE

SANS = "system-ui,'Segoe UI',Helvetica,Arial,sans-serif"
MONO = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace"
SIZE = 13

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG with a title and a description in words, which its repr is."""

    title: str
    desc: str
    width: int
    height: int
    body: str = field(repr=False)

    def _repr_svg_(self) -> str:
        """What Jupyter shows."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img" font-family="{SANS}" '
            f'font-size="{SIZE}">\n'
            f"<title>{escape(self.title)}</title>\n<desc>{escape(self.desc)}</desc>\n"
            f"{_style(self.body)}\n{self.body}\n</svg>"
        )

    def __repr__(self) -> str:
        return f"{self.title}: {self.desc}"


class Canvas:
    """Collects shapes; colours are named by their role in the palette."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._shapes: list[str] = []
        self.box(0, 0, width, height, fill="paper", radius=8)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str | None = None,
        stroke: str | None = None,
        thick: float = 1,
        dashed: bool = False,
        radius: float = 4,
    ) -> None:
        """A rectangle, with a border if it has a stroke."""
        size = f'width="{_number(width)}" height="{_number(height)}" rx="{_number(radius)}"'
        line = _stroke(stroke, thick, dashed) if stroke else ""
        inside = _fill(fill) if fill else 'fill="none"'
        self._add(f'<rect x="{_number(x)}" y="{_number(y)}" {size} {inside}{line}/>')

    def line(
        self, points: Sequence[Point], role: str, *, thick: float = 1.5, dashed: bool = False
    ) -> None:
        """A line through all the points."""
        path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._add(f'<polyline points="{path}" fill="none"{_stroke(role, thick, dashed)}/>')

    def arrow(self, start: Point, end: Point, role: str, *, both_ways: bool = False) -> None:
        """A line that points at its end, or at both of its ends."""
        self.line([start, end], role)
        self._head(start, end, role)
        if both_ways:
            self._head(end, start, role)

    def _head(self, start: Point, end: Point, role: str) -> None:
        (x0, y0), (x1, y1) = start, end
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        along, across = ((x1 - x0) / length, (y1 - y0) / length), 4
        back = (x1 - 8 * along[0], y1 - 8 * along[1])
        sides = [
            (back[0] - side * across * along[1], back[1] + side * across * along[0])
            for side in (1, -1)
        ]
        path = " ".join(f"{_number(x)},{_number(y)}" for x, y in [end, *sides])
        self._add(f'<polygon points="{path}" {_fill(role)}/>')

    def dot(self, x: float, y: float, role: str, radius: float = 4) -> None:
        """A filled circle."""
        where = f'cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"'
        self._add(f"<circle {where} {_fill(role)}/>")

    def text(
        self,
        x: float,
        y: float,
        words: str,
        role: str = "ink",
        *,
        anchor: str = "start",
        bold: bool = False,
        size: int = SIZE,
        mono: bool = False,
    ) -> None:
        """One line of words; y is its baseline."""
        extra = "".join(
            [
                f' text-anchor="{anchor}"' if anchor != "start" else "",
                ' font-weight="600"' if bold else "",
                f' font-size="{size}"' if size != SIZE else "",
                f' font-family="{MONO}"' if mono else "",
            ]
        )
        where = f'x="{_number(x)}" y="{_number(y)}"'
        self._add(f'<text {where} {_fill(role)}{extra} xml:space="preserve">{escape(words)}</text>')

    def lines(
        self, x: float, y: float, lines: Iterable[str], role: str = "ink", *, step: int = 18
    ) -> None:
        """Several lines of monospaced words, one under the other."""
        for number, words in enumerate(lines):
            self.text(x, y + number * step, words, role, size=12, mono=True)

    def picture(self, title: str, desc: str) -> Picture:
        """The finished picture."""
        return Picture(title, desc, self.width, self.height, "\n".join(self._shapes))

    def _add(self, shape: str) -> None:
        self._shapes.append(shape)


def _number(value: float) -> str:
    """At most one digit after the point, and none where it is zero."""
    return f"{value:.1f}".removesuffix(".0")


def _fill(role: str) -> str:
    return f'class="ra-{role}" fill="{PALETTE[role].light}"'


def _stroke(role: str, thick: float, dashed: bool) -> str:
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f' stroke="{PALETTE[role].light}" data-ra="{role}" stroke-width="{_number(thick)}"{dashes}'
    )


def _style(body: str) -> str:
    """The dark values of the roles that occur; the light ones stand at the shapes themselves."""
    fills = [
        f".ra-{role}{{fill:{colour.dark}}}"
        for role, colour in PALETTE.items()
        if f'class="ra-{role}"' in body
    ]
    strokes = [
        f'[data-ra="{role}"]{{stroke:{colour.dark}}}'
        for role, colour in PALETTE.items()
        if f'data-ra="{role}"' in body
    ]
    return f"<style>@media (prefers-color-scheme:dark){{{''.join([*fills, *strokes])}}}</style>"
