"""One deployment, judged in several ways: whatever two of them could see, they agree upon."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance_tests import embedded, runner
from conformance_tests.launch import Launcher
from conformance_tests.moto_endpoint import MotoEndpoint
from conformance_tests.plugin import Options
from conformance_tests.registry import GROUPS
from conformance_tests.target import ClockAddress, Features, Lifetimes, Target
from conformance_tests.verdict import EVALUATED, Report, judge
from reference_auth.memory import memory_client

OVER_HTTP, IN_PROCESS = "over HTTP, with everything", "in the process"
#: What a table engine has a say in, beside the rows of FAULT and RACE.
OF_THE_TABLE = (
    *("CORE-05", "CORE-06", "CORE-12", "CORE-13", "CORE-15", "CORE-20", "CORE-22"),
    *("STORE", "DEV-05", "DEV-06", "DEV-07", "DEV-08", "DEV-09", "HARD-12", "HARD-30", "HARD-31"),
    *("FAULT", "RACE"),
)
QUICK = Lifetimes(access=15, refresh=20, extended=40)
#: Where time is really waited for: rows whose waits are shared, and a burn.
PATIENT = (
    *("CORE-06", "CORE-07", "CORE-08", "CORE-14", "CORE-19", "CORE-21", "CORE-25", "CORE-26"),
    "API-06",
)
#: Of those, CORE-21 has a part that only a table shows.
FEWEST = len(PATIENT) - 1


def blind(target: Target, **seen: Any) -> Target:
    """The same deployment, of which nothing can be seen but this."""
    nothing: dict[str, Any] = {
        "secret": None,
        "table": None,
        "clock": ClockAddress(),
        "faults": None,
        "log_file": None,
        "launch": None,
        "instances": {},
        "features": Features(),
    }
    return replace(target, **{**nothing, **seen})


@contextmanager
def over_http_throughout() -> Iterator[Target]:
    """Servers and table alike are asked over HTTP; nobody takes the short cut in the process."""
    with MotoEndpoint(memory_client()) as table, embedded.boot(engine=table.url) as target:
        yield target


@contextmanager
def with_the_secret() -> Iterator[Target]:
    with embedded.boot(behind_proxy=False) as target:
        yield blind(target, secret=target.secret)


@contextmanager
def with_credentials() -> Iterator[Target]:
    with embedded.boot(behind_proxy=False) as target:
        yield blind(target)


@contextmanager
def with_patience() -> Iterator[Target]:
    with embedded.boot(behind_proxy=False, lifetimes=QUICK) as target:
        yield blind(target, clock=ClockAddress(max_wait=60))


@contextmanager
def under_libfaketime(folder: Path) -> Iterator[Target]:
    """A server in a process of its own, its clock set through the file that libfaketime reads."""
    clock = folder / "faketimerc"
    clock.write_text("+0\n")
    [library] = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    environ = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    alone = (sys.executable, "-m", "reference_auth")  # a fork would not load the library
    with embedded.boot(behind_proxy=False, command=alone) as target:
        assert target.launch is not None
        launcher = Launcher(target.launch, target.secret, environ=environ)
        with launcher.start(mode="development") as launched:
            seen = {"secret": target.secret, "table": target.table}
            moved = blind(target, clock=ClockAddress(faketime=str(clock)), **seen)
            yield replace(moved, url=launched.url)


def report_of(way: AbstractContextManager[Target], *only: str) -> Report:
    with way as target:
        return judge(target, runner.run(target, Options(only=only)))


def told(report: Report) -> dict[str, str]:
    """The rows that this way could judge, each with its status; not a row of times under load."""
    judged = {row.requirement.id: row.status for row in report.rows if row.status in EVALUATED}
    return {id_: status for id_, status in judged.items() if id_ != "HARD-26"}


WAYS: dict[str, Callable[[Path], Report]] = {
    OVER_HTTP: lambda _: report_of(over_http_throughout()),
    IN_PROCESS: lambda _: report_of(embedded.boot(over_http=False)),
    "with the secret": lambda _: report_of(with_the_secret()),
    "with credentials": lambda _: report_of(with_credentials()),
    "under libfaketime": lambda folder: report_of(under_libfaketime(folder)),
    "by waiting": lambda _: report_of(with_patience(), *PATIENT),
}


#: The clock that each way is there to show, by the name that its report gives it.
CLOCKS = {OVER_HTTP: "http", IN_PROCESS: "http", "under libfaketime": "faketime"}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    folder = tmp_path_factory.mktemp("ways")
    return {name: report(folder) for name, report in WAYS.items()}


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
    assert [row.requirement.id for row in report.rows if row.status == "error"] == []
    assert report.conformant
    assert report.run.clock == CLOCKS.get(name, "real")
    assert len(told(report)) >= FEWEST


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
    report = report_of(embedded.boot(engine=ministack), *OF_THE_TABLE)
    asked = {
        row.requirement.id
        for row in report.rows
        if {row.requirement.id, row.requirement.group} & {*OF_THE_TABLE}
    }
    other = {id_: status for id_, status in told(reports[IN_PROCESS]).items() if id_ in asked}
    assert told(report) == other
