"""One deployment, judged in several ways: whatever two of them could see, they agree upon."""

from __future__ import annotations

import multiprocessing
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor

import pytest

from conformance_tests.embedded import boot
from conformance_tests.report.verdict import EVALUATED, Report, judge
from conformance_tests.requirements import GROUPS
from tests.conformance.suite.ways import IN_PROCESS, OVER_HTTP, WAYS, report_of, run_by
from tests.mutants.judged import OF_DERIVING

#: What a table engine has a say in, beside the rows of FAULT and RACE.
OF_THE_TABLE = (
    *("CORE-05", "CORE-06", "CORE-12", "CORE-13", "CORE-15", "CORE-20", "CORE-22"),
    *("STORE", "DEV-05", "DEV-06", "DEV-07", "DEV-08", "DEV-09", "HARD-12", "HARD-30", "HARD-31"),
    *("FAULT", "RACE"),
)
#: Ways at once: those without a clock that moves wait most of the time.
AT_ONCE = 3


def told(report: Report) -> dict[str, str]:
    """The rows that this way could judge, each with its status; not the rows of times."""
    judged = {row.requirement.id: row.status for row in report.rows if row.status in EVALUATED}
    return {id_: status for id_, status in judged.items() if id_ not in OF_DERIVING}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """Each way's report; each is looked at from a process of its own."""
    folder = tmp_path_factory.mktemp("ways")
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn")) as pool:
        found = {way: pool.submit(run_by, way, folder) for way in WAYS}
        return {way: judge(*one.result()) for way, one in found.items()}


@pytest.mark.needs("faketime")
def test_the_ways_agree_wherever_two_could_see(reports: dict[str, Report]) -> None:
    """No row is kept to one way of looking and broken to another."""
    statuses: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, report in reports.items():
        for id_, status in told(report).items():
            statuses[id_][status].append(name)
    assert {id_: ways for id_, ways in statuses.items() if len(ways) > 1} == {}


@pytest.mark.needs("faketime")
@pytest.mark.parametrize("name", list(WAYS))
def test_each_way_judges_and_nothing_of_the_suite_breaks(
    reports: dict[str, Report], name: str
) -> None:
    """Each way ends with a verdict of conformant, and no row is the suite's own error."""
    report = reports[name]
    assert report.run.unreachable is None
    broken = report.of_status("fail", "error")
    assert [(row.requirement.id, row.status, row.detail) for row in broken] == []
    assert report.conformant
    assert report.run.clock == WAYS[name].clock
    assert len(told(report)) >= WAYS[name].rows


@pytest.mark.needs("faketime")
@pytest.mark.parametrize("name", [OVER_HTTP, IN_PROCESS])
def test_with_everything_offered_nothing_is_unseen(reports: dict[str, Report], name: str) -> None:
    """The embedded target offers all that any row needs: every one is judged, or excluded."""
    unseen = reports[name].of_status("not-testable", "not-applicable")
    assert [(row.requirement.id, row.detail) for row in unseen] == []
    assert tuple(reports[name].groups) == GROUPS


@pytest.mark.needs("faketime")
def test_both_transports_give_equal_verdicts(reports: dict[str, Report]) -> None:
    """Row by row, over HTTP to server and table alike, and in the process."""
    assert told(reports[OVER_HTTP]) == told(reports[IN_PROCESS])


@pytest.mark.needs("faketime")
@pytest.mark.needs("ministack")
def test_both_engines_give_equal_verdicts(reports: dict[str, Report], ministack: str) -> None:
    """Row by row, whatever the table has a say in, storage failures and races among it."""
    report = report_of(boot.embedded_reference(engine=ministack), *OF_THE_TABLE)
    asked = {
        row.requirement.id
        for row in report.rows
        if {row.requirement.id, row.requirement.group} & {*OF_THE_TABLE}
    }
    other = {id_: status for id_, status in told(reports[IN_PROCESS]).items() if id_ in asked}
    assert told(report) == other
