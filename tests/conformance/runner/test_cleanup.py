"""What a run leaves in a table that goes on after it: nothing that would let anybody in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from conformance_tests.deployment.row import BOOKKEEPING
from conformance_tests.deployment.table import Table
from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from reference_auth.flow.flow import Flow

#: Rows whose tests log in, forge, rotate, burn and fill partitions.
ROWS = ("CORE-01", "CORE-05", "CORE-12", "STORE-09", "RACE-01", "DEV-01")


@pytest.fixture
def booted() -> Iterator[Booted]:
    """The embedded reference, its table one that nobody throws away."""
    with boot.embedded_reference(over_http=False) as (target, wiring):
        assert target.table is not None
        lasting = replace(target.table, ends_with_run=False)
        yield Booted(replace(target, table=lasting), wiring)


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
    """Rows do not pile up in it, or each transaction would take longer than the one before."""
    with boot.embedded_reference(over_http=False) as (target, wiring):
        assert target.table is not None
        run_suite(target, Options(only=("CORE",)), wiring=wiring)
        left = wiring.table_client.scan(TableName=target.table.name)["Items"]
    assert len(left) < 40


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
