"""Another framework and another store, written from SPEC.md alone, keep the documented flow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance_tests.deployment.launch import Launcher
from conformance_tests.report.exit_codes import CONFORMANT
from conformance_tests.report.finding import Status
from conformance_tests.report.verdict import Report, judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.load import load
from conformance_tests.target.model import Target
from conformance_tests.target.parts import ClockAddress
from tests.second.served import SECRET

HERE = Path(__file__).parent
#: What cannot be judged to the end without a look at the rows, which lie in sqlite.
OF_THE_TABLE = {
    *("CORE-02", "CORE-05", "CORE-12", "CORE-13", "CORE-15", "CORE-20", "CORE-21", "CORE-22"),
    *("WIRE-03", "WIRE-08", "WIRE-09"),
    *("STORE-01", "STORE-02", "STORE-03", "STORE-04", "STORE-07", "STORE-10", "STORE-12"),
    *("DEV-01", "DEV-05", "DEV-08"),
    "GQL-03",
}
OF_THE_FAULT_PROXY = {"DEV-02"}  # it counts the calls to a table


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """What the file says, with a server of its own under this Python, on a free port."""
    monkeypatch.setenv("PYTHONPATH", str(HERE.parents[1]))
    found = load(HERE / "target.toml", {"JWT_PRIVATE_KEY": SECRET})
    assert found.launch is not None
    launch = replace(found.launch, command=(sys.executable, *found.launch.command[1:]))
    with Launcher(launch, found.secret).start(mode="development") as started:
        clock = ClockAddress(http=started.url.replace("/graphql", "/clock"))
        yield replace(found, url=started.url, clock=clock, launch=launch)


def ended(report: Report, status: Status) -> set[str]:
    return {row.requirement.id for row in report.claimed if row.status == status}


def test_the_documented_flow_is_kept(target: Target) -> None:
    """All that can be seen without the table passes, and the verdict is conformant."""
    report = judge(target, run_suite(target, Options(claimed_only=True)))
    unseen = OF_THE_TABLE | OF_THE_FAULT_PROXY
    assert {row.requirement.id: row.detail for row in report.failed} == {}
    assert ended(report, "not-testable") == unseen
    assert ended(report, "pass") == {row.requirement.id for row in report.claimed} - unseen
    assert report.exit == CONFORMANT
