"""A session table for the suite's machinery: in the process (moto), or ministack's over HTTP."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.embedded.moto_endpoint import MotoEndpoint

REGION = "ap-southeast-2"
CREDENTIALS = {"aws_access_key_id": "suite", "aws_secret_access_key": "suite"}
KEYS = (("customer_id", "HASH"), ("refresh_token_hash", "RANGE"))
Connect = Callable[..., Any]


class Locked:
    """A client behind a lock: moto is not safe to call from several threads."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, threading.Lock()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def locked(**arguments: Any) -> Any:
            with self._lock:
                return method(**arguments)

        return locked


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Clients of an endpoint, which give up after two seconds and try once unless told."""
    with ExitStack() as stack:

        def connected(url: str, *, attempts: int = 1, read_timeout: float = 2.0) -> Any:
            client = boto3.client(
                "dynamodb",
                endpoint_url=url,
                region_name=REGION,
                **CREDENTIALS,
                config=Config(
                    connect_timeout=1,
                    read_timeout=read_timeout,
                    max_pool_connections=16,
                    retries={"total_max_attempts": attempts, "mode": "standard"},
                ),
            )
            stack.callback(client.close)
            return client

        yield connected


@pytest.fixture
def moto_client() -> Iterator[Any]:
    """moto's client in this process, where other tests' tables may live and stay."""
    mock = mock_aws()
    mock.start(reset=False)
    try:
        yield Locked(boto3.client("dynamodb", region_name=REGION, **CREDENTIALS))
    finally:
        mock.stop()


@pytest.fixture
def moto_url(moto_client: Any) -> Iterator[str]:
    """moto's tables over HTTP."""
    with MotoEndpoint(moto_client) as endpoint:
        yield endpoint.url


@pytest.fixture(
    params=["moto_url", pytest.param("ministack", marks=pytest.mark.needs("ministack"))]
)
def table_url(request: pytest.FixtureRequest) -> str:
    """Each of the two engines in turn."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def proxy(table_url: str) -> Iterator[FaultProxy]:
    """The fault proxy in front of an engine."""
    with FaultProxy("127.0.0.1:0", table_url) as faults:
        yield faults


@pytest.fixture
def table(table_url: str, connect: Connect) -> str:
    """A fresh session table."""
    name = f"auth-{uuid.uuid4().hex[:12]}"
    connect(table_url).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in KEYS],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in KEYS],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


class Deployment:
    """What a deployment does to its session rows, each as one call of a real client."""

    def __init__(self, client: Any, table: str) -> None:
        self.client, self.table = client, table

    def key(self, customer: str, session: str) -> dict[str, Any]:
        return {"customer_id": {"S": customer}, "refresh_token_hash": {"S": session}}

    def write(self, customer: str, session: str) -> Any:
        return self.client.put_item(TableName=self.table, Item=self.key(customer, session))

    def read(self, customer: str, session: str, **more: Any) -> Any:
        key = self.key(customer, session)
        return self.client.get_item(TableName=self.table, Key=key, **more).get("Item")

    def sessions(self, customer: str) -> set[str]:
        found = self.client.query(
            TableName=self.table,
            KeyConditionExpression="#c = :c",
            ExpressionAttributeNames={"#c": "customer_id"},
            ExpressionAttributeValues={":c": {"S": customer}},
        )
        return {row["refresh_token_hash"]["S"] for row in found["Items"]}

    def delete(self, customer: str, session: str) -> Any:
        key = self.key(customer, session)
        return self.client.delete_item(TableName=self.table, Key=key)

    def touch(self, customer: str, session: str) -> Any:
        return self.client.update_item(
            TableName=self.table,
            Key=self.key(customer, session),
            UpdateExpression="SET seen = :now",
            ExpressionAttributeValues={":now": {"N": "1"}},
        )

    def rotate(self, customer: str, old: str, new: str, **more: Any) -> Any:
        """One transaction, with a check in the bookkeeping partition beside the two rows."""
        fence = self.key(f"ended#{customer}", "burn")
        there = {"ConditionExpression": "attribute_exists(customer_id)"}
        absent = {"ConditionExpression": "attribute_not_exists(customer_id)"}
        named = {"TableName": self.table}
        items = [
            {"Delete": {**named, "Key": self.key(customer, old), **there}},
            {"Put": {**named, "Item": self.key(customer, new), **absent}},
            {"ConditionCheck": {**named, "Key": fence, **absent}},
        ]
        return self.client.transact_write_items(TransactItems=items, **more)

    def burn(self, customer: str, *sessions: str) -> list[str]:
        """One batch; gives the sessions that were left unprocessed."""
        parts = [{"DeleteRequest": {"Key": self.key(customer, one)}} for one in sessions]
        said = self.client.batch_write_item(RequestItems={self.table: parts})
        left = said.get("UnprocessedItems", {}).get(self.table, [])
        return [part["DeleteRequest"]["Key"]["refresh_token_hash"]["S"] for part in left]


@pytest.fixture
def direct(table_url: str, table: str, connect: Connect) -> Deployment:
    """The table as it really is, past the proxy."""
    return Deployment(connect(table_url), table)


@pytest.fixture
def deployment(proxy: FaultProxy, table: str, connect: Connect) -> Deployment:
    """A deployment behind the proxy, with a client that tries once."""
    return Deployment(connect(proxy.url), table)


@pytest.fixture
def stubborn(proxy: FaultProxy, table: str, connect: Connect) -> Deployment:
    """A deployment behind the proxy whose client tries three times."""
    return Deployment(connect(proxy.url, attempts=3), table)
