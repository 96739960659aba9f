"""The benchmark itself, at its shortest: it runs, and counts no wrong answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.cli import main
from tests.bench.report import OPERATIONS


@pytest.mark.needs("ministack")
def test_a_short_run_measures_everything(tmp_path: Path) -> None:
    """One round times every operation on both servers, without a wrong answer."""
    assert main(["--quick", "--json", str(tmp_path / "run.json")]) == 0
    found = json.loads((tmp_path / "run.json").read_text())
    assert {(one["target"], one["operation"]) for one in found["medians"] if one["calls"]} == {
        (target, operation) for target in ("reference", "plain") for operation in OPERATIONS
    }
    assert len(found["floors"]) == 2
    assert all(one["cpu_ms"]["server"] > 0 for one in found["medians"])
    assert all(one["memory"] > 20 for one in found["medians"])
