"""One deployment, judged by two pipelines at once: neither finds what the other has done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance_tests.embedded import boot
from conformance_tests.runner.other_runs import RUNS
from conformance_tests.target.model import Target
from tests.chaos.sizes import size

#: Rows whose tests count a real customer's rows, race them, and burn them.
ROWS = ("CORE-01", "CORE-12", "CORE-20", "CORE-25", "STORE-01", "RACE-01", "RACE-03")
LONGEST_SECONDS = 300


@pytest.fixture
def target() -> Iterator[Target]:
    with boot.embedded_reference(behind_proxy=False) as (served, wiring):
        yield served
        assert served.table is not None
        left = wiring.table_client.scan(TableName=served.table.name)["Items"]
        assert not [item for item in left if item["customer_id"]["S"] == RUNS]


def target_file(path: Path, target: Target, customers: int) -> Path:
    """A target file with secret, table and so many customers."""
    assert target.table is not None
    lines = [
        f'url = "{target.url}"',
        'environment = "development"',
        'profile = "hardened"',
        "[signing]",
        'secret_env = "SECRET"',
        "[table]",
        f'name = "{target.table.name}"',
        f'region = "{target.table.region}"',
        f'endpoint_url = "{target.table.endpoint_url}"',
    ]
    for one in target.customers[:customers]:
        lines += ["[[customers]]", f'email = "{one.email}"', f'password = "{one.password}"']
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("customers", [2, *[4] * size(1, 20)])
def test_two_runs_at_once_are_both_green(tmp_path: Path, target: Target, customers: int) -> None:
    """On two customers one waits for the other; of four each has two, in the long form often."""
    words = [sys.executable, "-m", "conformance_tests.commands.cli", "run", "--target"]
    words += [str(target_file(tmp_path / "staging.toml", target, customers)), "--only", *ROWS]
    environ = {**os.environ, "SECRET": str(target.secret)}
    runs = [
        subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    told = [run.communicate(timeout=LONGEST_SECONDS)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], "\n".join(told)
