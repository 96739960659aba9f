"""The server to compare with: the same flow as a single-threaded implementation does it.

Each step derives what it needs, on the event loop and by the standard library, which makes six
derivations a rotation; then it reads, deletes and puts, one after the other.
HTTP, GraphQL, tokens and the way to the table are the reference's own, so they cancel out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from reference_auth.api.endpoint import Endpoint
from reference_auth.api.middleware import middleware
from reference_auth.api.request import Service
from reference_auth.api.schema import AuthMutation, AuthQuery
from reference_auth.core import lifetimes, tokens
from reference_auth.core.config import Config, read_environment
from reference_auth.core.errors import BadRefreshToken, NoSuchSession, SessionOver
from reference_auth.core.rows import Row, partition_of
from reference_auth.core.tokens import (
    AccessToken,
    Claims,
    RefreshToken,
    RefreshTokenHash,
    TokenPair,
)
from reference_auth.flow.flow import Flow
from reference_auth.serve.app import HEALTHY, PATH, make_schema, make_service
from reference_auth.serve.server import listen, uvicorn_config
from reference_auth.store.sessions import Sessions
from reference_auth.store.storage import make_client
from tools.bench.customers import PLATFORM


def stretch(text: str, secret: str) -> str:
    """The derivation of SPEC.md 3.8, as the standard library does it."""
    return hashlib.pbkdf2_hmac(
        "sha512", text.encode(), secret.encode(), tokens.ROUNDS, tokens.LENGTH
    ).hex()


@dataclass(frozen=True, slots=True)
class PlainFlow:
    """Log in, refresh and revoke for well-behaved clients: no races, no grace, no burn."""

    config: Config
    sessions: Sessions

    async def log_in(
        self, email: str, password: str, remember_me: bool, clock: Callable[[], float]
    ) -> TokenPair:
        """Two derivations and a put."""
        customer_id = await PLATFORM.login(email, password)
        claims = lifetimes.first_claims(customer_id, remember_me, int(clock()), self.config)
        return await self.write(claims)

    async def refresh(
        self, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> TokenPair:
        """One derivation for a live pair; six, a read, a delete and a put for an expired one."""
        claims = self.check(access_token, refresh_token, now)
        if tokens.is_live(claims, now):
            return TokenPair(access_token, refresh_token)
        await self.read(claims, refresh_token)
        await self.delete(claims, refresh_token)
        return await self.write(lifetimes.next_claims(claims, now, self.config))

    async def revoke(
        self, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> bool:
        """Two derivations and a delete."""
        claims = self.check(access_token, refresh_token, now)
        if not await self.sessions.delete(
            partition_of(claims.customer_id), self.hash(refresh_token)
        ):
            raise NoSuchSession
        return True

    def check(self, access_token: AccessToken, refresh_token: RefreshToken, now: int) -> Claims:
        claims = tokens.verify(access_token, self.config.secret, now)
        if not tokens.matches(refresh_token, self.derive(claims)):
            raise BadRefreshToken
        return claims

    async def read(self, claims: Claims, refresh_token: RefreshToken) -> None:
        if not await self.sessions.read(partition_of(claims.customer_id), self.hash(refresh_token)):
            raise SessionOver

    async def delete(self, claims: Claims, refresh_token: RefreshToken) -> None:
        """The pair is derived and hashed anew, to name the row."""
        derived = self.derive(claims)
        if not await self.sessions.delete(partition_of(claims.customer_id), self.hash(derived)):
            raise SessionOver

    async def write(self, claims: Claims) -> TokenPair:
        derived = self.derive(claims)
        row = Row.of(claims, self.hash(derived))
        await self.sessions.put(row)
        return TokenPair(tokens.mint(claims, self.config.secret), derived)

    def derive(self, claims: Claims) -> RefreshToken:
        return RefreshToken(stretch(f"{claims.customer_id}{claims.exp}", self.config.secret))

    def hash(self, refresh_token: RefreshToken) -> RefreshTokenHash:
        return RefreshTokenHash(stretch(refresh_token, self.config.secret))


def make_app(config: Config) -> Starlette:
    """The reference's app around the plain flow."""
    client = make_client(config.region, os.environ)
    whole = make_service(config, PLATFORM, client=client)
    service = Service(
        config=config,
        flow=cast(Flow, PlainFlow(config, Sessions(client, config))),
        operations=whole.operations,
        clock=whole.clock,
    )
    endpoint = Endpoint(make_schema(AuthQuery, AuthMutation, config.development), service)
    return Starlette(
        routes=[
            Route(PATH, endpoint.answer, methods=["POST"]),
            Route("/healthz", HEALTHY, methods=["GET"]),
        ],
        middleware=middleware(development=config.development, allow_origins=()),
    )


def main() -> None:
    """Serve on the port that PORT names, with the settings of the environment."""
    server = uvicorn.Server(uvicorn_config(make_app(read_environment(os.environ))))
    server.run(sockets=[listen("127.0.0.1", int(os.environ["PORT"]))])


if __name__ == "__main__":
    main()
