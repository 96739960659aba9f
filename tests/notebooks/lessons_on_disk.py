"""The committed notebooks, read as data: nothing here runs them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))

Cell = Mapping[str, Any]
Output = Mapping[str, Any]

_HEADING = re.compile(r"^#+ .*$", re.MULTILINE)


@dataclass(frozen=True)
class Lesson:
    """One notebook."""

    path: Path
    raw: str = field(repr=False)

    @property
    def notebook(self) -> Any:
        return json.loads(self.raw)

    @property
    def number(self) -> str:
        return self.path.name.partition("_")[0]

    @property
    def cells(self) -> list[Cell]:
        cells: list[Cell] = self.notebook["cells"]
        return cells

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    @property
    def prose(self) -> str:
        return "\n\n".join(source(cell) for cell in self.cells if cell["cell_type"] == "markdown")

    @property
    def headings(self) -> list[str]:
        return _HEADING.findall(self.prose)

    @property
    def outputs(self) -> Iterator[tuple[Cell, Output]]:
        for cell in self.code:
            for output in cell["outputs"]:
                yield cell, output


@cache
def read(path: Path) -> Lesson:
    """A notebook from the disk."""
    return Lesson(path, path.read_text(encoding="utf-8"))


def source(cell: Cell) -> str:
    return "".join(cell["source"])


def tags(cell: Cell) -> set[str]:
    return set(cell["metadata"].get("tags", ()))
