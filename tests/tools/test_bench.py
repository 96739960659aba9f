"""The benchmark itself, at its shortest: it runs, and counts no wrong answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.bench import deployment
from tools.bench.cli import main
from tools.bench.report import OPERATIONS


@pytest.mark.needs("ministack")
def test_a_short_run_measures_everything(tmp_path: Path) -> None:
    """One round times every operation on all three servers, without a wrong answer."""
    assert main(["--quick", "--json", str(tmp_path / "run.json")]) == 0
    found = json.loads((tmp_path / "run.json").read_text())
    assert {(one["target"], one["operation"]) for one in found["medians"] if one["calls"]} == {
        (target, operation) for target in ("warm", "cold", "plain") for operation in OPERATIONS
    }
    assert len(found["floors"]) == 2
    # How soon is a figure to read, never a bound: a busy machine would break it.
    assert set(found["ready_seconds"]) == {"warm", "cold", "plain"}
    assert all(seconds > 0 for seconds in found["ready_seconds"].values())
    assert all(one["cpu_ms"]["server"] > 0 for one in found["medians"])
    assert all(one["memory"] > 20 for one in found["medians"])
    presented = [one for one in found["medians"] if one["operation"] != "login"]
    rates = {(one["target"], one["hit_rate"]) for one in presented}
    assert rates == {("warm", 1.0), ("cold", 0.0), ("plain", None)}


@pytest.mark.needs("ministack")
def test_two_deployments_are_measured_by_their_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--url and --vs are called from outside; pairs that live too long are never rotated."""
    monkeypatch.setattr(deployment, "ACCESS_MINUTES", "1")
    with (
        deployment.engine() as engine,
        deployment.reference("one", engine) as one,
        deployment.reference("other", engine) as other,
    ):
        urls = ["--url", f"{one.origin}/graphql", "--vs", f"{other.origin}/graphql"]
        assert main(["--quick", *urls, "--json", str(tmp_path / "run.json")]) == 0
    found = json.loads((tmp_path / "run.json").read_text())
    called = {"login", "revoke", "echo"}
    assert {(one["target"], one["operation"]) for one in found["medians"]} == {
        (target, operation) for target in ("url", "vs") for operation in called
    }
    assert all(set(one["cpu_ms"]) == {"load"} for one in found["medians"])
    assert all(one["share_of_floor"] is one["share_of_cpu"] is None for one in found["medians"])
    assert {one["operation"] for one in found["ratios"]} == called
    assert sorted(found["missing"]) == ["url rotate 8", "vs rotate 8"]
    assert found["ready_seconds"] == {}
