"""The table in this process: one at a time from many threads, and never a real endpoint."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from reference_auth.store.memory import memory_client, memory_table

KEYS = {"customer_id": {"S": "count"}, "refresh_token_hash": {"S": "er"}}


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns after microseconds, so that a missing lock shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty")
def test_calls_from_many_threads_take_turns() -> None:
    """A hundred increments from eight threads and two clients are a hundred."""
    clients = [memory_table("turns"), memory_table("turns")]

    def increment(number: int) -> None:
        clients[number % 2].update_item(
            TableName="turns",
            Key=KEYS,
            UpdateExpression="ADD #n :one",
            ExpressionAttributeNames={"#n": "n"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(increment, range(100)))
    item = clients[0].get_item(TableName="turns", Key=KEYS)["Item"]
    assert item["n"] == {"N": "100"}


@pytest.mark.usefixtures("hasty")
def test_its_conditions_hold_between_threads() -> None:
    """Of many transactions that delete one row, one succeeds."""
    client = memory_table("races")
    client.put_item(TableName="races", Item=KEYS)
    delete = {"TableName": "races", "Key": KEYS}
    delete["ConditionExpression"] = "attribute_exists(customer_id)"

    def spend(_: int) -> str:
        try:
            client.transact_write_items(TransactItems=[{"Delete": delete}])
        except ClientError as error:
            return str(error.response["CancellationReasons"][0]["Code"])
        return "spent"

    with ThreadPoolExecutor(8) as pool:
        outcomes = Counter(pool.map(spend, range(32)))
    assert outcomes == {"spent": 1, "ConditionalCheckFailed": 31}


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_no_endpoint_of_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A developer's endpoint variables do not lead out of the process."""
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert memory_table("here").describe_table(TableName="here")["Table"]["TableName"] == "here"


def test_errors_are_the_clients_own() -> None:
    """What the table refuses is a ClientError, as from any client."""
    client = memory_client()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="nowhere", Key=KEYS)


def test_what_was_written_over_is_let_go() -> None:
    """Writing one row again and again does not fill the memory with what it was."""
    client = memory_table("again")
    before = items_in_memory()
    for _ in range(500):
        client.put_item(TableName="again", Item=KEYS)
    assert items_in_memory() - before < 250


def items_in_memory() -> int:
    """The rows that this process holds, forgotten ones too."""
    return Counter(type(one).__name__ for one in gc.get_objects())["Item"]
