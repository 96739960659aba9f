"""What a fault can do to a call: each act returns the answer, or None to close without one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from conformance_tests.deployment.faults import answers
from conformance_tests.deployment.faults.calls import CHECK, READ

if TYPE_CHECKING:
    from conformance_tests.deployment.faults.calls import Call
    from conformance_tests.deployment.faults.fault import Act, Exchange, Fault
    from conformance_tests.deployment.faults.wire import Message


def in_transaction(call: Call) -> bool:
    """Whether a transaction can be cancelled under this call."""
    return call.transaction


def in_batch(call: Call) -> bool:
    """Whether part of this call can be left unprocessed."""
    return call.operation == "BatchWriteItem"


def answer_with(answer: Message) -> Act:
    """Answer in the table's place; the table never gets the call."""
    return lambda fault, exchange: answer


def reset(fault: Fault, exchange: Exchange) -> None:
    """Reset the connection; the table never gets the call."""
    exchange.caller.reset()


def drop(fault: Fault, exchange: Exchange) -> None:
    """Pass the call on, and keep the answer back."""
    exchange.ask()


def delay(seconds: float) -> Act:
    """Pass the call on after a while."""

    def act(fault: Fault, exchange: Exchange) -> Message | None:
        fault.pause(seconds)
        return _unless_gone(exchange)

    return act


def hang(seconds: float) -> Act:
    """Take the call and answer nothing; the table never gets it."""

    def act(fault: Fault, exchange: Exchange) -> None:
        fault.pause(seconds)

    return act


def answer_stale(earlier: Callable[[Call], Message | None]) -> Act:
    """Answer what was answered earlier."""
    return lambda fault, exchange: earlier(exchange.call)


def gate(role: str) -> Act:
    """Stop at a gate: a read with its answer in hand, any other call before the table sees it."""

    def act(fault: Fault, exchange: Exchange) -> Message | None:
        if role == READ:
            answer = exchange.ask()
            fault.gate()
            return answer
        fault.gate()
        return _unless_gone(exchange)

    return act


def cancel(reason: str, of: str | int | None) -> Act:
    """Cancel a transaction, the session rows that it changes being at fault."""

    def act(fault: Fault, exchange: Exchange) -> Message:
        return answers.cancelled(
            [
                reason if access.effect != CHECK and access.concerns(of) else "None"
                for access in exchange.call.accesses
            ]
        )

    return act


def keep_back(items: int) -> Act:
    """Pass a batch on without its last `items`, and hand those back as unprocessed."""

    def act(fault: Fault, exchange: Exchange) -> Message:
        passed, kept = _split(exchange.call.body["RequestItems"], items)
        if not passed:
            return answers.json_answer({"UnprocessedItems": kept})
        body = {**exchange.call.body, "RequestItems": passed}
        answer = exchange.forward(exchange.request.with_body(json.dumps(body).encode()))
        if answer.status != 200:
            return answer
        said = json.loads(answer.body)
        left = _joined(said.get("UnprocessedItems", {}), kept)
        return answer.with_body(json.dumps({**said, "UnprocessedItems": left}).encode())

    return act


def _unless_gone(exchange: Exchange) -> Message | None:
    """The call is passed on, unless the caller has closed the connection."""
    return None if exchange.caller.hung_up() else exchange.ask()


Batch = dict[str, list[Any]]


def _split(requests: Mapping[str, list[Any]], items: int) -> tuple[Batch, Batch]:
    """The batch without its last `items`, and those."""
    flat = [(table, part) for table, parts in requests.items() for part in parts]
    at = max(len(flat) - items, 0)
    return _grouped(flat[:at]), _grouped(flat[at:])


def _grouped(flat: list[tuple[str, Any]]) -> Batch:
    grouped: Batch = {}
    for table, part in flat:
        grouped.setdefault(table, []).append(part)
    return grouped


def _joined(one: Batch, other: Batch) -> Batch:
    return {table: one.get(table, []) + other.get(table, []) for table in {**one, **other}}
