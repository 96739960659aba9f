"""An answer is read within bounds, whatever it unpacks to and whatever it says of itself."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import httpx
import pytest

from conformance_tests.deployment.clock import ClockError, HttpClock
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.receiving import LARGEST_ANSWER, text_of
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.target.parts import Http
from tests.conformance.fakes import URL

BODY = b'{"data": {"__typename": "Query"}}'
BOMB = gzip.compress(b"\0" * 200_000_000)


def answer_to(content: bytes, **headers: str) -> tuple[Answer, httpx.Headers]:
    """What the client makes of these bytes with these headers, and the headers that it sent."""
    sent: list[httpx.Headers] = []

    def speak(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers)
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(content))

    client = Client(URL, Http(), Recorder(), transport=httpx.MockTransport(speak))
    return client.trivial(), sent[0]


def test_no_encoding_is_asked_for() -> None:
    """So that whoever packs an answer does so unasked."""
    answer, sent = answer_to(BODY)
    assert sent["accept-encoding"] == "identity"
    assert answer.value == "Query"


@pytest.mark.parametrize("encoding, packed", [
    ("gzip", gzip.compress(BODY)),
    ("x-gzip", gzip.compress(BODY)),
    ("deflate", zlib.compress(BODY)),
    ("identity", BODY),
    ("GZIP ", gzip.compress(BODY)),
], ids=["gzip", "x-gzip", "deflate", "identity", "in capitals"])  # fmt: skip
def test_an_answer_that_is_packed_all_the_same_is_read(encoding: str, packed: bytes) -> None:
    """As browsers do."""
    assert answer_to(packed, **{"content-encoding": encoding})[0].value == "Query"


@pytest.mark.parametrize("encoding, packed, said", [
    ("br", BODY, "nobody asked for"),
    ("gzip", BODY, "cannot be read"),
    ("gzip", gzip.compress(BODY)[:-9], "ends too early"),
    ("gzip", gzip.compress(BODY) * 2, "too late"),
    ("gzip, gzip", gzip.compress(BOMB), "nobody asked for"),
    ("gzip", BOMB, f"more than {LARGEST_ANSWER} bytes"),
    ("", b" " * (LARGEST_ANSWER + 1), f"more than {LARGEST_ANSWER} bytes"),
], ids=["a lie", "not packed", "cut", "twice", "packed twice", "a bomb", "long"])  # fmt: skip
def test_what_cannot_be_unpacked_is_no_answer(encoding: str, packed: bytes, said: str) -> None:
    """It is said why, and hardly more memory is taken than the bound allows."""
    tracemalloc.start()
    try:
        answer, _ = answer_to(packed, **{"content-encoding": encoding})
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status is None
    assert said in str(answer.problem)
    assert most < 4 * LARGEST_ANSWER


@pytest.mark.parametrize("charset", ["undefined", "hex", "idna", "utf-16", "\0", "none"])
def test_an_answer_s_charset_is_not_believed(charset: str) -> None:
    """JSON is in UTF-8, and every byte of another text is a character."""
    kind = f"application/json; charset={charset}"
    answer = answer_to('{"data": {"__typename": "Zürich"}}'.encode(), **{"content-type": kind})[0]
    assert answer.value == "Zürich"
    assert text_of("Zürich".encode() + b"\xfc\xff") == "Zürichüÿ"


def test_a_clock_s_answer_is_bounded_too() -> None:
    """Whatever stands behind its address."""
    huge = httpx.MockTransport(
        lambda request: httpx.Response(200, stream=httpx.ByteStream(b" " * (LARGEST_ANSWER + 1)))
    )
    clock = HttpClock("http://deployment.test/clock", huge)
    with pytest.raises(ClockError, match="more than"):
        clock.reset()
