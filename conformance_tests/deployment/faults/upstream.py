"""The way on to the table: one connection for each of the deployment's, kept open."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import h11

from conformance_tests.deployment.faults.server import LoopbackError, address
from conformance_tests.deployment.faults.wire import Message, Stream

UPSTREAM_SECONDS = 30.0


def upstream_address(url: str) -> tuple[str, int]:
    """The host and port of an emulator's URL, refused unless it is plain HTTP on the loopback."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host = None
    if not host or parts.scheme != "http":
        raise LoopbackError(f"{url!r} is not of the form http://host:port.")
    return address(f"{host}:{port}")


class Upstream:
    """One connection to the table, opened when first needed and again once it has ended."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._stream: Stream | None = None

    def ask(self, request: Message) -> Message:
        """Send a request and read the answer; OSError where there is none."""
        stream = self._connected()
        stream.send(request)
        answer = stream.receive()
        if answer is None:
            raise ConnectionResetError("the table closed the connection without an answer")
        return answer

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._stream is not None:
            self._stream.sock.close()
            self._stream = None

    def _connected(self) -> Stream:
        if self._stream is not None and not self._stream.idle():
            self.close()
        if self._stream is None:
            sock = socket.create_connection(self._address, UPSTREAM_SECONDS)
            self._stream = Stream(sock, h11.CLIENT)
        return self._stream
