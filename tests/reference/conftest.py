"""Three engines under the storage tests, and three time zones under the core's."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig
from freezegun import freeze_time

from reference_auth.store.memory import memory_client
from reference_auth.store.provision import create_table
from tests.reference.fake_table import FakeTable
from tests.reference.shop import Shop, make_config

ENGINES = ["fake", "moto", pytest.param("ministack", marks=pytest.mark.needs("ministack"))]
# POSIX forms, so that a machine without a zone database keeps them too.
ZONES = {"utc": "UTC0", "kiritimati": "LINT-14", "st_johns": "NST3:30NDT,M3.2.0,M11.1.0"}


@pytest.fixture(params=list(ZONES.values()), ids=list(ZONES), scope="module")
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The process in one time zone, its clock pinned to one second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        with freeze_time("2024-03-01T09:16:00Z"):
            yield request.param
    time.tzset()


@pytest.fixture
def table_name() -> str:
    return f"auth-{uuid.uuid4().hex}"


@pytest.fixture(params=ENGINES)
def client(request: pytest.FixtureRequest, table_name: str) -> Iterator[Any]:
    """A client of an empty table, on each engine in turn."""
    if request.param == "fake":
        yield FakeTable()
        return
    engine = memory_client() if request.param == "moto" else _over_http(request)
    create_table(engine, table_name)
    yield engine
    engine.delete_table(TableName=table_name)


def _over_http(request: pytest.FixtureRequest) -> Any:
    return boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=request.getfixturevalue("ministack"),
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=BotoConfig(connect_timeout=2, read_timeout=10, max_pool_connections=32),
    )


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def open_shop(client: Any, table_name: str, runner: asyncio.Runner) -> Callable[..., Shop]:
    """Open a shop with settings of its own on this test's table."""
    return lambda **changes: Shop(client, make_config(table_name, **changes), runner)


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    return open_shop()
