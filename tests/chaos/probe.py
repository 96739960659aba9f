"""How long a trivial query takes, asked again and again by a thread of its own."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

PAUSE = 0.02
LONGEST = 60.0
QUERY = b'{"query": "{ __typename }"}'
ANSWER = b'{"data":{"__typename":"Query"}}'


class Probe:
    """Asks inside its `with`; `seconds` holds how long each answer took."""

    def __init__(self, origin: str) -> None:
        self._address = urlsplit(origin)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._trouble: BaseException | None = None
        self.seconds: list[float] = []

    def median(self, times: int) -> float:
        """The median of so many queries, one after the other."""
        return statistics.median(self.ask() for _ in range(times))

    def ask(self) -> float:
        """One query on a connection of its own; it must be answered."""
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=LONGEST
        )
        began = time.perf_counter()
        try:
            connection.request("POST", "/graphql", QUERY, {"Content-Type": "application/json"})
            answer = connection.getresponse().read()
        finally:
            connection.close()
        assert answer == ANSWER, answer
        return time.perf_counter() - began

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        if self._trouble is not None and error is None:
            raise self._trouble

    def _run(self) -> None:
        try:
            while not self._done.wait(PAUSE):
                self.seconds.append(self.ask())
        except BaseException as trouble:
            self._trouble = trouble
