"""HTTP messages are read whole in every framing that a client or an emulator may use."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from conformance_tests.faults import FaultProxy
from conformance_tests.faults.upstream import Upstream
from conformance_tests.loopback import LoopbackError, Server, address, is_loopback
from conformance_tests.wire import BODY_LIMIT, HEAD_LIMIT, BadMessage, Message, Stream

Pair = tuple[Stream, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A stream and the far end of its connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    far = socket.create_connection(listener.getsockname())
    near, _ = listener.accept()
    for end in (near, far):
        end.settimeout(5)
    yield Stream(near), far
    for end in (near, far, listener):
        end.close()


CHUNKS = b"4;x=1\r\nabcd\r\n2\r\nef\r\n0\r\nT: 1\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS


def test_requests_in_a_row_are_told_apart(pair: Pair) -> None:
    """Two requests sent in one go are two messages, byte for byte."""
    stream, far = pair
    sized = b"POST /a HTTP/1.1\r\ncontent-length: 3\r\nX-Amz-Target: D.GetItem\r\n\r\nabc"
    far.sendall(sized + b"GET /b HTTP/1.1\r\n\r\n")
    first, second = stream.request(), stream.request()
    assert first is not None
    assert second is not None
    assert (first.raw, first.body) == (sized, b"abc")
    assert first.header("x-amz-target") == "D.GetItem"
    assert (second.body, second.header("Content-Length")) == (b"", None)


def test_a_request_in_pieces_is_put_together(pair: Pair) -> None:
    """A message that comes byte by byte is the same message."""
    stream, far = pair

    def dribble() -> None:
        for byte in CHUNKED:
            far.sendall(bytes([byte]))

    sending = threading.Thread(target=dribble)
    sending.start()
    request = stream.request()
    sending.join()
    assert request is not None
    assert (request.body, request.raw) == (b"abcdef", CHUNKED)


def test_a_client_that_expects_to_be_asked_is(pair: Pair) -> None:
    """With `Expect: 100-continue` the body comes only after the server has said so."""
    stream, far = pair
    far.sendall(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    requests: list[Message | None] = []
    reading = threading.Thread(target=lambda: requests.append(stream.request()))
    reading.start()
    assert far.recv(100).startswith(b"HTTP/1.1 100 ")
    far.sendall(b"ok")
    reading.join()
    assert requests[0] is not None
    assert requests[0].body == b"ok"


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
def test_answers_are_read_however_they_end(raw: bytes, body: bytes, pair: Pair) -> None:
    """A length, chunks or the end bound an answer; a provisional one is passed over."""
    stream, far = pair
    far.sendall(raw)
    far.shutdown(socket.SHUT_WR)
    answer = stream.answer()
    assert answer is not None
    assert answer.body == body


@pytest.mark.parametrize("raw", [b"", b"POST / HT"])
def test_an_end_before_the_head_is_no_message(raw: bytes, pair: Pair) -> None:
    """A connection that ends before a request is whole has none."""
    stream, far = pair
    far.sendall(raw)
    far.close()
    assert stream.request() is None


@pytest.mark.parametrize(
    "raw",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort",
        b"POST / HTTP/1.1\r\nContent-Length: nine\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab",
        b"POST / HTTP/1.1\r\nX: " + b"x" * (HEAD_LIMIT + 1),
    ],
)
def test_what_is_no_message_is_refused(raw: bytes, pair: Pair) -> None:
    """A message that is cut short, too large or malformed ends the reading, in bounded memory."""
    stream, far = pair
    far.sendall(raw)
    far.shutdown(socket.SHUT_WR)
    with pytest.raises(BadMessage):
        stream.request()


def test_another_body_states_its_own_length() -> None:
    """A changed message keeps its other headers, and no length or checksum of the old body."""
    head = b"HTTP/1.1 200 OK\r\nX-Amz-Crc32: 7\r\nContent-Length: 1\r\nX-Kept: yes"
    changed = Message(head, b"a", head + b"\r\n\r\na").with_body(b"longer")
    assert changed.raw == b"HTTP/1.1 200 OK\r\nX-Kept: yes\r\nContent-Length: 6\r\n\r\nlonger"


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


def serving(*raw: bytes) -> Callable[[Stream], None]:
    """An emulator that gives these answers, and then ends the connection."""

    def converse(caller: Stream) -> None:
        for answer in raw:
            if caller.request() is None:
                return
            caller.send(answer)

    return converse


GET = b"GET / HTTP/1.1\r\n\r\n"
REQUEST = Message(GET[:-4], b"", GET)


def test_a_connection_that_ended_meanwhile_is_opened_again() -> None:
    """An emulator that closes after each answer loses no call."""
    with Server("127.0.0.1:0", serving(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")) as server:
        upstream = Upstream(server.host, server.port)
        for _ in range(3):
            assert upstream.ask(REQUEST).body == b"a"
            assert _ends(upstream)
        upstream.close()


def _ends(upstream: Upstream) -> bool:
    """Wait until the emulator's end of the connection has arrived."""
    assert upstream._stream is not None
    return upstream._stream.sock.recv(1, socket.MSG_PEEK) == b""


def test_an_answer_without_a_length_is_given_one() -> None:
    """A caller behind the proxy sees where an answer ends, even if the emulator only closes."""
    with Server("127.0.0.1:0", serving(b"HTTP/1.1 200 OK\r\n\r\nall of it")) as server:
        answer = Upstream(server.host, server.port).ask(REQUEST)
    assert answer.raw == b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall of it"


def test_what_is_no_http_ends_one_connection_only() -> None:
    """Junk on one connection is cut off, and the next one is served."""
    with (
        Server("127.0.0.1:0", serving(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")) as server,
        FaultProxy("127.0.0.1:0", server.url) as faults,
    ):
        at = address(faults.url.removeprefix("http://"))
        with socket.create_connection(at, 5) as junk:
            junk.sendall(b"POST / HTTP/1.1\r\nContent-Length: junk\r\n\r\n")
            assert junk.recv(1) == b""
        with socket.create_connection(at, 5) as good:
            good.sendall(GET)
            assert good.recv(100).startswith(b"HTTP/1.1 200")
