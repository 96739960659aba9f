"""The way on to the table: one connection for each of the deployment's, kept open."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from conformance_tests.loopback import LoopbackError, address
from conformance_tests.wire import Message, Stream

UPSTREAM_SECONDS = 30.0


def upstream_address(url: str) -> tuple[str, int]:
    """The host and port of an emulator's URL, refused unless it is plain HTTP on the loopback."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise LoopbackError(f"{url!r} is not of the form http://host:port.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return address(f"{host}:{parts.port or 80}")


class Upstream:
    """One connection to the table, opened when first needed and again once it has ended."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._stream: Stream | None = None

    def ask(self, request: Message) -> Message:
        """Send a request as it came and read the answer; OSError where there is none."""
        stream = self._connected()
        stream.send(request.raw)
        answer = stream.answer()
        if answer is None:
            raise ConnectionResetError("the table closed the connection without an answer")
        if answer.last or not answer.bounded:
            self.close()
        return answer if answer.bounded else answer.with_body(answer.body)

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._stream is not None:
            self._stream.sock.close()
            self._stream = None

    def _connected(self) -> Stream:
        if self._stream is not None and self._stream.readable():
            self.close()
        if self._stream is None:
            self._stream = Stream(socket.create_connection(self._address, UPSTREAM_SECONDS))
        return self._stream
