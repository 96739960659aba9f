"""The ASGI app: a GraphQL endpoint, a health check and, in development, a clock that can be set."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import cache, partial

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from reference_auth.api.endpoint import JSON, Endpoint, Refused, read_json, respond
from reference_auth.api.error_messages import AuthSchema
from reference_auth.api.middleware import guards
from reference_auth.api.request import Service
from reference_auth.api.schema import AuthMutation, AuthQuery
from reference_auth.core.config import Config
from reference_auth.core.login import LoginService
from reference_auth.flow.development import Development
from reference_auth.flow.flow import Flow
from reference_auth.serve.clock import MovableClock, forget_later_burns, wanted_time
from reference_auth.store.sessions import Sessions
from reference_auth.store.storage import Client, make_client

PATH = "/graphql"
CLOCK = "/clock"


def create_app(
    config: Config,
    login_service: LoginService,
    *,
    client: Client | None = None,
    clock: Callable[[], float] = time.time,
    query: type = AuthQuery,
    mutation: type = AuthMutation,
    allow_origins: Sequence[str] = (),
    routes: Sequence[BaseRoute] = (),
) -> Starlette:
    """Build the server of one deployment.

    `query` and `mutation` may be a host's own types that inherit from ours. `client` is a boto3
    DynamoDB client of the host's (by default one for `config` and the usual AWS variables), and
    may be shared, as the clock may, by several apps on several threads. A `MovableClock` can be
    set over HTTP in development mode. `routes` are the host's own, behind the same guards.
    """
    service = make_service(config, login_service, client=client, clock=clock)
    app = Starlette(
        routes=[*_routes(service, make_schema(query, mutation, config.development)), *routes],
        middleware=guards(development=config.development, allow_origins=allow_origins),
    )
    app.router.redirect_slashes = False  # no answer has a Location (GQL-10)
    return app


def make_service(
    config: Config,
    login_service: LoginService,
    *,
    client: Client | None = None,
    clock: Callable[[], float] = time.time,
) -> Service:
    """Build what all requests share, for a host that serves `AuthSchema` by means of its own.

    Such a host puts `AuthRequest(service, authorization_headers, now)` under "auth" into the
    context of each request.
    """
    table = client or make_client(config, os.environ)
    if isinstance(clock, MovableClock):
        clock.on_return(partial(forget_later_burns, table, config))
    sessions = Sessions(table, config)
    return Service(
        config=config,
        flow=Flow(config, sessions, login_service),
        operations=Development(sessions),
        clock=clock,
    )


@cache
def make_schema(query: type, mutation: type, development: bool) -> AuthSchema:
    """Build a schema once for all the apps that serve it."""
    return AuthSchema(query, mutation, development=development)


def _routes(service: Service, schema: AuthSchema) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        Route(PATH, Endpoint(schema, service).answer, methods=["POST"]),
        Route("/healthz", healthy, methods=["GET"]),
    ]
    if service.config.development and isinstance(service.clock, MovableClock):
        routes += _clock_routes(service.clock)
    return routes


async def healthy(_: Request) -> Response:
    """Say that the server answers; the table is not asked."""
    return JSONResponse({"status": "ok"})


def _clock_routes(clock: MovableClock) -> list[BaseRoute]:
    async def read_clock(_: Request) -> Response:
        """Say what time it is, and whether someone set it."""
        return respond({"now": clock(), "stands": clock.stands}, 200, JSON)

    async def set_clock(request: Request) -> Response:
        """Set the clock, or give real time back."""
        try:
            wanted = wanted_time(await read_json(request))
        except Refused as refusal:
            return respond({"error": refusal.sentence}, refusal.status, JSON)
        except ValueError as problem:
            return respond({"error": str(problem)}, 400, JSON)
        await to_thread.run_sync(clock.set, wanted)
        return respond({"now": clock()}, 200, JSON)

    return [
        Route(CLOCK, read_clock, methods=["GET"]),
        Route(CLOCK, set_clock, methods=["POST"]),
    ]
