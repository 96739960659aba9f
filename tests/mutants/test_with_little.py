"""Some defects are seen without the fault proxy, and some over HTTP alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance_tests.embedded import boot
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from conformance_tests.target.parts import FaultAddress
from tests.conformance.suite.ways import blind
from tests.mutants.every import CATALOGUE
from tests.mutants.judged import Judged, changed


def over_http(target: Target) -> Target:
    return blind(target)


def over_http_with_a_clock(target: Target) -> Target:
    return blind(target, clock=target.clock)


def with_the_secret(target: Target) -> Target:
    return blind(target, secret=target.secret)


def without_the_proxy(target: Target) -> Target:
    return replace(target, faults=None)


@pytest.mark.parametrize(
    "name, seen, broken",
    [
        ("rotates_in_two_calls", over_http_with_a_clock, "CORE-28 RACE-04 RACE-07"),
        ("rotates_in_two_calls", without_the_proxy, "CORE-28 RACE-04 RACE-07"),
        ("logs_the_customer_out_everywhere", over_http, "CORE-25"),
        ("takes_a_token_without_a_scheme", over_http, "CORE-18"),
        ("burns_whoever_has_the_id_in_another_case", with_the_secret, "CORE-13"),
        ("finds_no_such_session_for_an_expired_pair", with_the_secret, "CORE-27"),
        ("rounds_a_time_of_an_expired_token_down", with_the_secret, "HARD-33"),
        ("turns_a_missing_id_into_a_word", without_the_proxy, "STORE-11"),
    ],
)
def test_a_defect_is_seen_with_little(
    name: str, seen: Callable[[Target], Target], broken: str
) -> None:
    """Each of these requirements is red for it."""
    with changed(CATALOGUE[name], briefly=True) as (target, wiring):
        only = Options(only=tuple(broken.split()))
        assert {*Judged(run_suite(seen(target), only, wiring=wiring)).red} == {*broken.split()}


def test_a_deployment_that_bypasses_the_proxy_is_not_blamed() -> None:
    """What needs the proxy is not testable then, as if there were none."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as (target, wiring):
        assert target.table is not None
        assert target.table.endpoint_url is not None
        beside = FaultAddress("127.0.0.1:0", target.table.endpoint_url)
        only = Options(only=("RACE", "FAULT"))
        run = run_suite(replace(target, faults=beside), only, wiring=wiring)
    assert Judged(run).red == {}
    unseen = {one.requirement for one in run.findings if one.status == "not-testable"}
    assert {"RACE-04", "RACE-07", "RACE-11", "RACE-12", "FAULT-10"} <= unseen
