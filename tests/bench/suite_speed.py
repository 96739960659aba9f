"""The suite's own speed: one embedded run, its time by phase, its derivations counted."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from tests.bench.processes import ROOT
from tests.bench.report import table

# Runs the suite as its command does, and counts what the embedded server derives in this process.
COUNTED = """
import json, sys, threading
from pathlib import Path
from conformance_tests.cli import main
from reference_auth import tokens

spent, lock, really = [0], threading.Lock(), tokens._stretch

def counted(text, secret):
    with lock:
        spent[0] += 1
    return really(text, secret)

tokens._stretch = counted
code = main(sys.argv[2:])
Path(sys.argv[1]).write_text(json.dumps(spent[0]))
raise SystemExit(code)
"""


def main(console: Console) -> int:
    """Print how long an embedded run takes, and of what that consists."""
    with TemporaryDirectory() as folder:
        count, report = Path(folder) / "count", Path(folder) / "report.json"
        began = time.perf_counter()
        code = subprocess.run(
            [sys.executable, "-c", COUNTED, str(count), "run", "--json", str(report)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        ).returncode
        whole = time.perf_counter() - began
        phases = phases_of(json.loads(report.read_text()), whole)
        derivations = int(count.read_text())
    made = table("phase", "seconds", "of all")
    for name, seconds in phases.items():
        made.add_row(name, f"{seconds:.1f}", f"{seconds / whole:.0%}")
    console.print(made)
    console.print(f"{derivations} derivations by the embedded server; exit code {code}.")
    return 0


def phases_of(report: Mapping[str, Any], whole: float) -> dict[str, float]:
    """What the report says of its own duration, and what start and end take beside it."""
    judging = float(report["run"]["duration_s"])
    return {"judging": judging, "starting and reporting": whole - judging, "all": whole}
