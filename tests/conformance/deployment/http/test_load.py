"""Load: so many calls on so many connections, counted, and bounded in time."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest

from conformance_tests.deployment.http.load import Load
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.target.parts import Http
from tests.degenerate.servers import DRIPS, dripping


class Counting(BaseHTTPRequestHandler):
    """Answers 200 and notes who asked what."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[tuple[str, int], bytes]]
    headers_said: Mapping[str, str]
    said: bytes

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.client_address, body))
        self.send_response(200)
        self.send_header("content-length", str(len(self.said)))
        for name, value in self.headers_said.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):  # the load may have closed, its time being up
            self.wfile.write(self.said)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Counting.seen, Counting.headers_said, Counting.said = [], {}, b"{}"
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def request_to(port: int) -> httpx.Request:
    return httpx.Request("POST", f"http://127.0.0.1:{port}/graphql", content=b"hello")


def test_every_call_is_made_once_and_on_its_own_connections(server: ThreadingHTTPServer) -> None:
    """Ten calls, four at a time: ten requests over four connections."""
    with Load([request_to(server.server_port)] * 10, Http(), at_once=4) as load:
        pass
    assert load.answered == 10
    assert not load.running
    assert {body for _, body in Counting.seen} == {b"hello"}
    assert len({address for address, _ in Counting.seen}) == 4


def test_each_request_is_sent_once(server: ThreadingHTTPServer) -> None:
    """Different requests are all sent, whatever connection carries them."""
    url = f"http://127.0.0.1:{server.server_port}/graphql"
    requests = [httpx.Request("POST", url, content=bytes([number])) for number in range(9)]
    with Load(requests, Http(), at_once=4) as load:
        pass
    assert load.answered == 9
    assert sorted(body for _, body in Counting.seen) == [bytes([number]) for number in range(9)]


def test_a_closed_door_is_counted_as_no_answer() -> None:
    """Nobody listens: nothing was answered, and nothing is raised."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Load([request_to(port)] * 3, Http(), at_once=2) as load:
        pass
    assert load.answered == 0


@pytest.mark.parametrize("what", DRIPS)
def test_an_answer_that_never_ends_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """What comes drop by drop keeps every read alive, and the load ends all the same."""
    monkeypatch.setattr("conformance_tests.deployment.http.load.LONGEST_SECONDS", 0.5)
    head, drop = DRIPS[what]
    with dripping(head, drop) as url:
        port = urlsplit(url).port
        assert port is not None
        with Load([request_to(port)] * 2, Http(), at_once=2) as load:
            while load.running:
                time.sleep(0.01)
    assert load.answered == 0


def test_a_transport_of_the_targets_own_carries_the_load() -> None:
    """Where there is no socket to call, all calls go through the transport that is there."""
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.read())
        return httpx.Response(200)

    with Load([request_to(1)] * 10, Http(), 4, httpx.MockTransport(answer)) as load:
        pass
    assert load.answered == 10
    assert asked == [b"hello"] * 10


HEADERS = {"x-debug": "of it", "content-encoding": "gzip"}


@pytest.mark.parametrize("sent, heard", [
    (gzip.compress(b"the inside"), "the inside"),
    (b"not packed", "not packed"),
], ids=["packed", "not packed"])  # fmt: skip
def test_what_is_answered_is_shown_to_the_judges(
    server: ThreadingHTTPServer, sent: bytes, heard: str
) -> None:
    """Each answer is unpacked in the run's history, as far as it can be, and in no transcript."""
    Counting.headers_said, Counting.said = HEADERS, sent
    recorder = Recorder()
    recorder.start_test()
    with Load([request_to(server.server_port)] * 3, Http(), 2, recorder=recorder):
        pass
    told = [
        (each.answer_body, dict(each.other_headers).get("x-debug")) for each in recorder.history
    ]
    assert told == [(heard, "of it")] * 3
    assert {exchange.status_line for exchange in recorder.history} == {"HTTP 200 OK"}
    assert {exchange.request_body for exchange in recorder.history} == {"hello"}
    assert not recorder.exchanges()


def test_a_large_answer_is_read_and_not_kept(server: ThreadingHTTPServer) -> None:
    """All of many answers would be more than a machine has; its header need not be ASCII."""
    Counting.headers_said, Counting.said = {"x-city": "Z\xfcrich"}, b"x" * 3_000_000
    recorder = Recorder()
    with Load([request_to(server.server_port)] * 3, Http(), 1, recorder=recorder) as load:
        pass
    assert load.answered == 3
    assert len({address for address, _ in Counting.seen}) == 1
    assert {len(body) for _, (_, _, body) in load._answers} == {1_000_000}
    for exchange in recorder.history:
        assert len(exchange.answer_body) <= 1_000_100
        assert dict(exchange.other_headers)["x-city"] == "Z\xfcrich"


def test_what_comes_by_a_transport_is_shown_to_the_judges() -> None:
    """It makes no difference which way the load goes."""
    packed = httpx.ByteStream(gzip.compress(b"the inside"))
    recorder = Recorder()
    way = httpx.MockTransport(lambda request: httpx.Response(403, headers=HEADERS, stream=packed))
    with Load([request_to(1)] * 3, Http(), 2, way, recorder):
        pass
    assert [exchange.answer_body for exchange in recorder.history] == ["the inside"] * 3
    assert all(("x-debug", "of it") in exchange.other_headers for exchange in recorder.history)


def test_a_failing_test_does_not_wait_for_the_rest(server: ThreadingHTTPServer) -> None:
    """What was not sent yet is dropped when the test has already failed."""
    load = Load([request_to(server.server_port)] * 20_000, Http(), at_once=2)
    with pytest.raises(ZeroDivisionError), load:
        raise ZeroDivisionError
    assert load.answered < 20_000
