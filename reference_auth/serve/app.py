"""The ASGI app: a GraphQL endpoint, a health check and, in development, a movable clock."""

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

from reference_auth.api.endpoint import JSON, BadRequest, Endpoint, read_json, respond
from reference_auth.api.error_messages import AuthSchema
from reference_auth.api.middleware import middleware
from reference_auth.api.request import Service
from reference_auth.api.schema import AuthMutation, AuthQuery
from reference_auth.core.config import Config
from reference_auth.core.login import LoginService
from reference_auth.flow.development import Development
from reference_auth.flow.flow import Flow
from reference_auth.serve.clock import MovableClock, delete_later_fences, read_time
from reference_auth.store.sessions import Sessions
from reference_auth.store.storage import Client, make_client

PATH = "/graphql"
CLOCK = "/clock"
HEALTHY = JSONResponse({"status": "ok"})  # the server answers; the table is not called


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

    client: a boto3 DynamoDB client; by default one for `config` and the usual AWS variables.
        Several apps on several threads may share it, and the clock.
    clock: tells the time; a `MovableClock` can be set over HTTP in development mode.
    query, mutation: a host's own types, which inherit from ours.
    routes: the host's own, behind the same middleware.
    """
    service = make_service(config, login_service, client=client, clock=clock)
    app = Starlette(
        routes=[*_routes(service, make_schema(query, mutation, config.development)), *routes],
        middleware=middleware(development=config.development, allow_origins=allow_origins),
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
    """Build what all requests share, for a host that serves `AuthSchema` itself.

    Put `AuthRequest(service, authorization_headers)` under "auth" into the context of each
    request.
    """
    table = client or make_client(config.region, os.environ)
    if isinstance(clock, MovableClock):
        clock.on_set_back(partial(delete_later_fences, table, config))
    sessions = Sessions(table, config)
    return Service(
        config=config,
        flow=Flow(config, sessions, login_service),
        operations=Development(sessions),
        clock=clock,
    )


@cache
def make_schema(query: type, mutation: type, development: bool) -> AuthSchema:
    """Build a schema once for all apps that serve it."""
    return AuthSchema(query, mutation, development=development)


def _routes(service: Service, schema: AuthSchema) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        Route(PATH, Endpoint(schema, service).answer, methods=["POST"]),
        Route("/healthz", HEALTHY, methods=["GET"]),
    ]
    if service.config.development and isinstance(service.clock, MovableClock):
        routes.append(_clock_route(service.clock))
    return routes


def _clock_route(clock: MovableClock) -> Route:
    async def answer(request: Request) -> Response:
        """Tell the time and whether the clock was set; or set it, or return to real time."""
        if request.method == "GET":
            return respond({"now": clock(), "stopped": clock.is_set}, 200, JSON)
        try:
            now = read_time(await read_json(request))
        except BadRequest as refusal:
            return respond({"error": refusal.sentence}, refusal.status, JSON)
        except ValueError as problem:
            return respond({"error": str(problem)}, 400, JSON)
        await to_thread.run_sync(clock.set, now)
        return respond({"now": clock()}, 200, JSON)

    return Route(CLOCK, answer, methods=["GET", "POST"])
