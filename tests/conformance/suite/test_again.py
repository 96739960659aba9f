"""One deployment, judged twice in a row: the second run does not stumble on the first."""

from __future__ import annotations

from dataclasses import replace

from conformance_tests.deployment.wiring import Wiring
from conformance_tests.embedded import boot
from conformance_tests.report.verdict import judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from conformance_tests.target.parts import Features


def test_a_second_run_by_the_clock_alone_finds_what_the_first_found() -> None:
    """Real customers are burned, logged out and taken into the future, and all that twice."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as (target, wiring):
        verdicts = [verdict_of(by_the_clock(target), wiring) for _ in range(2)]
    assert verdicts == [(True, []), (True, [])]


def by_the_clock(target: Target) -> Target:
    """The embedded reference of which only the clock can be moved."""
    return replace(
        target,
        profile="documented",
        claims=("CORE", "GQL"),
        secret=None,
        table=None,
        launch=None,
        instances={},
        features=Features(),
    )


def verdict_of(target: Target, wiring: Wiring) -> tuple[bool, list[str]]:
    report = judge(target, run_suite(target, Options(claimed_only=True), wiring=wiring))
    return report.conformant, [row.requirement.id for row in report.failed]
