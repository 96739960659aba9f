"""The connections of clients: how long they may take, how many there may be, what is not HTTP."""

from __future__ import annotations

import json
import logging
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reference_auth.api.endpoint import RETRYABLE, refusal
from reference_auth.serve import protocol, server
from reference_auth.store.memory import LockedClient
from tests.server.conftest import TABLE
from tests.server.serving import Caller, demo_server, make_config

BODY = b'{"query":\n"{ __typename }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
GOOD = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
ANSWER = {"data": {"__typename": "Query"}}
SOON = 0.4  # seconds, where a test shortens a limit
LARGE = 32 * 2**20  # bytes
LATE = 10.0  # seconds that no answer takes


@pytest.fixture
def serving(
    memory: LockedClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Caller]]:
    """Starts a server after some of the limits were changed."""
    with ExitStack() as ends:

        def start(**limits: float) -> Caller:
            for name, value in limits.items():
                monkeypatch.setattr(protocol, name, value)
                if hasattr(server, name):
                    monkeypatch.setattr(server, name, value)
            config = make_config(table=TABLE)
            return ends.enter_context(demo_server(memory, config, routes=[Route("/large", large)]))

        yield start


async def large(_: Request) -> Response:
    """More than all buffers between here and a client can hold."""
    return Response(bytes(LARGE))


@contextmanager
def connected(caller: Caller, says: bytes = b"") -> Iterator[socket.socket]:
    """A connection that has said this much."""
    parts = urlsplit(str(caller.http.base_url))
    with socket.create_connection((parts.hostname, parts.port or 80), LATE) as sock:
        sock.sendall(says)
        yield sock


def rest(sock: socket.socket) -> bytes:
    """Everything that the server says until it closes the connection."""
    said = bytearray()
    while piece := sock.recv(65536):
        said += piece
    return bytes(said)


def answers(said: bytes) -> list[tuple[int, object]]:
    """Each answer's status and body."""
    found = []
    while said:
        head, _, said = said.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[16:]) for line in lines if line.startswith(b"content-length: "))
        found.append((int(head.split(b" ")[1]), json.loads(said[:length])))
        said = said[length:]
    return found


NOT_HTTP = (400, refusal("Invalid HTTP request received."))


def ask(caller: Caller, raw: bytes) -> list[tuple[int, object]]:
    """The answers to these bytes; the last request must close the connection."""
    with connected(caller, raw) as sock:
        return answers(rest(sock))


def closing(request: bytes) -> bytes:
    return request.replace(b"Host: a\r\n", b"Host: a\r\nConnection: close\r\n")


# -- what is not HTTP --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + CHUNKED,
        HEAD.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
        GOOD.replace(b"\r\n", b"\n"),
        GOOD.replace(b"Host: a\r\n", b"Host: a\n"),
        GOOD.replace(b"\r\n\r\n", b"\r\n\n"),
        GOOD.replace(b"\r\n\r\n", b"\n\r\n"),
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY,
        HEAD + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKED,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED.replace(b"\r\n", b"\n", 1),
    ],
    ids=[
        *("length, then chunks", "chunks, then length", "chunks in HTTP/1.0", "LF only"),
        *("one bare LF", "bare LF at the end", "bare LF before the end", "two lengths"),
        *("space before the colon", "bare LF after a chunk's size"),
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(production: Caller, raw: bytes) -> None:
    """It gets 400 and ends the connection, so that nothing after it runs either."""
    assert ask(production, raw + closing(GOOD)) == [NOT_HTTP]


@pytest.mark.parametrize("raw", [GOOD, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED])
def test_a_request_that_comes_in_pieces_is_read(production: Caller, raw: bytes) -> None:
    """A body may hold a bare LF, wherever the pieces are cut."""
    for cut in (raw.index(b"\r\n\r\n") + 2, raw.index(b"\r\n\r\n") + 4, raw.index(b"\n\r\n") + 1):
        with connected(production, closing(raw)[: cut + 19]) as sock:
            time.sleep(0.05)
            sock.sendall(closing(raw)[cut + 19 :])
            assert answers(rest(sock)) == [(200, ANSWER)]


def test_requests_in_a_row_are_read(production: Caller) -> None:
    """Two requests that are sent at once get an answer each; a bad second one is refused."""
    assert ask(production, GOOD + closing(GOOD)) == [(200, ANSWER)] * 2
    bad = GOOD.replace(b"Host: a\r\n", b"Host: a\n")
    assert ask(production, GOOD + bad) == [(200, ANSWER), NOT_HTTP]


# -- how long a client may take ----------------------------------------------------------------


@pytest.mark.parametrize("head", [b"P", b"POST /graphql HTTP/1.1\r\n", HEAD])
def test_a_head_that_does_not_end_is_given_up(serving: Callable[..., Caller], head: bytes) -> None:
    """It gets 408."""
    late = (408, refusal("The head of the request is incomplete."))
    assert ask(serving(HEAD_SECONDS=SOON), head) == [late]


def test_a_head_that_drips_is_given_up(serving: Callable[..., Caller]) -> None:
    """The limit counts from the first byte, however often another one comes."""
    began = time.monotonic()
    with connected(serving(HEAD_SECONDS=SOON), HEAD) as sock:
        sock.settimeout(0.05)
        said = b""
        while not said and time.monotonic() < began + LATE:
            sock.sendall(b"X")
            try:
                said = sock.recv(65536)
            except TimeoutError:
                continue
    assert said.startswith(b"HTTP/1.1 408 ")


def test_a_silent_connection_is_closed(serving: Callable[..., Caller]) -> None:
    """Nothing was asked, so nothing is answered."""
    with connected(serving(HEAD_SECONDS=SOON)) as sock:
        assert rest(sock) == b""


def test_an_idle_connection_is_closed(serving: Callable[..., Caller]) -> None:
    """After its last answer a connection is kept for a few seconds."""
    with connected(serving(HEAD_SECONDS=LATE, IDLE_SECONDS=SOON), GOOD) as sock:
        assert answers(rest(sock)) == [(200, ANSWER)]


def test_a_second_head_has_a_limit_too(serving: Callable[..., Caller]) -> None:
    """A connection that has been answered once is no different."""
    with connected(serving(HEAD_SECONDS=SOON), GOOD) as sock:
        time.sleep(SOON / 2)
        sock.sendall(HEAD)
        assert [status for status, _ in answers(rest(sock))] == [200, 408]


def test_a_request_may_take_longer_than_its_head(serving: Callable[..., Caller]) -> None:
    """The limit ends with the head: a body has a limit of its own."""
    with connected(serving(HEAD_SECONDS=SOON), closing(GOOD)[:-5]) as sock:
        time.sleep(2 * SOON)
        sock.sendall(GOOD[-5:])
        assert answers(rest(sock)) == [(200, ANSWER)]


@pytest.mark.parametrize(
    "head",
    [
        b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
    ],
)
def test_a_body_that_nobody_waits_for_has_a_limit_too(
    serving: Callable[..., Caller], head: bytes
) -> None:
    """A part of it that comes after the answer does not keep the connection."""
    with connected(serving(IDLE_SECONDS=SOON), head) as sock:
        assert sock.recv(65536)
        with suppress(ConnectionError):  # what nobody reads may end it by a reset
            sock.sendall(b"1")
            rest(sock)


def test_a_head_behind_a_request_has_a_limit_too(serving: Callable[..., Caller]) -> None:
    """A part that came before the first request was answered counts from its answer."""
    with connected(serving(HEAD_SECONDS=SOON), GOOD + HEAD) as sock:
        assert [status for status, _ in answers(rest(sock))] == [200, 408]


def test_who_does_not_read_is_cut_off(serving: Callable[..., Caller]) -> None:
    """A client that does not read its answer loses its connection."""
    caller = serving(WRITE_SECONDS=SOON)
    with connected(caller, b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n") as sock:
        time.sleep(4 * SOON)
        assert 0 < len(rest(sock)) < LARGE


# -- how many connections there may be ---------------------------------------------------------


def test_too_many_connections_get_a_clear_answer(
    serving: Callable[..., Caller], caplog: pytest.LogCaptureFixture
) -> None:
    """One too many gets a retryable 503 at once; those that are open are served, as is the next."""
    caplog.set_level(logging.WARNING, "reference_auth")
    with ExitStack() as ends:
        caller = serving(CONNECTIONS=3)
        socks = [ends.enter_context(connected(caller)) for _ in range(3)]
        for _ in range(5):
            with connected(caller) as refused:
                ((status, body),) = answers(rest(refused))
            assert (status, body) == (503, refusal("Too many connections, try again", RETRYABLE))
        socks[0].sendall(closing(GOOD))
        assert answers(rest(socks[0])) == [(200, ANSWER)]
        time.sleep(0.1)
        assert ask(caller, closing(GOOD)) == [(200, ANSWER)]
    told = [record.msg for record in caplog.records if record.name == protocol.__name__]
    assert told == ["too-many-connections"]


@pytest.mark.parametrize(
    "files, limit",
    [
        (protocol.CONNECTIONS + protocol.SPARE_FILES, protocol.CONNECTIONS),
        (protocol.CONNECTIONS + protocol.SPARE_FILES - 1, protocol.CONNECTIONS - 1),
        (1024, 1024 - protocol.SPARE_FILES),
        (100, 1),
        (resource.RLIM_INFINITY, protocol.CONNECTIONS),
    ],
)
def test_the_limit_leaves_files_for_the_rest(
    monkeypatch: pytest.MonkeyPatch, files: int, limit: int
) -> None:
    """Fewer connections are taken where the process may open few files."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert protocol.connection_limit() == limit


@pytest.mark.parametrize(
    "files, most, raised",
    [(256, 4096, 2612), (256, 1024, 1024), (4096, 8192, None), (256, -1, 2612), (-1, -1, None)],
)
def test_the_limit_of_files_is_raised(
    monkeypatch: pytest.MonkeyPatch, files: int, most: int, raised: int | None
) -> None:
    """As far as is needed, and allowed."""
    changed: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, most))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: changed.append(limits))
    protocol.allow_files()
    assert changed == ([] if raised is None else [(raised, most)])
