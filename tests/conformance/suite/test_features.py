"""A deployment that is started with grace and an absolute end is held to what these permit."""

from __future__ import annotations

import pytest

from conformance_tests.report.verdict import judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from tests.conformance.suite.ways import featured
from tests.conformance.walks.alone import SOUND
from tests.mutants.judged import OF_DERIVING, changed


@pytest.mark.parametrize("seen", ["secret, table and clock", "clock"])
def test_a_sound_deployment_with_features_turns_nothing_red(seen: str) -> None:
    """Also where its remembered sessions end with the absolute end, days before they would."""
    with changed(SOUND, briefly=True, command=("true",)) as (target, wiring):
        judged = featured(target, seen)
        report = judge(judged, run_suite(judged, Options(), wiring=wiring))
    red = {row.requirement.id: row.detail for row in report.of_status("fail", "warn", "error")}
    assert {id_: detail for id_, detail in red.items() if id_ not in OF_DERIVING} == {}
    assert report.run.crashed is None
    assert report.run.findings
