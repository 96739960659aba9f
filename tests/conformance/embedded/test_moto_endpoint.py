"""A client over HTTP sees through the endpoint what a client in the process sees."""

from __future__ import annotations

import ast
import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from conformance_tests.deployment.faults.server import LoopbackError
from conformance_tests.embedded import moto_endpoint
from conformance_tests.embedded.moto_endpoint import OPERATIONS, MotoEndpoint, snake_case

if TYPE_CHECKING:
    from tests.conformance.conftest import Deployment

ALICE = "conformance-7-alice"


@pytest.fixture
def table_url(moto_url: str) -> str:
    """Here the only engine is moto."""
    return moto_url


def post(url: str, target: str, body: bytes) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    connection.request("POST", "/", body, {"X-Amz-Target": target})
    answer = connection.getresponse()
    said = answer.status, json.loads(answer.read())
    connection.close()
    return said


def test_rows_are_the_same_on_both_sides(direct: Deployment, moto_client: Any, table: str) -> None:
    """Every type of attribute written over HTTP is the same in the process, and comes back."""
    row = {
        **direct.key(ALICE, "one"),
        "ttl": {"N": "1710906608"},
        "blob": {"B": b"\x00\xff"},
        "blobs": {"BS": [b"\x01"]},
        "deep": {"M": {"B": {"S": "a key that looks like a type"}, "L": {"L": [{"BOOL": True}]}}},
        "none": {"NULL": True},
        "names": {"SS": ["b", "a"]},
    }
    direct.client.put_item(TableName=table, Item=row)
    inside = moto_client.get_item(TableName=table, Key=direct.key(ALICE, "one"))["Item"]
    assert direct.read(ALICE, "one") == inside
    assert {name: inside[name] for name in row if name != "names"} == {
        name: row[name] for name in row if name != "names"
    }


def test_a_description_has_its_date(direct: Deployment, table: str) -> None:
    """A time in an answer crosses as epoch seconds."""
    created = direct.client.describe_table(TableName=table)["Table"]["CreationDateTime"]
    assert abs(created.timestamp() - time.time()) < 60


def test_a_failed_condition_keeps_its_code_and_row(direct: Deployment, table: str) -> None:
    """A refused condition arrives as the same error, with the row that was in the way."""
    direct.write(ALICE, "one")
    with pytest.raises(direct.client.exceptions.ConditionalCheckFailedException) as error:
        direct.client.put_item(
            TableName=table,
            Item=direct.key(ALICE, "one"),
            ConditionExpression="attribute_not_exists(customer_id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert error.value.response["Item"] == direct.key(ALICE, "one")


def test_a_cancelled_transaction_keeps_its_reasons(direct: Deployment) -> None:
    """The reasons arrive one by one, in order."""
    direct.write(ALICE, "two")
    with pytest.raises(direct.client.exceptions.TransactionCanceledException) as error:
        direct.rotate(ALICE, "one", "two")
    reasons = error.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons][1:] == ["ConditionalCheckFailed", "None"]


def test_a_missing_table_is_said(direct: Deployment) -> None:
    """A table that is not there is the client's own exception."""
    with pytest.raises(direct.client.exceptions.ResourceNotFoundException):
        direct.client.get_item(TableName="nowhere", Key=direct.key(ALICE, "one"))


def failing(error: Exception) -> Any:
    """A client that fails in one way whatever it is asked."""

    class Failing:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            def fail(**arguments: Any) -> Any:
                raise error

            return fail

    return Failing()


@pytest.mark.parametrize(
    "error, status, code",
    [
        (KeyError("odd"), 500, "InternalServerError"),
        (ValueError("odd"), 400, "ValidationException"),
        (ClientError({"Error": {"Code": "Odd", "Message": "m"}}, "GetItem"), 400, "Odd"),
    ],
)
def test_whatever_the_client_raises_is_an_answer(error: Exception, status: int, code: str) -> None:
    """No failure of the client ends the connection without an answer."""
    with MotoEndpoint(failing(error)) as endpoint:
        said = post(endpoint.url, "DynamoDB_20120810.GetItem", b"{}")
    assert said[0] == status
    assert said[1]["__type"].endswith(f"#{code}")


@pytest.mark.parametrize(
    "target, body, code",
    [
        ("DynamoDB_20120810.GetItem", b"{", "ValidationException"),
        ("DynamoDB_20120810.GetItem", b"[]", "ValidationException"),
        ("DynamoDB_20120810.GetItem", b'{"Odd": 1}', "ValidationException"),
        ("DynamoDB_20120810.GetPaginator", b"{}", "UnknownOperationException"),
        ("", b"{}", "UnknownOperationException"),
    ],
)
def test_a_bad_request_is_refused(moto_url: str, target: str, body: bytes, code: str) -> None:
    """What is no call of DynamoDB gets 400 and a reason."""
    status, said = post(moto_url, target, body)
    assert status == 400
    assert said["__type"].endswith(f"#{code}")


def test_every_operation_has_a_method(moto_client: Any) -> None:
    """Each operation served is one that a boto3 client knows by that name."""
    known = moto_client._client.meta.method_to_api_mapping
    assert {snake_case(operation): operation for operation in OPERATIONS}.items() <= known.items()


def test_many_clients_at_once(direct: Deployment) -> None:
    """Sixteen connections at once lose nothing."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: direct.write(ALICE, f"session-{n}"), range(64)))
    assert len(direct.sessions(ALICE)) == 64


def test_http_costs_little(direct: Deployment, moto_client: Any, table: str) -> None:
    """A read over HTTP costs less than four in the process and 2 ms, in work done."""
    key = direct.key(ALICE, "one")

    def work(client: Any) -> float:
        started = time.process_time()
        client.get_item(TableName=table, Key=key)
        return time.process_time() - started

    pairs = [(work(moto_client), work(direct.client)) for _ in range(110)][10:]
    inside, over = (statistics.median(costs) for costs in zip(*pairs, strict=True))
    assert over < inside * 4 + 0.002, f"ratio {over / inside:.2f}"


def test_only_the_loopback_is_served(moto_client: Any) -> None:
    """An address that others can reach is refused."""
    with pytest.raises(LoopbackError, match="not a loopback address"):
        MotoEndpoint(moto_client, "0.0.0.0:0")


def test_nothing_of_the_reference_is_imported() -> None:
    """The endpoint gets its client passed in: it knows of no implementation."""
    tree = ast.parse(Path(moto_endpoint.__file__).read_text(encoding="utf-8"))
    imported = {name for node in ast.walk(tree) for name in _modules(node)}
    assert not any(name.startswith("reference_auth") for name in imported)


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        yield node.module or ""
    elif isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)


def test_a_connection_serves_many_calls(moto_url: str) -> None:
    """Calls in a row use one connection: opening one for each would cost more than the call."""
    connection = http.client.HTTPConnection(moto_url.removeprefix("http://"), timeout=5)
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
    sockets = set()
    for _ in range(3):
        connection.request("POST", "/", b"{}", headers)
        connection.getresponse().read()
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1
    assert None not in sockets
