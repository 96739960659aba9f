"""What stands in front of the app: who may call from a browser, and what every answer carries."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reference_auth.api.hosts import LOOPBACK_ORIGIN, is_loopback_host

PREFLIGHT_SECONDS = 600

# Tokens stay out of caches (HARD-22), and a browser takes the answer for nothing but JSON.
# Departs: HARD-22 the module sets no such header.
EVERY_ANSWER = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

log = logging.getLogger(__name__)


def guards(*, development: bool, allow_origins: Sequence[str]) -> list[Middleware]:
    """The guards in the order in which a request meets them."""
    return [
        Middleware(AccessLog),
        Middleware(AnswerHeaders),
        *([Middleware(LoopbackHost)] if development else []),
        Middleware(
            CORSMiddleware,
            allow_origins=list(allow_origins),
            allow_origin_regex=LOOPBACK_ORIGIN if development else None,
            allow_methods=["POST"],
            allow_headers=["*"],
            max_age=PREFLIGHT_SECONDS,
        ),
    ]


class AnswerHeaders:
    """Puts the same few headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(EVERY_ANSWER)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class LoopbackHost:
    """Refuses a Host that is not loopback: a page may have its own name point at this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _names_this_machine(Headers(scope=scope)):
            refusal = PlainTextResponse("In development mode, call this server as localhost.", 421)
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class AccessLog:
    """Writes one line for each request: never a query string, and no path that it does not know."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, statuses = time.perf_counter(), list[int]()

        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        finally:
            _note(scope, statuses, time.perf_counter() - began)


def _note(scope: Scope, statuses: list[int], seconds: float) -> None:
    log.info(
        "request",
        extra={
            "method": scope["method"] if scope["method"].isalpha() else "?",
            "path": getattr(scope.get("route"), "path", "?"),
            "status": statuses[0] if statuses else None,
            "ms": round(seconds * 1000, 1),
        },
    )


def _names_this_machine(headers: Headers) -> bool:
    hosts = headers.getlist("host")
    return len(hosts) == 1 and is_loopback_host(hosts[0])
