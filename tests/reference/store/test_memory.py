"""The table in memory keeps what it held when a transaction fails, whatever the parts are."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from reference_auth.store.memory import memory_table
from reference_auth.store.provision import PARTITION_KEY, SORT_KEY

TABLE = "kept-or-not"
ROW = {
    "n": {"N": "1"},
    "m": {"M": {"k": {"S": "old"}}},
    "s": {"SS": ["a"]},
    "l": {"L": [{"N": "1"}]},
}


def key(hash_: str) -> dict[str, Any]:
    return {PARTITION_KEY: {"S": "someone"}, SORT_KEY: {"S": hash_}}


def update(expression: str, **value: Any) -> dict[str, Any]:
    given = {"ExpressionAttributeValues": {":v": value}} if value else {}
    return {"Update": {"Key": key("a"), "UpdateExpression": expression, **given}}


@pytest.mark.parametrize(
    "part",
    [
        {"Put": {"Item": {**key("a"), "n": {"N": "2"}}}},
        {"Put": {"Item": key("c")}},
        {"Delete": {"Key": key("a")}},
        update("SET n = :v", N="2"),
        update("SET m.k = :v", S="new"),
        update("ADD s :v", SS=["b"]),
        update("SET l[0] = :v", N="2"),
        update("REMOVE n"),
    ],
)
def test_a_transaction_that_fails_changes_nothing(part: dict[str, dict[str, Any]]) -> None:
    """Its second part asks for a row that is not there."""
    client = memory_table(TABLE)
    client.put_item(TableName=TABLE, Item={**key("a"), **ROW})
    absent = {"Key": key("b"), "ConditionExpression": f"attribute_exists({PARTITION_KEY})"}
    parts = {**part, "ConditionCheck": absent}
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        client.transact_write_items(
            TransactItems=[{kind: {"TableName": TABLE, **said}} for kind, said in parts.items()]
        )
    assert client.scan(TableName=TABLE)["Items"] == [{**key("a"), **ROW}]
