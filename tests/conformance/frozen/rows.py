"""What is frozen of a requirement: its id, its level, and its sentence as a digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from conformance_tests.requirements import REQUIREMENTS, Requirement

FOLDER = Path(__file__).parent


def frozen() -> dict[str, dict[str, str]]:
    """The rows of each frozen version as they were written down, by id."""
    files = sorted(FOLDER.glob("*.txt"))
    return {file.stem: {line.split()[0]: line for line in _lines(file)} for file in files}


def lines_of(version: str) -> list[str]:
    """A line for each row that this version brought, as the registry has it now."""
    return [line(row) for row in REQUIREMENTS.values() if row.since == version]


def line(row: Requirement) -> str:
    """`CORE-01 MUST 1f0c…`; half a digest is plenty against a slip of the pen."""
    digest = hashlib.sha256(row.sentence.encode()).hexdigest()[:32]
    return f"{row.id} {row.level} {digest}"


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()
