"""Whatever bytes arrive on a connection are an answer, or a sentence that says why not."""

from __future__ import annotations

import httpcore
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.deployment.http.transport import Transport
from conformance_tests.target.parts import Http
from tests.chaos.sizes import size
from tests.conformance.fakes import URL

LINES = st.lists(
    st.sampled_from(
        [
            *(b"HTTP/1.1 200 OK", b"HTTP/1.0 200", b"HTTP/1.1 103 Early", b"HTTP/1.1 99 \xe9"),
            *(b"HTTP/1.1 101 Switching", b"HTTP/1.1 999999 x", b"HTTP/2 200", b"GET / HTTP/1.1"),
            *(b"content-length: 2", b"content-length: -1", b"content-length: 99999999999999999999"),
            *(b"content-length: \xb2", b"transfer-encoding: chunked", b"transfer-encoding: x"),
            *(b"content-encoding: gzip", b"set-cookie: \xff", b"date: \xb2", b": x", b"x", b" y"),
            *(
                b"connection: close",
                b"upgrade: websocket",
                b"",
                b"{}",
                b"2",
                b"0",
                b"ffffffffffffff",
            ),
        ]
    )
    | st.binary(max_size=12),
    max_size=12,
)


@settings(max_examples=size(300, 5000), deadline=None, database=None)
@given(lines=LINES, end=st.sampled_from([b"\r\n", b"\n", b"\r"]))
@example(lines=[b"HTTP/1.1 200 OK", b"x: " + b"y" * 200_000, b""], end=b"\r\n")
def test_any_bytes_are_an_answer_or_none(lines: list[bytes], end: bytes) -> None:
    """Heads and bodies in every order, whole or cut."""
    transport = Transport()
    transport._settings["network_backend"] = httpcore.MockBackend([end.join(lines)])
    client = Client(URL, Http(), Recorder(), transport=transport)
    answer = client.trivial()
    assert answer.status is not None or answer.problem
    assert answer.brief()
    client.close()
