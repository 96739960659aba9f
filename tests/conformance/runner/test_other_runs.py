"""Two runs on one table: neither uses a customer, or a clock, that the other one has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.row import Row
from conformance_tests.deployment.table import Table
from conformance_tests.deployment.table_client import TableLost
from conformance_tests.embedded.boot import Booted
from conformance_tests.runner import other_runs
from conformance_tests.runner.options import Options
from conformance_tests.runner.other_runs import RUNS, Busy, join, leave
from conformance_tests.runner.run import run_suite
from conformance_tests.target.parts import ClockAddress, Credentials, TableAddress
from tests.conformance.fakes import MemoryTable, deployment

EMAILS = ("alice", "bob", "carol", "dave")
REAL = ClockAddress()
ADDRESS = TableAddress("auth", "ap-southeast-2", None)


@pytest.fixture
def table() -> Table:
    return MemoryTable()


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def a_run(name: str, table: Table, customers: int, clock: ClockAddress = REAL) -> Deployment:
    given = tuple(Credentials(email, "password") for email in EMAILS[:customers])
    judged = deployment(customers=given)
    judged.target = replace(judged.target, table=ADDRESS, clock=clock)
    judged.run, judged.table = name, table
    return judged


def names(got: Any) -> list[str]:
    return [customer.email for customer in got]


def test_a_run_alone_has_what_it_needs(table: Table, ends: ExitStack) -> None:
    """Up to three customers it has for itself; of more it leaves two to another run."""
    assert names(join(a_run("one", table, 3), ends)) == ["alice", "bob", "carol"]


def test_two_runs_share_four_customers(table: Table, ends: ExitStack) -> None:
    """Each has two, and neither waits."""
    assert names(join(a_run("one", table, 4), ends)) == ["alice", "bob"]
    assert names(join(a_run("other", table, 4), ends)) == ["carol", "dave"]


@pytest.mark.parametrize(
    "customers, clock", [(2, REAL), (4, ClockAddress(http="http://127.0.0.1:9/"))]
)
def test_a_run_waits_until_another_has_ended(
    table: Table, ends: ExitStack, customers: int, clock: ClockAddress
) -> None:
    """Where there are two customers only, or one clock."""
    first, second = (a_run(name, table, customers, clock) for name in ("one", "other"))
    slept: list[float] = []
    told: list[str] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            leave(first, clean=True)

    join(first, ends)
    second.clock.sleep, second.tell = sleep, told.append
    assert names(join(second, ends)) == ["alice", "bob"]
    assert told == ["waiting for another run to end"] * 3
    assert second.about_runs == ["this run waited 0 s for another one to end"]
    leave(second, clean=True)
    assert table.rows(RUNS) == []


def test_a_run_that_was_killed_is_not_waited_for(
    table: Table, ends: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a minute without a sign of life its customers are free; what it left is named."""
    join(a_run("killed", table, 2), ends)
    monkeypatch.setattr(other_runs, "STALE_SECONDS", -1.0)
    later = a_run("later", table, 2)
    assert names(join(later, ends)) == ["alice", "bob"]
    [told] = later.about_runs
    assert told.startswith("earlier runs that were not cleaned up: 1; auth-conformance cleanup")


@pytest.mark.parametrize("name", [other_runs.lease_of(Credentials("alice", "password")), "odd"])
def test_a_row_that_no_run_wrote_is_in_nobodys_way(
    table: Table, ends: ExitStack, name: str
) -> None:
    """The deployment can write there too: its row is no run's, and no crash."""
    table.write(Row.of(RUNS, name, 4_000_000_000, {}))
    run = a_run("one", table, 2)
    assert names(join(run, ends)) == ["alice", "bob"]
    leave(run, clean=True)


@pytest.mark.parametrize("seen", [0.0, 4_000_000_000.0])
def test_a_run_shows_now_that_it_is_at_work(table: MemoryTable, seen: float) -> None:
    """Neither long ago nor some day to come, as a row by another hand may say."""
    assert not other_runs.is_alive(Row.of(RUNS, "odd", 1, {"seen": {"N": str(seen)}}))
    assert other_runs.is_alive(Row.of(RUNS, "one", 1, {"seen": {"N": str(time.time())}}))


def test_nobody_waits_for_ever(
    table: Table, ends: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that cannot begin says who is in its way."""
    join(a_run("one", table, 2), ends)
    monkeypatch.setattr(other_runs, "MOST_WAIT_SECONDS", -1.0)
    with pytest.raises(Busy, match="another run has been at work"):
        join(a_run("other", table, 2), ends)


def test_without_a_lasting_table_nobody_is_known(ends: ExitStack) -> None:
    """All customers are taken."""
    assert len(join(deployment(), ends)) == 2


def test_a_table_that_fails_in_between_is_one_sentence(
    booted: Booted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that cannot take its customers does not begin, and is no crash of the suite."""

    def lost(*_: Any, **__: Any) -> bool:
        raise TableLost("the credentials have expired")

    monkeypatch.setattr(Table, "claim", lost)
    run = run_suite(booted.target, Options(only=("CORE-01",)), wiring=booted.wiring)
    assert (run.unreachable, run.crashed) == (
        "the table failed: the credentials have expired",
        None,
    )
