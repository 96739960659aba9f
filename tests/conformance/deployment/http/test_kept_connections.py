"""A server may close an idle connection just when a request is on its way: it is sent again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from conformance_tests.deployment.faults import answers
from conformance_tests.deployment.faults.server import Server
from conformance_tests.deployment.faults.wire import Stream
from conformance_tests.deployment.http import transport
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.target.parts import Http

PAUSE = 0.2


@contextmanager
def answering_once(last: Callable[[Stream], None]) -> Iterator[tuple[Client, list[int]]]:
    """A client of a server that answers one request a connection, and treats the next one so."""
    received: list[int] = []

    def converse(caller: Stream) -> None:
        received.append(0)
        while caller.receive() is not None:
            received[-1] += 1
            if received[-1] > 1:
                last(caller)
                break
            caller.send(answers.json_answer({"data": {"__typename": "Query"}}))

    with (
        Server("127.0.0.1:0", converse) as server,
        closing(Client(server.url, Http(), Recorder())) as client,
    ):
        yield client, received


def close(caller: Stream) -> None:
    """As a server does for which the connection had been idle for too long."""


def reset(caller: Stream) -> None:
    caller.reset()


def break_off(caller: Stream) -> None:
    """Something of an answer comes."""
    caller.sock.sendall(b"HTTP/1.1 200 OK\r\n")


def asked_twice(client: Client, pause: float) -> Answer:
    assert client.trivial().value == "Query"
    time.sleep(pause)
    return client.trivial()


@pytest.fixture(autouse=True)
def _idle_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "IDLE_SECONDS", PAUSE / 2)


@pytest.mark.parametrize("closed", [close, reset])
def test_a_request_on_a_connection_that_was_closed_as_idle_is_sent_again(
    closed: Callable[[Stream], None],
) -> None:
    """It is answered on another connection, and the transcript says so."""
    recorder = Recorder()
    recorder.start_test()
    with answering_once(closed) as (client, received):
        client.recorder = recorder
        assert asked_twice(client, PAUSE).value == "Query"
        assert client.resent == 1
    assert received == [2, 1]
    assert any("sent again on another one" in line for line in recorder.transcript())


@pytest.mark.parametrize(
    "last, pause", [(close, 0.0), (break_off, PAUSE)], ids=["not idle", "partly answered"]
)
def test_what_a_server_may_have_acted_upon_is_not_sent_again(
    last: Callable[[Stream], None], pause: float
) -> None:
    """A connection that was in use was closed for the request; one that answered has read it."""
    with answering_once(last) as (client, received):
        assert asked_twice(client, pause).status is None
        assert client.resent == 0
    assert received == [2]
