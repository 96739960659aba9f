"""A run with its tests side by side finds what a serial one finds, row by row, in any order.

PARALLEL=long compares all rows, by ten orders each, and more defects.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

import tests.mutants.every  # noqa: F401  (enters the mutants)
from conformance_tests.embedded import boot
from conformance_tests.report.verdict import judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.keys import PARALLEL
from conformance_tests.target.parts import ClockAddress
from reference_auth.core.errors import Retry
from reference_auth.flow.flow import Flow
from tests.conformance.suite.ways import QUICK, blind
from tests.mutants.catalogue import CATALOGUE
from tests.mutants.judged import OF_DERIVING, derive_briefly
from tests.mutants.seams import around

LONG = os.environ.get("PARALLEL") == "long"
ORDERS = range(10 if LONG else 1)
#: Rows whose tests log in, rotate, burn, revoke, forge, compete, and look into the table.
SOME = (
    *("CORE-05", "CORE-07", "CORE-12", "CORE-15", "CORE-24", "CORE-26", "STORE-01", "STORE-06"),
    *("HARD-08", "HARD-12", "HARD-35", "RACE-03", "RACE-04", "WIRE-08", "GQL-07"),
)
ONLY = () if LONG else SOME
#: None is the sound reference.
DEFECTS = (None, "rotates_in_two_calls")
MORE_DEFECTS = (
    "allows_one_session_a_customer",
    *("lets_a_login_overwrite_the_last_one", "deletes_the_spent_row_without_a_condition"),
    *("ends_the_session_over_which_two_compete", "takes_a_lost_race_for_a_replay"),
    *("tells_the_loser_that_the_session_is_over", "says_true_when_a_rotation_was_faster"),
    *("writes_a_renewed_row_behind_a_burn", "keeps_a_row_of_the_last_login"),
    *("marks_the_older_sessions_at_a_login", "tidies_up_at_a_login"),
)


def rows(parallel: int, order: int | None, *, clock: bool) -> dict[str, str]:
    """The status of each requirement; not of those that measure how long a derivation takes."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as (target, wiring):
        assert target.table is not None
        judged = blind(
            target,
            secret=target.secret,
            table=replace(target.table, ends_with_run=False),
            clock=target.clock if clock else ClockAddress(),
            parallel=parallel,
        )
        report = judge(judged, run_suite(judged, Options(only=ONLY, shuffle=order), wiring=wiring))
    assert report.run.crashed is None
    told = {row.requirement.id: row.status for row in report.rows}
    return {id_: status for id_, status in told.items() if id_ not in OF_DERIVING}


def test_a_server_that_asks_to_try_again_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tests wait together and share a customer, they may take each other's second."""
    asked: set[str] = set()

    async def rotate_the_second_time(original: Any, flow: Flow, old: Any) -> Any:
        if old.pair.refresh_token in asked:
            return await original(flow, old)
        asked.add(old.pair.refresh_token)
        raise Retry

    around(monkeypatch, Flow, "rotate", rotate_the_second_time)
    with boot.embedded_reference(behind_proxy=False, lifetimes=QUICK) as (target, wiring):
        waiting = blind(target, clock=ClockAddress(max_wait=60))
        run = run_suite(waiting, Options(only=("CORE-06", "CORE-19")), wiring=wiring)
    assert {finding.status for finding in run.findings} == {"pass"}


@pytest.mark.parametrize(
    "clock, defect",
    [
        *((False, defect) for defect in DEFECTS),
        (True, None),
        *((clock, defect) for clock in (False, True) for defect in MORE_DEFECTS if LONG),
    ],
)
def test_serial_and_parallel_runs_agree(
    monkeypatch: pytest.MonkeyPatch, clock: bool, defect: str | None
) -> None:
    """What a defect breaks now and then, as threads and seconds fall, is left out.

    So is what it keeps from being judged: one that burns where it must not does so at any time.
    """
    derive_briefly(monkeypatch)
    chance = frozenset[str]()
    if defect is not None:
        CATALOGUE[defect].patch(monkeypatch)
        chance = CATALOGUE[defect].sometimes
    serial = rows(1, None, clock=clock)
    for order in ORDERS:
        parallel = rows(PARALLEL, order, clock=clock)
        differ = {id_ for id_ in serial if serial[id_] != parallel[id_]} - chance
        if defect is not None:
            differ = {i for i in differ if "not-testable" not in (serial[i], parallel[i])}
        assert {id_: (serial[id_], parallel[id_]) for id_ in sorted(differ)} == {}
