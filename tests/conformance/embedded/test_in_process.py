"""An app asked without a socket: its answer, its crash, and its silence."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest

from conformance_tests.embedded.in_process import in_process

ADDRESS = "127.0.0.1:1"
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: object, send: Send) -> None:
    """Answers, breaks or hangs, as its path says."""
    if scope["path"] == "/breaks":
        raise ValueError("broken")
    if scope["path"] == "/hangs":
        await anyio.sleep_forever()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """A client of the app, patient for a fifth of a second."""
    with in_process({ADDRESS: app}) as transport:
        yield httpx.Client(transport=transport, base_url=f"http://{ADDRESS}", timeout=0.2)


def test_an_answer_comes_through(http: httpx.Client) -> None:
    """Status and body are the app's."""
    answer = http.get("/there")
    assert (answer.status_code, answer.text) == (200, "/there")


def test_what_an_app_lets_out_is_an_answer_of_500(http: httpx.Client) -> None:
    """As behind any real server."""
    assert http.get("/breaks").status_code == 500


def test_an_app_that_hangs_is_not_waited_for(http: httpx.Client) -> None:
    """The client's patience holds here as it does over a network, and others are still served."""
    begun = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        http.get("/hangs")
    assert time.monotonic() - begun < 5
    assert http.get("/again").text == "/again"
