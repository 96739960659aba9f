"""A loopback endpoint that speaks DynamoDB's JSON protocol and asks a client in this process.

So a deployment in another process can use a table that moto keeps in the suite's own.
The client is passed in: anything with boto3's DynamoDB methods, safe to call from several threads.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from conformance_tests.deployment.faults import answers
from conformance_tests.deployment.faults.calls import TARGET
from conformance_tests.deployment.faults.server import Closable, Server
from conformance_tests.deployment.faults.wire import Message, Stream

ROWS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")
BATCHES = ("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems")
STATEMENTS = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")
TABLES = ("CreateTable", "DeleteTable", "DescribeTable", "ListTables", "UpdateTable")
EXPIRY = ("DescribeTimeToLive", "UpdateTimeToLive")
OPERATIONS = frozenset(ROWS + BATCHES + STATEMENTS + TABLES + EXPIRY)
# What an error carries beside its code and message.
EVIDENCE = ("CancellationReasons", "Item")


class MotoEndpoint(Closable):
    """Serves `client`'s tables on `listen`; its `url` is where AWS_ENDPOINT_URL_DYNAMODB points."""

    def __init__(self, client: Any, listen: str = "127.0.0.1:0") -> None:
        self._client = client
        self._server = Server(listen, self._converse)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._server.url

    def close(self) -> None:
        """Stop answering."""
        self._server.close()

    def _converse(self, caller: Stream) -> None:
        while (request := caller.receive()) is not None:
            caller.send(self._answer(request))

    def _answer(self, request: Message) -> Message:
        operation = (request.header(TARGET) or "").rpartition(".")[2]
        if operation not in OPERATIONS:
            return answers.error(400, "UnknownOperationException", "No such operation.")
        method = getattr(self._client, snake_case(operation))
        try:
            said = method(**json.loads(request.body or b"{}", object_hook=_with_bytes))
            return answers.answer(200, _json(said))
        except ClientError as error:
            return _refusal(error)
        except (ParamValidationError, ValueError, TypeError) as error:
            return answers.error(400, "ValidationException", str(error))
        except Exception as error:
            return answers.error(500, "InternalServerError", f"The table failed: {error!r}.")


def snake_case(operation: str) -> str:
    """The client's method for an operation: TransactWriteItems is transact_write_items."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()


def _refusal(error: ClientError) -> Message:
    said: Mapping[str, Any] = error.response
    stated = said.get("Error", {})
    status = said.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    evidence = {name: said[name] for name in EVIDENCE if said.get(name)}
    document = {
        "__type": answers.NAMESPACE + stated.get("Code", "InternalServerError"),
        "message": stated.get("Message", ""),
        **evidence,
    }
    return answers.answer(status if status >= 400 else 400, _json(document))


def _json(said: Mapping[str, Any]) -> bytes:
    document = {name: value for name, value in said.items() if name != "ResponseMetadata"}
    return json.dumps(document, default=_plain).encode()


def _plain(value: Any) -> Any:
    """What JSON has no form for, as the protocol writes it."""
    if isinstance(value, dt.datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _with_bytes(node: dict[str, Any]) -> dict[str, Any]:
    """A binary attribute as the client wants it: in bytes, which the client encodes again."""
    if len(node) != 1:
        return node
    kind, value = next(iter(node.items()))
    if kind == "B" and isinstance(value, str):
        return {"B": base64.b64decode(value)}
    if kind == "BS" and isinstance(value, list):
        return {"BS": [base64.b64decode(one) for one in value]}
    return node
