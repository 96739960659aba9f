"""No cookie is kept between two requests: it would lead both to one and the same worker."""

from __future__ import annotations

import httpx
import pytest

from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.target.parts import Http
from tests.conformance.fakes import URL


@pytest.mark.parametrize("cookie", [b"worker=1; Path=/", b"worker=\x80", b"\xff", b"=;;=,"])
def test_no_cookie_is_kept(cookie: bytes) -> None:
    """One that no request could carry breaks no later one either; that some are set is noted."""
    sent: list[httpx.Headers] = []

    def speak(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers)
        return httpx.Response(200, headers={b"set-cookie": cookie}, content=b"{}")

    client = Client(URL, Http(), Recorder(), transport=httpx.MockTransport(speak))
    for _ in range(2):
        assert client.trivial().status == 200
    assert client.sets_cookies
    assert "cookie" not in sent[1]
