"""The middleware: who may call from a browser, the headers of every answer, and the access log."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"
_IPV4_LOOPBACK = re.compile(r"127(\.[0-9]{1,3}){3}", re.ASCII)
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.ASCII)
_HOST = re.compile(r"(?P<name>\[[0-9a-f:]+\]|[^:\[\]]+)(:[0-9]{1,5})?", re.ASCII)

PREFLIGHT_SECONDS = 600

# Answers with tokens are not cached (HARD-22), and a browser reads them as JSON only.
# Departs: HARD-22 the module sets no such header.
EVERY_ANSWER = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

log = logging.getLogger(__name__)


def middleware(*, development: bool, allow_origins: Sequence[str]) -> list[Middleware]:
    """The middleware in the order in which a request passes it."""
    return [
        Middleware(EveryRequest),
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


class LoopbackHost:
    """Refuses a Host that is not loopback: a page may point its own name at this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hosts = Headers(scope=scope).getlist("host") if scope["type"] == "http" else ["localhost"]
        if len(hosts) != 1 or not is_loopback_host(hosts[0]):
            refusal = PlainTextResponse("In development mode, call this server as localhost.", 421)
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class EveryRequest:
    """Adds the headers of every answer, and logs one line for each request.

    The line has no query string, and no path without a route.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, statuses = time.perf_counter(), list[int]()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(EVERY_ANSWER)
                statuses.append(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            fields = {
                "method": scope["method"] if scope["method"].isalpha() else "?",
                "path": getattr(scope.get("route"), "path", "?"),
                "status": statuses[0] if statuses else None,
                "ms": round((time.perf_counter() - began) * 1000, 1),
            }
            log.info("request", extra=fields)


def is_loopback(name: str) -> bool:
    """localhost, 127.0.0.0/8 or ::1; no other name, wherever it points."""
    return name in {"localhost", "::1"} or _IPV4_LOOPBACK.fullmatch(name) is not None


def is_loopback_host(header: str) -> bool:
    """A Host header that names this machine, with or without a port."""
    match = _HOST.fullmatch(header.lower())
    return match is not None and is_loopback(match["name"].strip("[]"))


def is_origin(text: str) -> bool:
    """An origin as browsers send it: scheme, host and port, and nothing else."""
    return _ORIGIN.fullmatch(text) is not None
