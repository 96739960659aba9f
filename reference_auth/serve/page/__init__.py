"""A page to learn and debug by: it calls the endpoint and shows what its pair is worth.

`serve` offers it in development mode only. It is static files and one JSON of facts: nothing is
ever written into its HTML, and its policy lets it load and call nothing but its own server.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import PurePath
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from reference_auth.core.states import CELLS, State
from reference_auth.serve.demo import CUSTOMERS
from reference_auth.serve.settings import Settings

FACTS = "/page/facts.json"
MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}

# What each state means for the client that holds the pair.
SENTENCES: Mapping[State, str] = {
    State.ACCESS_VALID_REFRESH_VALID: "A refresh returns the same pair: nothing to do yet.",
    State.ACCESS_INVALID_REFRESH_VALID: (
        "A refresh returns a new pair, and this one is spent from then on."
    ),
    State.ACCESS_VALID_REFRESH_INVALID: (
        "A refresh is refused, although the access token still opens what it protects."
    ),
    State.ACCESS_INVALID_REFRESH_INVALID: "A refresh is refused: log in again.",
}


def page_routes(settings: Settings) -> list[BaseRoute]:
    answers: dict[str, Response] = {FACTS: JSONResponse(facts(settings), headers=HEADERS)}
    for file in files(__package__).iterdir():
        if kind := MEDIA_TYPES.get(PurePath(file.name).suffix):
            path = "/" if kind == "text/html" else f"/page/{file.name}"
            answers[path] = Response(file.read_bytes(), media_type=kind, headers=HEADERS)
    return [Route(path, answer, methods=["GET"]) for path, answer in answers.items()]


def facts(settings: Settings) -> dict[str, Any]:
    """All that the page cannot learn from the endpoint; nothing in it is secret."""
    lifetimes = settings.config.lifetimes
    return {
        "cells": [
            {"access": access.value, "refresh": refresh.value, "state": state.name}
            for (access, refresh), state in CELLS.items()
        ],
        "sentences": {state.name: sentence for state, sentence in SENTENCES.items()},
        "lifetimes": {"refresh": lifetimes.refresh, "extended": lifetimes.extended},
        "customers": [
            {"email": customer.email, "password": customer.password}
            for customer in (() if settings.login_service else CUSTOMERS)
        ],
        "test_clock": settings.test_clock,
    }
