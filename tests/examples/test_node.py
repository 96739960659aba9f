"""The deployment in Node that docs/JUDGING.md walks through is judged as it says."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conformance_tests.report.exit_codes import CONFORMANT
from conformance_tests.report.verdict import Report, judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.load import load
from conformance_tests.target.model import Target
from conformance_tests.target.parts import ClockAddress
from tests.ports import free_port

pytestmark = pytest.mark.needs("npm")
EXAMPLE = Path(__file__).parents[2] / "examples" / "node"
PAGE = (Path(__file__).parents[2] / "docs" / "JUDGING.md").read_text(encoding="utf-8")
SECRET = "conformance-secret-0123456789abcdef0123456789abcdef"
FAKETIME = {
    "FAKETIME_NO_CACHE": "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "FAKETIME_FORCE_MONOTONIC_FIX": "0",
}
#: What cannot be seen where the rows lie in the server's memory, in whole or in part.
UNSEEN = {
    *("CORE-02", "CORE-05", "CORE-12", "CORE-13", "CORE-15", "CORE-20", "CORE-21", "CORE-22"),
    *("WIRE-03", "WIRE-08", "WIRE-09"),
    *("STORE-01", "STORE-02", "STORE-03", "STORE-04", "STORE-07", "STORE-10", "STORE-12"),
    *("DEV-01", "DEV-02", "DEV-03", "GQL-03"),
}


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with its one dependency."""
    folder = tmp_path_factory.mktemp("node") / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules"))
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent")
    subprocess.run(["npm", "install", *quiet], cwd=folder, check=True, timeout=120)
    return folder


@contextmanager
def serving(folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """The server on a free port: its origin."""
    port = free_port()
    bare = {"PATH": os.environ["PATH"], "JWT_PRIVATE_KEY": SECRET, "PORT": str(port)}
    command = ["node", str(folder / "server.mjs")]
    process = subprocess.Popen(command, env=bare | dict(environ), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http"), "the server did not come up"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def target(origin: str, clock: ClockAddress) -> Target:
    """What the example's own file says, at this address."""
    found = load(EXAMPLE / "target.toml", {"JWT_PRIVATE_KEY": SECRET})
    return replace(found, url=f"{origin}/graphql", clock=clock)


def judged(one: Target, *only: str) -> Report:
    options = Options(only=only, claimed_only=True, allow_destructive=True)
    return judge(one, run_suite(one, options))


def test_the_example_keeps_the_documented_flow(example: Path) -> None:
    """With its test clock, every row that can be seen without a table passes."""
    with serving(example, {"TEST_CLOCK": "1"}) as origin:
        report = judged(target(origin, ClockAddress(http=f"{origin}/clock")))
    assert {row.requirement.id: row.detail for row in report.failed} == {}
    assert report.exit == CONFORMANT
    unseen = {row.requirement.id for row in report.of_status("not-testable")}
    assert unseen <= UNSEEN
    assert len(report.of_status("pass")) >= 30


@pytest.mark.needs("faketime")
def test_the_example_s_clock_moves_from_without(example: Path, tmp_path: Path) -> None:
    """Under libfaketime, with no clock of its own, it rotates once an access token has expired."""
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    file = tmp_path / "faketimerc"
    file.write_text("+0\n")
    moved = {**FAKETIME, "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(file)}
    with serving(example, moved) as origin:
        report = judged(target(origin, ClockAddress(faketime=str(file))), "CORE-06", "CORE-07")
    rows = ("CORE-06", "CORE-07")
    found = {r.requirement.id: r.status for r in report.rows if r.requirement.id in rows}
    assert report.run.clock == "faketime"
    assert found == dict.fromkeys(rows, "pass")
    assert all(f"{name}={value}" in PAGE for name, value in FAKETIME.items())


def test_without_its_switch_nobody_sets_its_clock(example: Path) -> None:
    """POST /clock is nothing that an ordinary server has."""
    import httpx

    with serving(example, {}) as origin:
        assert httpx.post(f"{origin}/clock", json={"now": 1}).status_code == 404
