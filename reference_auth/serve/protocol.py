"""HTTP/1.1 by uvicorn and h11, with time limits, a limit of connections and strict framing."""

from __future__ import annotations

import asyncio
import logging
import re
import resource
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from reference_auth.api.endpoint import JSON, RETRYABLE, refusal, respond
from reference_auth.api.middleware import EVERY_ANSWER

HEAD_SECONDS = 10  # for the head of a request
IDLE_SECONDS = 5  # between two requests of a connection
WRITE_SECONDS = 10  # for a client that has stopped reading its answers
CONNECTIONS = 2000  # of one process
BACKLOG = 128  # connections that asyncio accepts before it looks at any of them
# Open files that are no connection, such as those of the table, and connections that are accepted
# and not yet counted: asyncio needs four turns of its loop to refuse one.
SPARE_FILES = 100 + 4 * BACKLOG
LOG_SECONDS = 10  # between two lines that say that the limit is reached

_BARE_LF = re.compile(rb"(?<!\r)\n")

log = logging.getLogger(__name__)


class StrictConnection(h11.Connection):
    """Refuses a request that another server may take for two (request smuggling)."""

    @property
    def arrived(self) -> bytes:
        return self.trailing_data[0]

    def next_event(self) -> Any:
        if self.their_state is h11.IDLE:
            head = self.arrived.partition(b"\r\n\r\n")[0]
            if _BARE_LF.search(head):
                raise h11.RemoteProtocolError("a line of the head ends without CR")
        event = super().next_event()
        if isinstance(event, h11.Request) and _is_ambiguous(event):
            raise h11.RemoteProtocolError("the length of the body is ambiguous")
        return event


def _is_ambiguous(request: h11.Request) -> bool:
    """Chunked, and with a length too or in HTTP/1.0, which has no chunks (RFC 9112, 6.1)."""
    names = {name for name, _ in request.headers}
    return b"transfer-encoding" in names and (
        b"content-length" in names or request.http_version == b"1.0"
    )


class TimeLimit:
    """Calls a function after some seconds, unless it is stopped before."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, expire: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._expire = expire
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to count, if it does not yet."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._expire)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Protocol(H11Protocol):
    logged_at: ClassVar[float] = float("-inf")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.conn: StrictConnection = StrictConnection(h11.SERVER)
        self.head_limit = TimeLimit(self.loop, HEAD_SECONDS, self.end_without_request)
        self.rest_limit = TimeLimit(self.loop, IDLE_SECONDS, lambda: self.transport.close())
        self.write_limit = TimeLimit(self.loop, WRITE_SECONDS, lambda: self.transport.abort())

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > connection_limit():
            self.log_limit()
            self.refuse(503, "Too many connections, try again", RETRYABLE)
        else:
            self.head_limit.start()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:  # the head is not complete
            self.head_limit.start()
        else:
            self.head_limit.stop()
        if self.conn.their_state is not h11.SEND_BODY:
            self.rest_limit.stop()

    def on_response_complete(self) -> None:
        """What came behind this request, or is missing of it, has to come in time too."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:  # it was answered without its body
            self.rest_limit.start()
        elif self.conn.their_state is h11.IDLE and self.conn.arrived:
            self.head_limit.start()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.write_limit.start()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.write_limit.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for limit in (self.head_limit, self.rest_limit, self.write_limit):
            limit.stop()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP in the form of every other refusal."""
        self.refuse(400, msg)

    def end_without_request(self) -> None:
        """Close; a client that has begun a request gets an answer first."""
        if self.conn.arrived:
            self.refuse(408, "The head of the request is incomplete.")
        else:
            self.transport.close()

    def shutdown(self) -> None:
        """The server ends: a client that has begun to send a head is told so."""
        if self.conn.their_state is h11.IDLE and self.conn.arrived:
            self.refuse(503, "The server is shutting down, try again", RETRYABLE)
        else:
            super().shutdown()

    def refuse(
        self, status: int, message: str, extensions: Mapping[str, str] | None = None
    ) -> None:
        """Answer without the app, and close."""
        answer = respond(refusal(message, extensions), status, JSON)
        answer.headers.update({**EVERY_ANSWER, "Connection": "close"})
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            reason = HTTPStatus(status).phrase
            head = h11.Response(status_code=status, headers=answer.raw_headers, reason=reason)
            for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def log_limit(self) -> None:
        """Log that the limit is reached, and not once for each connection of a flood."""
        now = self.loop.time()
        if now - Protocol.logged_at >= LOG_SECONDS:
            Protocol.logged_at = now
            log.warning("too-many-connections", extra={"limit": connection_limit()})


def connection_limit() -> int:
    """How many connections this process takes: fewer if it may not open so many files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS if _enough(files) else max(1, files - SPARE_FILES)


def allow_files() -> None:
    """Raise the limit of open files as far as needed and allowed: a shell often sets 1,024."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not _enough(files):
        wanted = CONNECTIONS + SPARE_FILES if _enough(most) else most
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _enough(files: int) -> bool:
    return files == resource.RLIM_INFINITY or files >= CONNECTIONS + SPARE_FILES
