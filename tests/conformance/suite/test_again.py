"""One deployment, judged twice in a row: the second run does not stumble on the first."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance_tests.deployment.wiring import Wiring
from conformance_tests.embedded import boot
from conformance_tests.report.verdict import judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from conformance_tests.target.parts import Features
from tests.conformance.suite.ways import blind


def test_a_second_run_by_the_clock_alone_finds_what_the_first_found() -> None:
    """Real customers are burned, logged out and taken into the future, and all that twice."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as (target, wiring):
        verdicts = [verdict_of(by_the_clock(target), wiring) for _ in range(2)]
    assert verdicts == [(True, []), (True, [])]


#: Rows whose tests burn real customers, and rows that need an expired pair of theirs.
OF_REAL_CUSTOMERS = ("CORE-12", "CORE-25", "RACE-03", "WIRE-08", "HARD-31")


def test_a_second_run_without_a_clock_waits_for_the_burns_of_the_first() -> None:
    """A burn covers every older pair for an access lifetime: till then they prove nothing."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as (target, wiring):
        assert target.table is not None
        lasting = replace(target.table, ends_with_run=False)
        burned = target.customers[:2]  # of more, one that was spared might be chosen
        seen = replace(blind(target, secret=target.secret, table=lasting), customers=burned)
        options = Options(only=OF_REAL_CUSTOMERS)
        first, second = (run_suite(seen, options, wiring=wiring).findings for _ in range(2))
    assert {finding.status for finding in first} == {"pass"}
    assert {finding.status for finding in second} == {"pass", "not-testable"}
    told = {finding.detail for finding in second if finding.status == "not-testable"}
    assert all(re.search(r"an earlier burn .* until \d\d:\d\d:\d\d;", str(said)) for said in told)


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
