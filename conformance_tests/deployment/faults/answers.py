"""Answers in DynamoDB's own form, right to the last header, that the table never gave."""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Mapping, Sequence
from http.client import responses
from typing import Any

import h11

from conformance_tests.deployment.faults.wire import Message

NAMESPACE = "com.amazonaws.dynamodb.v20120810#"
JSON_TYPE = "application/x-amz-json-1.0"
GARBAGE = "<html><body><h1>502 Bad Gateway</h1><p>{saying}</p></body></html>"

# How a call may be refused: the status and the code that DynamoDB gives it.
REFUSALS: Mapping[str, tuple[int, str]] = {
    "error": (500, "InternalServerError"),
    "denied": (400, "AccessDeniedException"),
    "missing": (400, "ResourceNotFoundException"),
    "unknown": (400, "UnheardOfException"),
}
THROTTLES: Mapping[str, tuple[int, str]] = {
    "throughput": (400, "ProvisionedThroughputExceededException"),
    "rate": (400, "ThrottlingException"),
    "requests": (400, "RequestLimitExceeded"),
}


def answer(status: int, body: bytes, content_type: str = JSON_TYPE) -> Message:
    """A whole HTTP answer, its checksum with it."""
    headers = [
        ("Content-Type", content_type),
        ("x-amzn-RequestId", str(uuid.uuid4())),
        ("x-amz-crc32", str(zlib.crc32(body))),
        ("Content-Length", str(len(body))),
    ]
    reason = responses.get(status, "")
    return Message(h11.Response(status_code=status, reason=reason, headers=headers), body)


def json_answer(document: Mapping[str, Any], status: int = 200) -> Message:
    """An answer that carries a JSON document."""
    return answer(status, json.dumps(document).encode())


def error(status: int, code: str, saying: str, **more: Any) -> Message:
    """A refusal as DynamoDB words it: `__type`, a message, and what goes with the code."""
    return json_answer({"__type": NAMESPACE + code, "message": saying, **more}, status)


def garbage(saying: str) -> Message:
    """What a broken proxy says instead of JSON."""
    return answer(502, GARBAGE.format(saying=saying).encode(), "text/html")


def cancelled(reasons: Sequence[str]) -> Message:
    """A cancelled transaction with one reason an item, `None` for an item that was not at fault."""
    listed = ", ".join(reasons)
    return error(
        400,
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{listed}]",
        CancellationReasons=[_reason(code) for code in reasons],
    )


def _reason(code: str) -> dict[str, str]:
    if code == "None":
        return {"Code": code}
    return {"Code": code, "Message": f"The item met a {code}."}
