"""What one operation of the flow costs: derivations, calls to the table, its units, bytes, time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from reference_auth.core import tokens
from reference_auth.core.config import Secret

READ_UNIT = 4096  # bytes that one consistent read covers
IN_TRANSACTION = 2  # each part of a transaction is paid twice, whether it writes or checks


@dataclass(slots=True)
class Spent:
    """The sums since the last look."""

    derivations: int = 0
    calls: int = 0
    read_units: int = 0
    write_units: int = 0
    sent: int = 0  # bytes of request bodies
    received: int = 0  # bytes of answers' bodies
    seconds: float = 0.0


@dataclass(slots=True)
class Meter:
    """A boto3 client whose calls are added up; it is used like the client."""

    client: Any
    spent: Spent = field(default_factory=Spent)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        events = self.client.meta.events
        events.register("before-send.dynamodb", self._sent)
        events.register("after-call.dynamodb", self._received)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            answer = getattr(self.client, operation)(**parameters)
            self.add(calls=1, **units(operation, parameters, answer))
            return answer

        return call

    def add(self, **amounts: int) -> None:
        with self.lock:
            for name, amount in amounts.items():
                setattr(self.spent, name, getattr(self.spent, name) + amount)

    def taken(self) -> Spent:
        """What was spent since the last time this was asked."""
        with self.lock:
            spent, self.spent = self.spent, Spent()
        return spent

    @contextmanager
    def counting_derivations(self) -> Iterator[None]:
        """Add up the derivations of this process too."""
        really = tokens._stretch

        def counted(text: str, secret: str) -> str:
            self.add(derivations=1)
            return really(text, Secret(secret))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tokens, "_stretch", counted)
            yield

    def _sent(self, request: Any, **_: Any) -> None:
        self.add(sent=len(request.body or b""))

    def _received(self, http_response: Any, **_: Any) -> None:
        self.add(received=len(http_response.content))


def units(
    operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]
) -> dict[str, int]:
    """What DynamoDB charges for a call; no item here is larger than one write unit."""
    match operation:
        case "get_item":
            return {"read_units": read_units([answer.get("Item") or {}])}
        case "query":
            return {"read_units": read_units(answer["Items"])}
        case "transact_write_items":
            return {"write_units": IN_TRANSACTION * len(parameters["TransactItems"])}
        case "batch_write_item":
            return {"write_units": sum(map(len, parameters["RequestItems"].values()))}
        case "put_item" | "update_item" | "delete_item":
            return {"write_units": 1}
    raise ValueError(f"what does {operation} cost?")


def read_units(items: list[Mapping[str, Any]]) -> int:
    """A consistent read or query: its items together, in steps, and at least one."""
    return max(1, math.ceil(sum(map(size, items)) / READ_UNIT))


def size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """An item's bytes: names and values; a number takes half its digits and one more."""
    return sum(len(name) + _size(*value.popitem()) for name, value in _copied(item))


def _copied(item: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, dict(value)) for name, value in item.items())


def _size(kind: str, value: Any) -> int:
    if kind == "N":
        return math.ceil(len(str(value)) / 2) + 1
    return len(value.encode()) if kind == "S" else 1


def timed(meter: Meter, action: Callable[[], None]) -> Spent:
    """Do it, and give what it spent."""
    meter.taken()
    began = time.perf_counter()
    action()
    seconds = time.perf_counter() - began
    spent = meter.taken()
    spent.seconds = seconds
    return spent


def columns() -> tuple[str, ...]:
    return tuple(one.name for one in fields(Spent))
