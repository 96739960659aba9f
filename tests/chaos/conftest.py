"""An arena for each test, and the figures at the end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config as BotoConfig

from conformance_tests.deployment.faults.proxy import FaultProxy
from reference_auth.store.provision import create_table
from tests.chaos import figures
from tests.chaos.arena import REGION, Arena
from tests.chaos.sizes import SEED


@pytest.fixture(scope="module")
def arena(ministack: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """An empty table on ministack behind the fault proxy; mark the test with needs('ministack')."""
    client = boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=ministack,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=BotoConfig(connect_timeout=5, read_timeout=30, max_pool_connections=32),
    )
    table = f"chaos-{uuid.uuid4().hex}"
    create_table(client, table)
    with FaultProxy("127.0.0.1:0", ministack) as proxy:
        yield Arena(proxy, client, table, tmp_path_factory.mktemp(table))
    client.delete_table(TableName=table)
    client.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if figures.FIGURES:
        terminalreporter.section(f"chaos, seed {SEED}")
        for line in figures.lines():
            terminalreporter.write_line(line)
    figures.keep()
