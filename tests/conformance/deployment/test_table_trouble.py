"""Trouble on the suite's way to the table is tried again, and then one reason, never an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.parsers import ResponseParserError

from conformance_tests.deployment.opening import open_table
from conformance_tests.deployment.row import Row
from conformance_tests.deployment.table import Table
from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted
from conformance_tests.report import exit_codes
from conformance_tests.report.verdict import judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.parts import TableAddress
from tests.conformance import fakes

ROWS = ("STORE-01", "STORE-02", "CORE-05", "CORE-16")


def refusal(code: str, **more: Any) -> Callable[[str], Exception]:
    return lambda operation: ClientError(
        {"Error": {"Code": code, "Message": code}, **more}, operation
    )


TROUBLES: dict[str, Callable[[str], Exception]] = {
    "ExpiredTokenException": refusal("ExpiredTokenException"),
    "ProvisionedThroughputExceededException": refusal("ProvisionedThroughputExceededException"),
    "ServiceUnavailable": refusal("ServiceUnavailable"),
    "ResponseParserError": lambda operation: ResponseParserError("a page"),
    "EndpointConnectionError": lambda operation: EndpointConnectionError(endpoint_url="x"),
    "ConnectionResetError": lambda operation: ConnectionResetError(104, "reset"),
}


@dataclass
class Troubled:
    """A client that fails from its n-th call on, or at every n-th for an operation."""

    client: Any
    trouble: Callable[[str], Exception]
    well: int
    only: str | None = None
    calls: int = 0

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self.client, name)
        if name == "close":
            return operation

        def call(**asked: Any) -> Any:
            self.calls += self.only in (None, name)
            if self.only is None and self.calls > self.well:
                raise self.trouble(name)
            if self.only == name and self.calls % self.well:
                raise self.trouble(name)
            return operation(**asked)

        return call


@pytest.fixture(scope="module")
def booted() -> Iterator[Booted]:
    """The embedded reference."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as booted:
        yield booted


@pytest.mark.parametrize("code", TROUBLES)
def test_a_table_that_fails_in_the_middle_is_one_reason(booted: Booted, code: str) -> None:
    """What needs it is not testable from there on, the rest is judged, and there is no verdict."""
    troubled = Troubled(booted.wiring.table_client, TROUBLES[code], well=20)
    wiring = replace(booted.wiring, table_client=troubled)
    run = run_suite(booted.target, Options(only=ROWS), wiring=wiring)
    reason = f"the suite's own way to the table failed ({code}): run again"
    statuses = {finding.status for finding in run.findings}
    assert not statuses & {"error", "fail"}
    assert "pass" in statuses
    assert {f.detail for f in run.findings if f.status == "not-testable"} >= {reason}
    report = judge(booted.target, run)
    assert (report.exit, report.conformant) == (exit_codes.UNTESTED, False)
    assert run.stopped == reason


CONFLICT = {"CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]}


@pytest.mark.parametrize("operation, trouble", [
    ("transact_write_items", refusal("TransactionCanceledException", **CONFLICT)),
    ("put_item", refusal("TransactionConflictException")),
    ("delete_item", refusal("TransactionConflictException")),
])  # fmt: skip
def test_a_conflict_with_the_deployment_is_tried_again(
    booted: Booted, operation: str, trouble: Callable[[str], Exception]
) -> None:
    """The deployment writes at the same time: the third try is in order."""
    assert booted.target.table is not None
    client = Troubled(booted.wiring.table_client, trouble, well=1, only=operation)
    table = Table(booted.target.table, client)
    assert table.check() is None
    client.well = 3
    old, new = (Row.of("conformance-x", letter * 128, 2_000_000_000) for letter in "ab")
    table.write(old)
    assert table.replace(old, new)
    assert not table.replace(old, new)
    table.delete(new)
    assert table.rows("conformance-x") == []
    assert table.lost is None


CREDENTIALS: dict[str, dict[str, str]] = {
    "AWS_WEB_IDENTITY_TOKEN_FILE": {
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x",
    },
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9"
    },
    "credential_process": {"AWS_PROFILE": "process"},
    "one-time code": {"AWS_PROFILE": "mfa"},
    "AWS_PROFILE": {"AWS_PROFILE": "nobody"},
}
CONFIGURATION = """
[profile process]
credential_process = /nowhere/at-all
[profile junk]
credential_process = echo junk
[profile plain]
aws_access_key_id = a
aws_secret_access_key = b
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/x
mfa_serial = arn:aws:iam::123456789012:mfa/x
source_profile = plain
"""


@pytest.mark.parametrize("named", CREDENTIALS)
def test_credentials_that_cannot_be_had_are_a_sentence(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to check, and nobody is asked to type anything."""
    (tmp_path / "config").write_text(CONFIGURATION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("getpass.getpass", lambda prompt: pytest.fail("asked for a code"))
    for name, value in CREDENTIALS[named].items():
        monkeypatch.setenv(name, value)
    judged = fakes.deployment()
    address = TableAddress("auth", "ap-southeast-2", "http://127.0.0.1:9")
    judged.target = replace(judged.target, table=address)
    with ExitStack() as ends:
        assert named in str(open_table(judged, ends))
