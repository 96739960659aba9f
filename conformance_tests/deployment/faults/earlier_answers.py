"""What a stale replica would say: the last answer that held rows, by the question asked."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict

from conformance_tests import strict_json
from conformance_tests.deployment.faults.calls import Call
from conformance_tests.deployment.faults.wire import Message

REMEMBERED = 2_000
LARGEST = 64 * 1024
FRESHNESS = {"ConsistentRead", "ReturnConsumedCapacity"}
READS = {"GetItem", "Query", "BatchGetItem", "TransactGetItems", "ExecuteStatement"}


class EarlierAnswers:
    """The answers to reads as they were while the rows were there."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Message] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, call: Call, answer: Message) -> None:
        """Remember an answer that holds rows."""
        if call.operation not in READS or answer.status != 200 or len(answer.body) > LARGEST:
            return
        if not _holds_rows(answer.body):
            return
        question = _question(call)
        with self._lock:
            self._answers[question] = answer
            self._answers.move_to_end(question)
            if len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)

    def earlier(self, call: Call) -> Message | None:
        """What was once answered to the same question."""
        with self._lock:
            return self._answers.get(_question(call))


def _question(call: Call) -> str:
    asked = {name: value for name, value in call.body.items() if name not in FRESHNESS}
    return call.operation + json.dumps(asked, sort_keys=True)


def _holds_rows(body: bytes) -> bool:
    document = strict_json.read_or_none(body)
    if not isinstance(document, dict):
        return False
    held = (document.get(name) for name in ("Item", "Items", "Responses"))
    return any(bool(rows) and rows != [{}] for rows in held)
