"""HTTP/1.1 messages on a socket, each read whole and kept byte for byte as it came."""

from __future__ import annotations

import re
import select
import socket
import struct
from dataclasses import dataclass
from functools import lru_cache

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 32 * 1024 * 1024
PIECE = 64 * 1024
RESET = struct.pack("ii", 1, 0)


class BadMessage(Exception):
    """What came over the socket is not an HTTP/1.1 message that this suite reads."""


@lru_cache(maxsize=64)
def _pattern(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"(?im)^%s:[ \t]*(.*?)[ \t]*\r?$" % re.escape(name.encode()))


@dataclass(frozen=True, slots=True)
class Message:
    """One request or answer: its head, its body in clear, and the raw bytes of both."""

    head: bytes
    body: bytes
    raw: bytes

    def header(self, name: str) -> str | None:
        """The value of the header `name`, whatever its case, or None."""
        found = _pattern(name).search(self.head)
        return found[1].decode("latin-1") if found else None

    @property
    def status(self) -> int:
        """The status of an answer, 0 where the first line holds none."""
        parts = self.head.split(maxsplit=2)
        return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0

    @property
    def last(self) -> bool:
        """Whether the sender closes the connection after this message."""
        return (self.header("Connection") or "").lower() == "close"

    @property
    def bounded(self) -> bool:
        """Whether the head says where the body ends."""
        return any(self.header(name) for name in ("Content-Length", "Transfer-Encoding"))

    def with_body(self, body: bytes) -> Message:
        """The same message around another body, its length stated anew."""
        lines = self.head.split(b"\r\n")
        dropped = (b"content-length:", b"transfer-encoding:", b"x-amz-crc32:")
        kept = [line for line in lines if not line.lower().startswith(dropped)]
        head = b"\r\n".join([*kept, b"Content-Length: %d" % len(body)])
        return Message(head, body, head + b"\r\n\r\n" + body)


class Stream:
    """One connection, read message by message."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self._held = bytearray()
        self._ended = False

    def request(self) -> Message | None:
        """The next request, or None once the other side has closed."""
        end = self._find(b"\r\n\r\n", 0, HEAD_LIMIT)
        if end < 0:
            return None
        if _pattern("Expect").search(bytes(self._held[:end])):
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._message(end, until_close=False)

    def answer(self) -> Message | None:
        """The next final answer, or None once the other side has closed."""
        while (end := self._find(b"\r\n\r\n", 0, HEAD_LIMIT)) >= 0:
            message = self._message(end, until_close=True)
            if message.status >= 200:
                return message
        return None

    def send(self, raw: bytes) -> None:
        """Write all of `raw`."""
        self.sock.sendall(raw)

    def readable(self) -> bool:
        """Whether something waits to be read; on an idle connection, only its end can."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))

    def hung_up(self) -> bool:
        """Whether the other side has closed while it waited for an answer."""
        return self.readable() and not self.sock.recv(1, socket.MSG_PEEK)

    def reset(self) -> None:
        """Break the connection off, so that the other side sees a reset and no orderly end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.sock.close()

    def _message(self, end: int, *, until_close: bool) -> Message:
        head, start = bytes(self._held[:end]), end + 4
        length = _pattern("Content-Length").search(head)
        if _pattern("Transfer-Encoding").search(head):
            body, stop = self._chunks(start)
        elif length:
            stop = start + _number(length[1], 10)
            body = self._slice(start, stop)
        elif until_close and not head.split(maxsplit=2)[1].startswith((b"1", b"204", b"304")):
            while self._more():
                pass
            stop = len(self._held)
            body = bytes(self._held[start:stop])
        else:
            body, stop = b"", start
        raw = bytes(self._held[:stop])
        del self._held[:stop]
        return Message(head, body, raw)

    def _chunks(self, at: int) -> tuple[bytes, int]:
        parts: list[bytes] = []
        while size := _number(self._line(at).split(b";")[0], 16):
            start = at + len(self._line(at)) + 2
            parts.append(self._slice(start, start + size))
            at = start + size + 2
        while line := self._line(at):
            at += len(line) + 2
        return b"".join(parts), at + 2

    def _line(self, at: int) -> bytes:
        end = self._find(b"\r\n", at, HEAD_LIMIT)
        if end < 0:
            raise BadMessage("the connection ended inside a message")
        return bytes(self._held[at:end])

    def _slice(self, start: int, stop: int) -> bytes:
        if stop - start > BODY_LIMIT:
            raise BadMessage("the body is too large")
        while len(self._held) < stop:
            if not self._more():
                raise BadMessage("the connection ended inside a message")
        return bytes(self._held[start:stop])

    def _find(self, mark: bytes, at: int, limit: int) -> int:
        while (end := self._held.find(mark, at)) < 0:
            if len(self._held) - at > limit:
                raise BadMessage("the head is too large")
            if not self._more():
                return -1
        return end

    def _more(self) -> bool:
        piece = b"" if self._ended else self.sock.recv(PIECE)
        self._ended = not piece
        self._held += piece
        return bool(piece)


def _number(digits: bytes, base: int) -> int:
    try:
        number = int(digits, base)
    except ValueError as error:
        raise BadMessage("a length in the message is not a number") from error
    if not 0 <= number <= BODY_LIMIT:
        raise BadMessage("a length in the message is out of range")
    return number
