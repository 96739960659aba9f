"""HTTP messages are read whole in every framing that a client or an emulator may use."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import h11
import pytest

from conformance_tests.deployment.faults import wire
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.faults.server import LoopbackError, Server, address
from conformance_tests.deployment.faults.upstream import Upstream
from conformance_tests.deployment.faults.wire import HEAD_LIMIT, Message, Stream
from conformance_tests.loopback import is_loopback

Pair = tuple[Stream, socket.socket]


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The two ends of a connection, neither of which waits for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        far = socket.create_connection(listener.getsockname())
        near, _ = listener.accept()
    with near, far:
        for end in (near, far):
            end.settimeout(5)
        yield near, far


@pytest.fixture
def pair(sockets: tuple[socket.socket, socket.socket]) -> Pair:
    """A server's stream, and the client's end of its connection."""
    return Stream(sockets[0], h11.SERVER), sockets[1]


OK = Message(h11.Response(status_code=200, headers=[("Content-Length", "2")]), b"ok")
HEAD = b"POST / HTTP/1.1\r\nHost: table\r\n"
CHUNKS = b"4;x=1\r\nabcd\r\n2\r\nef\r\n0\r\nT: 1\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS
GET = b"GET / HTTP/1.1\r\nHost: table\r\n\r\n"
REQUEST = Message(h11.Request(method="GET", target="/", headers=[("Host", "table")]), b"")


def test_requests_in_a_row_are_told_apart(pair: Pair) -> None:
    """Two requests sent in one go are two messages, each with an answer of its own."""
    stream, far = pair
    far.sendall(HEAD + b"content-length: 3\r\nX-Amz-Target: D.GetItem\r\n\r\nabc" + GET)
    first = stream.receive()
    stream.send(OK)
    second = stream.receive()
    assert first is not None
    assert second is not None
    assert (first.body, first.header("x-amz-target")) == (b"abc", "D.GetItem")
    assert (second.body, second.header("Content-Length")) == (b"", None)


def test_a_request_in_pieces_is_put_together(pair: Pair) -> None:
    """A message that comes byte by byte is the same message."""
    stream, far = pair

    def dribble() -> None:
        for byte in CHUNKED:
            far.sendall(bytes([byte]))

    sending = threading.Thread(target=dribble)
    sending.start()
    request = stream.receive()
    sending.join()
    assert request is not None
    assert request.body == b"abcdef"


def test_a_client_that_expects_to_be_asked_is(pair: Pair) -> None:
    """With `Expect: 100-continue` the body comes only after the server has said so."""
    stream, far = pair
    far.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    requests: list[Message | None] = []
    reading = threading.Thread(target=lambda: requests.append(stream.receive()))
    reading.start()
    assert far.recv(100).startswith(b"HTTP/1.1 100 ")
    far.sendall(b"ok")
    reading.join()
    assert requests[0] is not None
    assert requests[0].body == b"ok"


@pytest.mark.parametrize("said", [b"HTTP/1.1\r\nConnection: close", b"HTTP/1.0"])
def test_a_last_request_has_none_after_it(said: bytes, pair: Pair) -> None:
    """A client that asks once is answered, and not waited for."""
    stream, far = pair
    far.sendall(b"GET / " + said + b"\r\nHost: table\r\n\r\n")
    assert stream.receive() is not None
    stream.send(OK)
    assert stream.receive() is None
    assert far.recv(100).endswith(b"ok")


@pytest.mark.parametrize(
    "raw, body",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_answers_are_read_however_they_end(
    raw: bytes, body: bytes, sockets: tuple[socket.socket, socket.socket]
) -> None:
    """A length, chunks or the end bound an answer; a provisional one is passed over."""
    stream, far = Stream(sockets[0], h11.CLIENT), sockets[1]
    stream.send(REQUEST)
    far.sendall(raw)
    far.shutdown(socket.SHUT_WR)
    answer = stream.receive()
    assert answer is not None
    assert answer.body == body


def test_an_end_in_place_of_a_request_is_none(pair: Pair) -> None:
    """A connection that ends between two messages has no more."""
    stream, far = pair
    far.close()
    assert stream.receive() is None


@pytest.mark.parametrize(
    "raw",
    [
        b"POST / HT",
        HEAD + b"Content-Length: 9\r\n\r\nshort",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nab",
    ],
)
def test_what_is_cut_short_is_refused(raw: bytes, pair: Pair) -> None:
    """A message that ends before its end is no message."""
    stream, far = pair
    far.sendall(raw)
    far.shutdown(socket.SHUT_WR)
    with pytest.raises(h11.RemoteProtocolError):
        stream.receive()


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"Content-Length: nine\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        HEAD + b"X: " + b"x" * (HEAD_LIMIT + 1),
        HEAD + b"Content-Length: 5\r\n\r\nlarge",
    ],
)
def test_what_is_no_message_is_refused(
    raw: bytes, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that is malformed or too large is refused at once, whatever might follow."""
    monkeypatch.setattr(wire, "BODY_LIMIT", 4)
    stream, far = pair
    far.sendall(raw)
    with pytest.raises(h11.RemoteProtocolError):
        stream.receive()


def test_a_reset_is_no_orderly_end(pair: Pair) -> None:
    """The other side learns that the connection broke, not that it ended."""
    stream, far = pair
    stream.reset()
    with pytest.raises(ConnectionResetError):
        far.recv(1)


def test_another_body_states_its_own_length() -> None:
    """A changed message keeps its other headers, and no length or checksum of the old body."""
    headers = [("X-Amz-Crc32", "7"), ("Content-Length", "1"), ("X-Kept", "yes")]
    before = Message(h11.Response(status_code=200, reason="OK", headers=headers), b"a")
    after = before.with_body(b"longer")
    assert (after.status, after.body) == (200, b"longer")
    assert after.head.headers.raw_items() == [(b"X-Kept", b"yes"), (b"Content-Length", b"6")]


@pytest.mark.parametrize(
    "host, there",
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_the_loopback_is_known(host: str, there: bool) -> None:
    """Only addresses that can mean nothing but this machine are the loopback."""
    assert is_loopback(host) is there


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "0.0.0.0:1", ""])
def test_another_address_is_refused(text: str) -> None:
    """An address that is malformed or not the loopback is one sentence."""
    with pytest.raises(LoopbackError, match=r"\.$"):
        address(text)


def answering(raw: bytes, asked: list[Message]) -> Callable[[Stream], None]:
    """An emulator that gives one answer to one request, and then ends the connection."""

    def converse(caller: Stream) -> None:
        if (request := caller.receive()) is not None:
            asked.append(request)
            caller.sock.sendall(raw)

    return converse


def lingering(raw: bytes) -> Callable[[Stream], None]:
    """An emulator that gives one answer, and leaves it to the other side to end the connection."""

    def converse(caller: Stream) -> None:
        if caller.receive() is not None:
            caller.sock.sendall(raw)
            caller.sock.recv(1)

    return converse


SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"


def test_a_connection_that_ended_meanwhile_is_opened_again() -> None:
    """An emulator that closes after each answer loses no call."""
    with Server("127.0.0.1:0", answering(SHORT, [])) as server:
        upstream = Upstream(server.host, server.port)
        for _ in range(3):
            assert upstream.ask(REQUEST).body == b"a"
            assert _ends(upstream)
        upstream.close()


def _ends(upstream: Upstream) -> bool:
    """Wait until the emulator's end of the connection has arrived."""
    assert upstream._stream is not None
    return upstream._stream.sock.recv(1, socket.MSG_PEEK) == b""


def test_a_connection_that_is_to_end_is_not_used_again() -> None:
    """An emulator that says so, and leaves the closing to us, loses no call either."""
    last = SHORT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with Server("127.0.0.1:0", lingering(last)) as server:
        upstream = Upstream(server.host, server.port)
        for _ in range(3):
            assert upstream.ask(REQUEST).body == b"a"
        upstream.close()


def through_the_proxy(raw: bytes, request: bytes) -> tuple[bytes, Message]:
    """What a caller of the proxy gets to this request, byte for byte, and what the table saw."""
    asked: list[Message] = []
    with (
        Server("127.0.0.1:0", answering(raw, asked)) as server,
        FaultProxy("127.0.0.1:0", server.url) as faults,
        socket.create_connection(address(faults.url.removeprefix("http://")), 5) as caller,
    ):
        caller.sendall(request)
        got = caller.recv(65536)
    return got, asked[0]


def test_a_message_passes_with_all_that_it_carries() -> None:
    """Neither side sees a header or a byte of the body changed, a checksum least of all."""
    answer = (
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\nx-amz-crc32: 2716\r\n"
        b"X-Amzn-RequestId: A1\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x00\xff\n"
    )
    headers = [
        (b"Host", b"table"),
        (b"X-Amz-Target", b"D.GetItem"),
        (b"authorization", b"AWS4 a=b, c=d"),
        (b"Content-Length", b"4"),
    ]
    lines = b"".join(b"%s: %s\r\n" % each for each in headers)
    got, asked = through_the_proxy(answer, b"POST /a?b HTTP/1.1\r\n" + lines + b"\r\n\x00\r\n\xff")
    assert got == answer
    assert (asked.head.headers.raw_items(), asked.body) == (headers, b"\x00\r\n\xff")
    assert isinstance(asked.head, h11.Request)
    assert (asked.head.method, asked.head.target) == (b"POST", b"/a?b")


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_answer_without_a_length_is_given_an_end(version: bytes) -> None:
    """A caller behind the proxy sees where an answer ends, even if the emulator only closes."""
    got, _ = through_the_proxy(b"HTTP/%s 200 OK\r\n\r\nall of it" % version, GET)
    assert got == (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nall of it\r\n0\r\n\r\n"
    )


def test_what_is_no_http_ends_one_connection_only() -> None:
    """Junk on one connection is cut off, and the next one is served."""
    with (
        Server("127.0.0.1:0", answering(SHORT, [])) as server,
        FaultProxy("127.0.0.1:0", server.url) as faults,
    ):
        at = address(faults.url.removeprefix("http://"))
        with socket.create_connection(at, 5) as junk:
            junk.sendall(b"POST / HTTP/1.1\r\nContent-Length: junk\r\n\r\n")
            assert junk.recv(1) == b""
        with socket.create_connection(at, 5) as good:
            good.sendall(GET)
            assert good.recv(100).startswith(b"HTTP/1.1 200")
