"""A call is known by what it does to rows: read, written, deleted or checked, and under which key.

So a test can say "the write" and mean it of any deployment, whether that sends PutItem,
UpdateItem, a batch, a transaction or a PartiQL statement.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance_tests.deployment.faults.wire import Message
from conformance_tests.deployment.row import BOOKKEEPING, PARTITION_KEY, SORT_KEY

TARGET = "X-Amz-Target"
READ, WRITE, DELETE, CHECK = "read", "write", "delete", "check"

# What each request, or each part of a batch or a transaction, does to the row it names.
EFFECTS: Mapping[str, str] = {
    "GetItem": READ,
    "Get": READ,
    "Keys": READ,
    "Query": READ,
    "Scan": READ,
    "PutItem": WRITE,
    "Put": WRITE,
    "PutRequest": WRITE,
    "UpdateItem": WRITE,
    "Update": WRITE,
    "DeleteItem": DELETE,
    "Delete": DELETE,
    "DeleteRequest": DELETE,
    "ConditionCheck": CHECK,
    "SELECT": READ,
    "INSERT": WRITE,
    "UPDATE": WRITE,
    "DELETE": DELETE,
}
EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")


@dataclass(frozen=True, slots=True)
class RowAccess:
    """What one call does to one row; `partition` is None where it may be any row (a Scan)."""

    effect: str
    table: str
    partition: str | None
    sort: str | None = None

    def concerns(self, customer_id: str | int | None) -> bool:
        """Whether a session row of this customer (None: of any) can be the row."""
        if customer_id is None:
            return not (self.partition or "").startswith(BOOKKEEPING)
        return self.partition in (None, str(customer_id))


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the deployment to its table."""

    operation: str
    accesses: tuple[RowAccess, ...]
    consistent: bool
    body: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, request: Message) -> Call:
        """The call that a request makes; what cannot be read is taken to access nothing."""
        operation = (request.header(TARGET) or "").rpartition(".")[2]
        try:
            body = json.loads(request.body)
            return cls(operation, tuple(_accesses(operation, body)), _consistent(body), body)
        except (ValueError, TypeError, AttributeError, KeyError):
            return cls(operation, (), False, {})

    @property
    def transaction(self) -> bool:
        """Whether it writes several rows or none (TransactWriteItems)."""
        return self.operation == "TransactWriteItems"

    def has_key(self, *words: str) -> bool:
        """Whether it is on a row whose partition or sort key is one of these words."""
        return any(access.partition in words or access.sort in words for access in self.accesses)

    def changes_only(self, ours: Callable[[str], bool]) -> bool:
        """Whether each row that it writes or deletes is in a partition that is ours."""
        changed = [a.partition for a in self.accesses if a.effect in (WRITE, DELETE)]
        return all(partition is not None and ours(partition) for partition in changed)

    def writes_under(self) -> set[str]:
        """The partitions in which it writes a row."""
        return {t.partition for t in self.accesses if t.effect == WRITE and t.partition}

    def has_role(self, role: str, customer_id: str | int | None = None) -> bool:
        """Whether the call does what `role` says to a session row of the customer (None: any)."""
        if role not in ROLES:
            return self.operation == role
        return ROLES[role](
            self, {access.effect for access in self.accesses if access.concerns(customer_id)}
        )


# What a test calls a call, by its effects on the session rows of the customer it is about.
ROLES: Mapping[str, Callable[[Call, set[str]], bool]] = {
    "any": lambda call, effects: True,
    "read": lambda call, effects: READ in effects,
    "write": lambda call, effects: WRITE in effects,
    "delete": lambda call, effects: DELETE in effects,
    "change": lambda call, effects: bool(effects & {WRITE, DELETE}),
    "rotate": lambda call, effects: (
        bool(effects & {WRITE, DELETE}) and not call.operation.startswith("Batch")
    ),
    "burn": lambda call, effects: DELETE in effects and WRITE not in effects,
}


class CallLog(list[Call]):
    """The calls that passed while it was open, in the order in which they came."""

    def with_role(self, role: str, of: str | int | None = None) -> list[Call]:
        """The calls of a role (or of an operation's name) on a customer's session rows."""
        return [call for call in self if call.has_role(role, of)]


def _accesses(operation: str, body: Mapping[str, Any]) -> Iterator[RowAccess]:
    """Every row that the call names, part by part."""
    if "TransactItems" in body:
        for part in body["TransactItems"]:
            yield from (_access(kind, named["TableName"], named) for kind, named in part.items())
    elif "RequestItems" in body:
        for table, parts in body["RequestItems"].items():
            yield from (_access(kind, table, named) for kind, named in _batched(parts))
    elif operation == "Query":
        yield RowAccess(READ, body["TableName"], _queried(body))
    elif "Statement" in body or "Statements" in body or "TransactStatements" in body:
        many = body.get("Statements") or body.get("TransactStatements") or [body]
        yield from (_stated(one["Statement"], one.get("Parameters", ())) for one in many)
    elif operation in EFFECTS:
        yield _access(operation, body["TableName"], body)


def _access(kind: str, table: str, named: Mapping[str, Any]) -> RowAccess:
    key = named.get("Key") or named.get("Item")
    if key is None:
        return RowAccess(EFFECTS[kind], table, None)
    return RowAccess(
        EFFECTS[kind], table, _plain(key.get(PARTITION_KEY)), _plain(key.get(SORT_KEY))
    )


def _batched(parts: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(parts, dict):
        yield from (("Keys", {"Key": key}) for key in parts["Keys"])
    else:
        for part in parts:
            yield from part.items()


def _queried(body: Mapping[str, Any]) -> str | None:
    """The partition that a Query asks for, whichever way it is written."""
    names = body.get("ExpressionAttributeNames", {})
    for name, value in EQUALS.findall(body.get("KeyConditionExpression", "")):
        if names.get(name, name) == PARTITION_KEY:
            return _plain(body["ExpressionAttributeValues"].get(value))
    condition = body.get("KeyConditions", {}).get(PARTITION_KEY)
    return _plain(condition["AttributeValueList"][0]) if condition else None


def _stated(statement: str, parameters: Iterable[Any]) -> RowAccess:
    """What a PartiQL statement does; its first value is taken to be the partition."""
    effect = EFFECTS[statement.split(maxsplit=1)[0].upper()]
    values = re.findall(r"'([^']*)'", statement) or [_plain(value) for value in parameters]
    return RowAccess(effect, "", values[0] if values else None)


def _plain(value: Any) -> str:
    """An attribute's value as text; what a client left out or made null reads as that word."""
    if not value:
        return ""
    kind, held = next(iter(value.items()))
    return "null" if kind == "NULL" else str(held)


def _consistent(body: Mapping[str, Any]) -> bool:
    batched = body.get("RequestItems", {}).values()
    tables = [body, *(parts for parts in batched if isinstance(parts, dict))]
    return any(table.get("ConsistentRead") is True for table in tables)
