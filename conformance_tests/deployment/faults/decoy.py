"""An address on this machine that a forged token names, and that nobody has a reason to visit."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from conformance_tests.deployment.faults import server as loopback
from conformance_tests.deployment.faults.wire import Stream


class RequestCounter:
    """Counts its visitors, and has nothing to say to them."""

    def __init__(self) -> None:
        self.visits = 0
        self._server = loopback.Server("127.0.0.1:0", self._visited)
        self.url = f"{self._server.url}/keys.json"

    def _visited(self, visitor: Stream) -> None:
        self.visits += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
