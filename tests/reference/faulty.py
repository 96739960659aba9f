"""A client that fails as it is told to, and counts what it was asked."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

Call = Callable[[], Any]
Fault = Callable[[Call], Any]


def refused(code: str, status: int = 400, **more: Any) -> Fault:
    """The table refuses, and does nothing."""

    def fault(_: Call) -> Any:
        response: Any = {"Error": {"Code": code, "Message": "secret db detail"}, **more}
        raise ClientError(response | {"ResponseMetadata": {"HTTPStatusCode": status}}, "call")

    return fault


def cancelled(*codes: str) -> Fault:
    """A transaction is cancelled for these reasons, one for each of its parts."""
    return refused("TransactionCanceledException", CancellationReasons=[{"Code": c} for c in codes])


def unreachable(_: Call) -> Any:
    """Nothing is done, and nobody answers."""
    raise ReadTimeoutError(endpoint_url="http://table")


def answer_lost(call: Call) -> Any:
    """It is done, and the answer is lost."""
    call()
    raise ReadTimeoutError(endpoint_url="http://table")


class Faulty:
    """Wraps a client; `on(operation, fault, …)` makes its next calls of that operation fail."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: Counter[str] = Counter()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self._faults: dict[str, list[Fault]] = {}
        self._lock = threading.Lock()

    def on(self, operation: str, *faults: Fault) -> None:
        self._faults.setdefault(operation, []).extend(faults)

    def forget(self) -> None:
        """Let every call through again, and count anew."""
        self._faults.clear()
        self.calls.clear()
        self.sent.clear()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def ask(**parameters: Any) -> Any:
            with self._lock:
                self.calls[operation] += 1
                self.sent.append((operation, parameters))
                waiting = self._faults.get(operation)
                fault = waiting.pop(0) if waiting else None
            call: Call = lambda: getattr(self.client, operation)(**parameters)  # noqa: E731
            return fault(call) if fault else call()

        return ask
