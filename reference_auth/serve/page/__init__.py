"""The page to learn and debug by: a client of the endpoint that shows what its pair is worth.

`serve` offers it in development mode only. It is plain files and one JSON of facts, so nothing is
ever written into its HTML, and its policy lets it run and reach nothing but what is its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from pathlib import PurePath
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

FACTS = "/page/facts.json"
MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


def page_routes(facts: Mapping[str, Any]) -> list[BaseRoute]:
    """The page, its files, and what it is told."""

    async def tell(_: Request) -> Response:
        return JSONResponse(facts, headers=HEADERS)

    return [
        Route("/", _sender("page.html"), methods=["GET"]),
        *(Route(f"/page/{name}", _sender(name), methods=["GET"]) for name in _parts()),
        Route(FACTS, tell, methods=["GET"]),
    ]


def _parts() -> list[str]:
    """The names of its style sheet and its scripts."""
    names = (file.name for file in files(__package__).iterdir())
    return sorted(name for name in names if name.endswith((".css", ".js")))


def _sender(name: str) -> Callable[[Request], Awaitable[Response]]:
    content = files(__package__).joinpath(name).read_bytes()
    media_type = MEDIA_TYPES[PurePath(name).suffix]

    async def send(_: Request) -> Response:
        return Response(content, media_type=media_type, headers=HEADERS)

    return send
