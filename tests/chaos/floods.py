"""Clients that want nothing good: they stay, they start and never end, they ask for nonsense."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from conformance_tests.deployment.http.documents import OPERATIONS
from tests.chaos.raw import PIECE, Reply, connect, read

HEAD = b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
UNFINISHED_HEADS = (HEAD[:10], HEAD)
UNFINISHED_BODIES = (
    HEAD + b"Content-Length: 100\r\n\r\n",
    HEAD + b'Content-Length: 100\r\n\r\n{"query": "',
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
)
DEAR = 4  # one connection of garbage in so many makes the server derive
DRIPPING = HEAD + b"Content-Length: 100000\r\n\r\n"


@contextmanager
def standing(origin: str, connections: int, says: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections that say this much and no more."""
    with ExitStack() as stack:
        yield [stack.enter_context(_opened(origin, says)) for _ in range(connections)]


def _opened(origin: str, says: bytes) -> socket.socket:
    sock = connect(origin)
    sock.sendall(says)
    return sock


@contextmanager
def trickling(sock: socket.socket) -> Iterator[None]:
    """One more byte each tenth of a second, for as long as the server takes them."""
    stop = threading.Event()

    def drip() -> None:
        with contextlib.suppress(OSError):
            while not stop.wait(0.1):
                sock.sendall(b" ")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def last_words(sock: socket.socket, seconds: float) -> Reply:
    """What the server says at last, if it does so in time."""
    said, end = bytearray(), time.monotonic() + seconds
    try:
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            if not (piece := sock.recv(PIECE)):
                break
            said += piece
            if (reply := read(bytes(said))).status:
                return reply
    except OSError:
        pass
    return read(bytes(said))


class Garbage:
    """Inside its `with`, so many connections refresh nonsense, one request after the other.

    Each fourth connection sends the dear kind: a genuine access token that the server has not seen,
    for which it has to derive before it can tell that the refresh token is another's.
    """

    def __init__(self, origin: str, connections: int, genuine: Callable[[], str]) -> None:
        self.cheap = self.dear = 0
        self._origin = origin
        self._connections = connections
        self._stop = threading.Event()
        given: dict[str, object] = {"refresh_token": "0" * 128}
        document = OPERATIONS["refreshCustomerToken"].document(given)
        body = json.dumps({"query": document, "variables": given}).encode()
        self._rest = b"Content-Length: %d\r\n\r\n" % len(body) + body
        self._genuine = genuine

    @contextmanager
    def flowing(self) -> Iterator[None]:
        with ThreadPoolExecutor(self._connections) as pool:
            dear = [n % DEAR == 0 for n in range(self._connections)]
            tokens = (self._genuine if one else lambda: "aaaa.bbbb.cccc" for one in dear)
            counts = [pool.submit(self._ask, token) for token in tokens]
            try:
                yield
            finally:
                self._stop.set()
        self.dear = sum(count.result() for count in counts[::DEAR])
        self.cheap = sum(count.result() for count in counts) - self.dear

    def _ask(self, token: Callable[[], str]) -> int:
        answered = 0
        with connect(self._origin) as sock:
            while not self._stop.is_set():
                sock.sendall(HEAD + f"Authorization: Bearer {token()}\r\n".encode() + self._rest)
                said = b""
                while not read(said).status:
                    piece = sock.recv(PIECE)
                    assert piece, "the connection was dropped"
                    said += piece
                assert b"graphql-authorization" in read(said).body
                answered += 1
        return answered
