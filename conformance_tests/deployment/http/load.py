"""Load: many calls on parallel connections, while something else is measured.

It uses plain `http.client`, because the deployment may share this machine with the suite, and the
suite must not use much of it. For the same reason the answers are recorded when the load is over.
Where a target has a transport of its own, the load goes through that.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from conformance_tests.deployment.http.receiving import LARGEST_ANSWER, raw_body, receive
from conformance_tests.deployment.http.recorder import KEPT_BODY, exchange_of
from conformance_tests.deployment.http.transport import Transport, proxy_for

if TYPE_CHECKING:
    from conformance_tests.deployment.http.recorder import Recorder
    from conformance_tests.target.parts import Http

RawAnswer = tuple[int, Sequence[tuple[bytes, bytes]], bytes]

LONGEST_SECONDS = 30.0
PIECE = 16 * 1024


class Load:
    """Many requests on so many connections at once; bounded in time."""

    def __init__(
        self,
        requests: Sequence[httpx.Request],
        http: Http,
        at_once: int,
        transport: httpx.BaseTransport | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._http = http
        url = requests[0].url if requests else None
        through_proxy = url is not None and proxy_for(url) is not None
        self._transport = transport or (Transport(http.ca_file) if through_proxy else None)
        self._recorder = recorder
        self._answers: list[tuple[httpx.Request, RawAnswer]] = []
        self._shares = [requests[place::at_once] for place in range(at_once)]
        self._until = time.monotonic() + LONGEST_SECONDS
        self._pool = ThreadPoolExecutor(at_once)
        self._callers: list[Future[int]] = []
        self._connections: list[HTTPConnection] = []

    @property
    def running(self) -> bool:
        """Whether any call is still to be answered, and its time not up."""
        return time.monotonic() < self._until and not all(one.done() for one in self._callers)

    @property
    def answered(self) -> int:
        """How many calls were answered in time, with whatever status."""
        return sum(caller.result() for caller in self._callers)

    def __enter__(self) -> Self:
        self._callers = [self._pool.submit(self._call, share) for share in self._shares]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._until = 0.0
        wait(self._callers, max(0.0, self._until - time.monotonic()))
        self._hang_up()
        self._pool.shutdown()
        if self._recorder is not None:
            self._record(self._recorder)

    def _record(self, recorder: Recorder) -> None:
        """Record the answers; they are too many and too similar for a transcript."""
        for request, (status, headers, body) in self._answers:
            arrived = httpx.Response(
                status, headers=headers, stream=httpx.ByteStream(body), request=request
            )
            try:
                answer = receive(arrived)
            except httpx.HTTPError:  # it is shown as it came
                del arrived.headers["content-encoding"]
                answer = receive(arrived)
            said = f"HTTP {status} {answer.reason_phrase}"
            recorder.record_quietly(exchange_of(request, said, answer))

    def _hang_up(self) -> None:
        """Close the connections: an answer that comes a byte at a time would never end."""
        for connection in self._connections:
            with suppress(OSError, AttributeError):  # closed meanwhile, or never opened
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _call(self, requests: Sequence[httpx.Request]) -> int:
        """These calls on one connection, one after the other."""
        answered = 0
        try:
            with self._sender() as send:
                for request in requests:
                    self._answers.append((request, send(request)))
                    if time.monotonic() > self._until:  # it may have been cut off
                        break
                    answered += 1
        except (OSError, HTTPException, httpx.HTTPError):
            pass  # counted as not answered
        return answered

    @contextmanager
    def _sender(self) -> Iterator[Callable[[httpx.Request], RawAnswer]]:
        """A function that sends a request and reads its whole answer."""
        if self._transport is not None:
            transport = self._transport
            yield lambda request: self._send_by(transport, request)
            return
        connection = self._connection(self._shares[0][0].url)
        self._connections.append(connection)
        try:
            yield lambda request: self._send_over(connection, request)
        finally:
            connection.close()

    def _send_by(self, transport: httpx.BaseTransport, request: httpx.Request) -> RawAnswer:
        answer = transport.handle_request(request)
        answer.request = request
        return answer.status_code, answer.headers.raw, raw_body(answer)[:KEPT_BODY]

    def _send_over(self, connection: HTTPConnection, request: httpx.Request) -> RawAnswer:
        target, headers = request.url.raw_path.decode(), dict(request.headers)
        connection.request("POST", target, request.content, headers)
        answer = connection.getresponse()
        given = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.getheaders()
        ]
        return answer.status, given, self._read(answer)

    def _read(self, answer: HTTPResponse) -> bytes:
        """As much of an answer as is recorded; it is read to its end, as its connection is used
        again.
        """
        kept, length = bytearray(), 0
        while piece := answer.read1(PIECE):
            length += len(piece)
            kept += piece[: KEPT_BODY - len(kept)]
            if length > LARGEST_ANSWER or time.monotonic() > self._until:
                raise HTTPException("the answer does not end")
        answer.read()  # which says that this was all of it
        return bytes(kept)

    def _connection(self, url: httpx.URL) -> HTTPConnection:
        timeout = self._http.timeout
        if url.scheme == "https":
            trust = ssl.create_default_context(cafile=self._http.ca_file)
            return HTTPSConnection(url.host, url.port, timeout=timeout, context=trust)
        return HTTPConnection(url.host, url.port, timeout=timeout)
