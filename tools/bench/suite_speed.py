"""The suite's own speed: one embedded run, its time by phase, its derivations counted."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from tools.bench.floor import Floor, calibrate
from tools.bench.processes import ROOT, python
from tools.bench.report import table


def main(console: Console) -> int:
    """Print how long an embedded run takes, and of what that consists."""
    with TemporaryDirectory() as folder:
        count, report = Path(folder) / "derivations", Path(folder) / "report.json"
        began = time.perf_counter()
        code = subprocess.run(
            python("-m", "tools.bench.counted", "auth-conformance", "run", "--json", str(report)),
            cwd=ROOT,
            env={**os.environ, "DERIVATIONS": str(count)},
            stdout=subprocess.DEVNULL,
        ).returncode
        wall = time.perf_counter() - began
        derivations = Counter(count.read_text())
        phases = phases_of(json.loads(report.read_text()), wall)
    made = table("phase", "seconds")
    for name, seconds in phases.items():
        made.add_row(name, f"{seconds:.1f}")
    console.print(made)
    console.print(derived(derivations, calibrate(1.0)))
    return code


def phases_of(report: Mapping[str, Any], wall: float) -> dict[str, float]:
    """The wall's time: what the report calls its duration, and what comes before and after."""
    judging = float(report["run"]["duration_s"])
    return {"judging": judging, "before and after": wall - judging, "wall": wall}


def derived(derivations: Mapping[str, int], floor: Floor) -> str:
    """The time below which no run of so many derivations can come."""
    reference, suite = derivations.get("r", 0), derivations.get("s", 0)
    # The suite derives by the plain server's library.
    seconds = (reference + suite * floor.plain_cpu_ms / floor.cpu_ms) / floor.per_second
    return (
        f"{reference} derivations of the copies of the reference and {suite} of the suite itself, "
        f"which take all cores {seconds:.1f} s at least. Those of the servers that the suite "
        "starts besides its copies are not counted."
    )
