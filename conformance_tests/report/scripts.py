"""`--scripts`: a shell script for each failure, which makes its calls again."""

from __future__ import annotations

from pathlib import Path

from conformance_tests.report import files
from conformance_tests.report.verdict import Report


def write(folder: Path, report: Report) -> None:
    """Write `CORE-05.sh` and so on: the first case of each row that failed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise files.ReportPathError(f"{folder} cannot be made: {problem.strerror}.") from None
    for row in report.rows:
        script = next((card.script for card in row.cards if card.script), None)
        if script is not None:
            files.write_report(folder / f"{row.requirement.id}.sh", script)
