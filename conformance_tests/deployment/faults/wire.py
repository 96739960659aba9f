"""Whole HTTP messages over a socket: h11 knows the protocol, a stream moves the bytes."""

from __future__ import annotations

import select
import socket
import struct
from dataclasses import dataclass, field

import h11

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 32 * 1024 * 1024
PIECE = 64 * 1024
RESET = struct.pack("ii", 1, 0)

Head = h11.Request | h11.Response
# Headers that describe one body, and are wrong for another.
OF_THE_BODY = {b"content-length", b"transfer-encoding", b"x-amz-crc32"}


@dataclass(frozen=True, slots=True)
class Message:
    """One request or answer: its head as h11 reads and writes it, and its body in clear."""

    head: Head
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """The value of the header `name`, whatever its case, or None."""
        wanted = name.lower().encode()
        found = (value for key, value in self.head.headers if key == wanted)
        return next((value.decode("latin-1") for value in found), None)

    @property
    def status(self) -> int:
        """The status of an answer, 0 of a request."""
        return self.head.status_code if isinstance(self.head, h11.Response) else 0

    def with_body(self, body: bytes) -> Message:
        """The same message around another body, its length stated anew."""
        items = self.head.headers.raw_items()
        kept = [(name, value) for name, value in items if name.lower() not in OF_THE_BODY]
        length = (b"Content-Length", b"%d" % len(body))
        return Message(_restated(self.head, [*kept, length]), body)


class Stream:
    """One connection, on which this side has one of HTTP's two roles."""

    def __init__(self, sock: socket.socket, role: type[h11.CLIENT] | type[h11.SERVER]) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self._http = h11.Connection(role, max_incomplete_event_size=HEAD_LIMIT)

    def receive(self) -> Message | None:
        """The next request or final answer, or None where there is none to come."""
        if self._http.our_state is h11.MUST_CLOSE:
            return None
        head = self._event()
        while isinstance(head, h11.InformationalResponse):
            head = self._event()
        if not isinstance(head, Head):
            return None
        body = bytearray()
        while isinstance(part := self._event(), h11.Data):
            body += part.data
            if len(body) > BODY_LIMIT:
                raise h11.RemoteProtocolError("the body is too large")
        self._begin_again()
        return Message(_restated(head, head.headers.raw_items()), bytes(body))

    def send(self, message: Message) -> None:
        """Write all of a message."""
        events = (message.head, h11.Data(data=message.body), h11.EndOfMessage())
        self.sock.sendall(b"".join(self._http.send(event) or b"" for event in events))
        self._begin_again()

    def idle(self) -> bool:
        """Whether another request may follow on this connection."""
        return self._http.our_state is h11.IDLE and not self._readable()

    def hung_up(self) -> bool:
        """Whether the other side has closed while it waited for an answer."""
        return self._readable() and not self.sock.recv(1, socket.MSG_PEEK)

    def reset(self) -> None:
        """Reset the connection, so that the other side sees no orderly end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.sock.close()

    def _readable(self) -> bool:
        """Whether there is something to read; on an idle connection, that it was closed."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))

    def _event(self) -> object:
        """h11's next event, once enough has come."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                self.sock.sendall(self._http.send(go_on) or b"")
            self._http.receive_data(self.sock.recv(PIECE))
        return event

    def _begin_again(self) -> None:
        if self._http.our_state is self._http.their_state is h11.DONE:
            self._http.start_next_cycle()


def _restated(head: Head, headers: list[tuple[bytes, bytes]]) -> Head:
    """The same first line with these headers, in HTTP/1.1, the only version that h11 writes."""
    if isinstance(head, h11.Request):
        return h11.Request(method=head.method, target=head.target, headers=headers)
    return h11.Response(status_code=head.status_code, reason=head.reason, headers=headers)
