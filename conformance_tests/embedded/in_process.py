"""A transport for judging an ASGI app without a socket: the same requests, no network.

The app's event loop runs on a thread of its own, so that parallel requests really run in parallel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from conformance_tests.deployment.http.transport import Transport


class InProcess(httpx.BaseTransport):
    """Hands each request to the app that its address names; another address is really asked."""

    def __init__(self, portal: BlockingPortal, apps: Mapping[str, Any]) -> None:
        self._portal = portal
        self._apps = {
            # What an app lets out is an answer of 500, as behind any real server.
            address: httpx.ASGITransport(app, raise_app_exceptions=False)
            for address, app in apps.items()
        }
        self._network = Transport()

    def close(self) -> None:
        self._network.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.netloc.decode() not in self._apps:
            return self._network.handle_request(request)
        sent = httpx.Request(
            request.method, request.url, headers=request.headers.raw, content=request.read()
        )
        coming = self._portal.start_task_soon(self._answer, sent)
        try:
            status, headers, body = coming.result(request.extensions["timeout"]["read"])
        except TimeoutError:
            coming.cancel()
            raise httpx.ReadTimeout("the app gave no answer", request=request) from None
        return httpx.Response(status, headers=headers, content=body, request=request)

    async def _answer(self, request: httpx.Request) -> tuple[int, Any, bytes]:
        response = await self._apps[request.url.netloc.decode()].handle_async_request(request)
        return response.status_code, response.headers.raw, await response.aread()


@contextmanager
def in_process(apps: Mapping[str, Any]) -> Iterator[InProcess]:
    """A transport to these apps, by `host:port`; their loop ends with the context."""
    with start_blocking_portal() as portal, InProcess(portal, apps) as transport:
        yield transport
