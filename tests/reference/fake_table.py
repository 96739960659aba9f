"""A table small enough to run thousands of schedules on: it knows our conditions and no others.

The storage tests run on it too, beside moto and ministack, so it cannot be kinder than they are.
"""

# ruff: noqa: N803 (the parameters have the names of the wire)
from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]
Key = tuple[str, str]

PAGE = 40  # items a query answers at once


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"])


CONDITIONS: dict[str, Callable[[Item | None, Mapping[str, Any]], bool]] = {
    "attribute_exists(customer_id)": lambda item, _: item is not None,
    "attribute_not_exists(customer_id)": lambda item, _: item is None,
    "attribute_not_exists(#before) OR #before < :exp": lambda item, values: (
        item is None or _number(item, "before") < int(values[":exp"]["N"])
    ),
    "attribute_not_exists(#before) OR (#before < :exp AND NOT #ttl > :ttl)": lambda item, values: (
        item is None
        or (
            _number(item, "before") < int(values[":exp"]["N"])
            and _number(item, "ttl") <= int(values[":ttl"]["N"])
        )
    ),
    "#before = :before": lambda item, values: (
        item is not None and _number(item, "before") == int(values[":before"]["N"])
    ),
}


def key_of(item: Mapping[str, Any]) -> Key:
    return item["customer_id"]["S"], item["refresh_token_hash"]["S"]


class FakeTable:
    """One DynamoDB table in a dictionary; `log` is every change, in order."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.log: list[tuple[str, Key, Item]] = []
        self._lock = threading.Lock()

    def get_item(self, *, Key: Item, **_: Any) -> Item:
        with self._lock:
            item = self.items.get(key_of(Key))
            return {"Item": dict(item)} if item else {}

    def put_item(self, *, Item: Item, **parameters: Any) -> Item:
        with self._lock:
            self._check(key_of(Item), parameters)
            self._put(Item)
            return {}

    def update_item(self, *, Key: Item, UpdateExpression: str, **parameters: Any) -> Item:
        with self._lock:
            assert UpdateExpression == "SET #done = :true"
            self._check(key_of(Key), parameters)
            self._put({**self.items[key_of(Key)], "done": {"BOOL": True}})
            return {}

    def delete_item(self, *, Key: Item, **_: Any) -> Item:
        with self._lock:
            item = self._delete(key_of(Key))
            return {"Attributes": item} if item else {}

    def query(self, *, ExpressionAttributeValues: Item, **parameters: Any) -> Item:
        with self._lock:
            partition = ExpressionAttributeValues[":customer_id"]["S"]
            start = key_of(parameters.get("ExclusiveStartKey") or _key(partition, ""))
            keys = sorted(key for key in self.items if key[0] == partition and key > start)
            page = {"Items": [dict(self.items[key]) for key in keys[:PAGE]]}
            return page | ({"LastEvaluatedKey": _key(*keys[PAGE - 1])} if keys[PAGE:] else {})

    def batch_write_item(self, *, RequestItems: dict[str, list[Item]]) -> Item:
        with self._lock:
            (requests,) = RequestItems.values()
            assert 1 <= len(requests) <= 25
            for request in requests:
                self._delete(key_of(request["DeleteRequest"]["Key"]))
            return {"UnprocessedItems": {}}

    def transact_write_items(self, *, TransactItems: list[Item], **_: Any) -> Item:
        with self._lock:
            parts = [next(iter(part.items())) for part in TransactItems]
            reasons = [self._reason(part) for _, part in parts]
            if any(reason["Code"] != "None" for reason in reasons):
                raise _error("TransactionCanceledException", CancellationReasons=reasons)
            for kind, part in parts:
                if kind == "Put":
                    self._put(part["Item"])
                elif kind == "Delete":
                    self._delete(key_of(part["Key"]))
            return {}

    def _reason(self, part: Item) -> Item:
        try:
            self._check(key_of(part.get("Key") or part["Item"]), part)
        except ClientError as error:
            found = error.response.get("Item")
            return {"Code": "ConditionalCheckFailed"} | ({"Item": found} if found else {})
        return {"Code": "None"}

    def _check(self, key: Key, parameters: Mapping[str, Any]) -> None:
        condition, item = parameters.get("ConditionExpression"), self.items.get(key)
        values = parameters.get("ExpressionAttributeValues", {})
        if condition and not CONDITIONS[condition](item, values):
            raise _error("ConditionalCheckFailedException", **({"Item": item} if item else {}))

    def _put(self, item: Item) -> None:
        self.items[key_of(item)] = dict(item)
        self.log.append(("put", key_of(item), dict(item)))

    def _delete(self, key: Key) -> Item | None:
        item = self.items.pop(key, None)
        if item is not None:
            self.log.append(("delete", key, item))
        return item


def _key(partition: str, sort: str) -> Item:
    return {"customer_id": {"S": partition}, "refresh_token_hash": {"S": sort}}


def _error(code: str, **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}, **more}
    return ClientError(response, "a fake call")
