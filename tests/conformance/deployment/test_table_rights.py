"""Which rights the suite needs on a table: it tries each before a run, and says which it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from conformance_tests.deployment.table import Table
from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted
from conformance_tests.report.verdict import Run
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite

#: Each operation by the client's method.
USED = {
    "query": "Query",
    "get_item": "GetItem",
    "put_item": "PutItem",
    "delete_item": "DeleteItem",
    "batch_write_item": "BatchWriteItem",
    "transact_write_items": "TransactWriteItems",
}


@dataclass
class Denying:
    """A client whose credentials may do all but one thing, from the first time or a later one."""

    client: Any
    method: str
    allowed: int = 0

    def __getattr__(self, name: str) -> Any:
        return self._refuse if name == self.method else getattr(self.client, name)

    def _refuse(self, **asked: Any) -> Any:
        if self.allowed:
            self.allowed -= 1
            return getattr(self.client, self.method)(**asked)
        operation = USED.get(self.method, "Scan")
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)


@pytest.fixture(scope="module")
def booted() -> Iterator[Booted]:
    """The embedded reference."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as booted:
        yield booted


def run_denied(booted: Booted, method: str, *rows: str, allowed: int = 0) -> Run:
    """A run with credentials that may not do this."""
    denying = Denying(booted.wiring.table_client, method, allowed)
    wiring = replace(booted.wiring, table_client=denying)
    return run_suite(booted.target, Options(only=rows), wiring=wiring)


def table_of(booted: Booted) -> Table:
    assert booted.target.table is not None
    return Table(booted.target.table, booted.wiring.table_client)


@pytest.mark.parametrize("method", USED)
def test_a_right_that_is_lacking_is_named(booted: Booted, method: str) -> None:
    """Before anybody logs in, with what to do, and no row of the check stays."""
    run, table = run_denied(booted, method, "CORE-01"), table_of(booted)
    assert run.unreachable == (
        f"the table {table.name} refuses {USED[method]}: AccessDeniedException; "
        "let these credentials read and write it, or leave [table] out"
    )
    assert table.rows("conformance-check") == []


def test_a_table_with_all_rights_is_used_and_left_as_it_was(booted: Booted) -> None:
    """The check leaves no row behind."""
    table = table_of(booted)
    assert table.check() is None
    assert table.rows("conformance-check") == []


def test_a_row_that_scans_is_not_testable_without_that_right(booted: Booted) -> None:
    """Only rows that look at the whole table miss it, and it is no fault of the suite's."""
    run = run_denied(booted, "scan", "STORE-03")
    told = {(finding.status, finding.detail) for finding in run.findings}
    assert any(
        status == "not-testable" and "these credentials lack, Scan" in str(why)
        for status, why in told
    )
    assert not {"error", "fail"} & {status for status, _ in told}
    assert run.unreachable is None


def test_a_right_that_is_taken_away_meanwhile_is_no_fault_of_the_suite(booted: Booted) -> None:
    """What a test can no longer see is not testable."""
    run = run_denied(booted, "query", "STORE-01", "STORE-02", allowed=6)
    assert {finding.status for finding in run.findings} >= {"not-testable"}
    assert not {"error", "fail"} & {finding.status for finding in run.findings}
