"""What a run leaves in a table that goes on after it: nothing that would let anybody in."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.commands import doctor
from conformance_tests.commands.cleanup import NOTHING, cleanup
from conformance_tests.deployment.opening import assemble
from conformance_tests.deployment.row import BOOKKEEPING
from conformance_tests.deployment.table import Table
from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted
from conformance_tests.runner import other_runs
from conformance_tests.runner.cleanup import clean_up
from conformance_tests.runner.options import Options
from conformance_tests.runner.preflight import prepare
from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from conformance_tests.target.parts import ClockAddress
from reference_auth.flow.flow import Flow
from reference_auth.serve import demo

#: Rows whose tests log in, forge, rotate, burn and fill partitions.
ROWS = ("CORE-01", "CORE-05", "CORE-12", "STORE-09", "RACE-01", "DEV-01")


def sessions(booted: Booted) -> list[str]:
    """Whose sessions the table holds."""
    target, wiring = booted
    assert target.table is not None
    page = wiring.table_client.scan(TableName=target.table.name)
    owners = [item["customer_id"]["S"] for item in page["Items"]]
    return [owner for owner in owners if not owner.startswith(BOOKKEEPING)]


def seeing_all(target: Target) -> Target:
    """With everything that the target offers."""
    return target


def without_the_secret(target: Target) -> Target:
    """With a table in which no session can be told from another."""
    return replace(target, secret=None)


def with_credentials_alone(target: Target) -> Target:
    """With nothing to look into."""
    return replace(target, secret=None, table=None, faults=None, launch=None)


@pytest.mark.parametrize("seen", [seeing_all, without_the_secret, with_credentials_alone])
def test_a_run_leaves_no_session_behind(booted: Booted, seen: Callable[[Target], Target]) -> None:
    """Whatever the suite was given to see, each session that it opened has ended."""
    run = run_suite(seen(booted.target), Options(only=ROWS), wiring=booted.wiring)
    assert any(finding.status == "pass" for finding in run.findings)
    assert run.left_behind == ()
    assert sessions(booted) == []


def test_a_table_that_ends_with_the_run_stays_small() -> None:
    """Rows of made-up customers do not pile up in it, or each transaction would take longer than
    the one before; those of the given ones, a login each, stay until the end.
    """
    with boot.embedded_reference(over_http=False) as (target, wiring):
        assert target.table is not None
        run_suite(target, Options(only=("CORE",)), wiring=wiring)
        left = wiring.table_client.scan(TableName=target.table.name)["Items"]
    owners = {item["customer_id"]["S"].removeprefix(BOOKKEEPING) for item in left}
    assert owners == {str(customer.customer_id) for customer in (demo.ALICE, demo.BOB)}


def test_a_session_that_cannot_be_ended_is_told(
    booted: Booted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment whose revoke does nothing leaves sessions open, and the report says so."""

    async def revoke(*_: Any) -> bool:
        return True

    monkeypatch.setattr(Flow, "revoke", revoke)
    run = run_suite(booted.target, Options(only=("CORE-01",)), wiring=booted.wiring)
    owners = {told.rpartition(" of ")[2].partition(" ")[0] for told in run.left_behind}
    assert owners == {customer.email for customer in booted.target.customers}
    assert sessions(booted)


def test_a_table_that_cannot_be_cleared_keeps_nobody_logged_in(
    booted: Booted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of made-up customers is told, and the sessions of the given ones still end."""

    def denied(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "BatchWriteItem")

    monkeypatch.setattr(Table, "clear", denied)
    run = run_suite(booted.target, Options(only=("CORE-01", "CORE-12")), wiring=booted.wiring)
    assert run.left_behind == ("the table could not be cleaned up: ClientError",)
    assert {owner.partition("-")[0] for owner in sessions(booted)} <= {"conformance"}


# -- what a run that was killed has left -----------------------------------------------------------


def killed(booted: Booted, leap: int) -> None:
    """What a run leaves that could not clean up: rows, its own among them, and a moved clock."""
    target, wiring = booted
    with ExitStack() as ends, patch.object(other_runs, "BEAT_SECONDS", 3600):
        customers = Customers(assemble(target, ends, wiring))
        assert prepare(customers, ends) is None
        customers.someone().log_in()
        customers.deployment.clock.move_to(time.time() + leap)
        run, table = customers.deployment.run, customers.deployment.need_table()
        long_ago = {"run": {"S": run}, "seen": {"N": "0"}}
        table.put(other_runs.RUNS, run, None, long_ago)
        ends.pop_all()


def test_the_next_run_names_what_a_killed_one_left(booted: Booted) -> None:
    """The report says so, and the run itself starts in real time and leaves nothing more."""
    killed(booted, 90 * 86_400)
    run = run_suite(booted.target, Options(only=("CORE-12",)), wiring=booted.wiring)
    assert run.remark is not None
    assert "earlier runs that were not cleaned up: 1" in run.remark
    assert "auth-conformance cleanup --target FILE" in run.remark
    assert re.search("the clock was 77[67]\\d{4} s ahead", run.remark)
    assert {finding.status for finding in run.findings} == {"pass"}
    again = run_suite(booted.target, Options(only=("CORE-01",)), wiring=booted.wiring)
    assert again.remark is not None
    assert "ahead" not in again.remark


def test_doctor_names_it_too(booted: Booted) -> None:
    """Rows and sessions of nobody's, and the clock, which it resets."""
    killed(booted, 90 * 86_400)
    with ExitStack() as ends:
        told = {line.what: line for line in doctor.examine(booted.target, ends, booted.wiring)}
    assert told["other runs"].sign == told["clock"].sign == "note"
    assert "not cleaned up" in told["other runs"].says
    assert "of alice@example.com" in told["other runs"].says
    assert "s ahead, as a run that was killed leaves it" in told["clock"].says


def test_cleanup_removes_what_is_the_suites_own(
    booted: Booted, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows of made-up customers and the clock; no row of anybody else."""
    killed(booted, 90 * 86_400)
    before = sessions(booted)
    assert any(owner.startswith("conformance-") for owner in before)
    assert cleanup(booted.target, booted.wiring) == 0
    told = capsys.readouterr().out
    assert re.search(r"^Rows removed from the table .*: \d+, of 2 made-up ids\.$", told, re.M)
    assert "The clock was reset to real time." in told
    assert sessions(booted) == [one for one in before if not one.startswith("conformance-")]
    run = run_suite(booted.target, Options(only=("CORE-01",)), wiring=booted.wiring)
    assert run.remark is None


@pytest.mark.parametrize(
    "clock, code, out, err",
    [
        (ClockAddress(), 0, f"{NOTHING}\n", ""),
        (ClockAddress(faketime="/nowhere/faketimerc"), 3, "", "the clock file /nowhere"),
    ],
)
def test_cleanup_says_what_it_could_not_do(
    capsys: pytest.CaptureFixture[str], clock: ClockAddress, code: int, out: str, err: str
) -> None:
    """A clock that is gone is exit 3; where there is nothing to look at, it says that."""
    target = Target(url="http://127.0.0.1:9/", customers=(), clock=clock)
    assert cleanup(target) == code
    told = capsys.readouterr()
    assert told.out == out
    assert err in told.err


def test_one_token_that_cannot_be_sent_keeps_no_other_session_open(booted: Booted) -> None:
    """The others are ended, and what was left is told."""
    target, wiring = booted
    with ExitStack() as ends:
        customers = Customers(assemble(target, ends, wiring))
        assert prepare(customers, ends) is None
        for customer in customers.registered:
            customer.sessions.insert(0, Session(customer, "tök€n", "0" * 128))
        customers.deployment.odd_pairs = "no row can be found by its hash"
        told = clean_up(customers)
    assert [sentence.partition(" could")[0] for sentence in told] == [
        "a session of alice@example.com",
        "a session of bob@example.com",
    ]
    assert all("cannot be sent" in sentence for sentence in told)
    assert {one.partition("-")[0] for one in sessions(booted)} <= {"conformance"}
