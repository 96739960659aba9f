"""HTTP written by hand, so that it may be wrong: bytes out, and what came back."""

from __future__ import annotations

import contextlib
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

ANSWER_SECONDS = 60.0
PIECE = 65536
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes over the wire, and what is odd about it."""

    what: str
    raw: bytes

    @classmethod
    def post(
        cls,
        what: str,
        body: bytes,
        *headers: bytes,
        content_type: bytes = b"application/json",
        line: bytes = b"POST /graphql HTTP/1.1",
    ) -> Request:
        """A POST of a body, whole in every other respect."""
        lines = [
            line,
            b"Host: 127.0.0.1",
            b"Content-Type: " + content_type,
            b"Content-Length: %d" % len(body),
            *headers,
            b"Connection: close",
        ]
        return cls(what, b"\r\n".join(lines) + b"\r\n\r\n" + body)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; status 0 where there was none."""

    status: int
    body: bytes


def connect(origin: str) -> socket.socket:
    """A connection; close it, or use it in a `with`."""
    parts = urlsplit(origin)
    return socket.create_connection((parts.hostname, parts.port or 80), ANSWER_SECONDS)


def send(origin: str, request: Request) -> Reply:
    """Send a request on a connection of its own, and read the answer to its end."""
    said = bytearray()
    with connect(origin) as sock, contextlib.suppress(OSError):
        with contextlib.suppress(ConnectionError):  # the answer may come before all is sent
            sock.sendall(request.raw)
        while piece := sock.recv(PIECE):
            said += piece
    return read(bytes(said))


def read(said: bytes) -> Reply:
    """The answer in these bytes, if they hold a whole one."""
    head, end, body = said.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 1"):  # an interim answer, before the one that counts
        return read(body)
    length = _LENGTH.search(head + b"\r\n")
    if not (end and head.startswith(b"HTTP/1.1 ") and head[9:12].isdigit()):
        return Reply(0, said)
    whole = length is None or int(length[1]) == len(body)
    return Reply(int(head[9:12]) if whole else 0, body)
