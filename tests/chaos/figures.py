"""What a run measured, told at its end and, where CHAOS_FIGURES names a file, kept there."""

from __future__ import annotations

import json
import os
from pathlib import Path

Figure = str | int | float

FIGURES: dict[str, dict[str, Figure]] = {}


def note(trouble: str, **figures: Figure) -> None:
    """Keep the figures of one kind of trouble."""
    FIGURES.setdefault(trouble, {}).update(figures)


def lines() -> list[str]:
    """One line for each kind of trouble."""
    return [
        f"{trouble}: " + ", ".join(f"{name} {value}" for name, value in figures.items())
        for trouble, figures in FIGURES.items()
    ]


def keep() -> None:
    """Write the figures to the file that the environment names, if it names one."""
    if path := os.environ.get("CHAOS_FIGURES"):
        Path(path).write_text(json.dumps(FIGURES, indent=2) + "\n")
