"""Real servers for tests: an app on a thread of its own, at a free loopback port."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import uvicorn

from conformance_tests.embedded.odd_platform import WithOddLogins
from reference_auth.core.config import Config, Secret
from reference_auth.core.login import LoginService
from reference_auth.serve.app import create_app
from reference_auth.serve.demo import DIRECTORY, DemoQuery
from reference_auth.serve.server import listen, uvicorn_config
from reference_auth.store.memory import REGION, LockedClient

SECRET = Secret("a-secret-for-tests-of-thirty-two-bytes-or-more")

LOGIN = """mutation ($email: String!, $password: String!, $remember_me: Boolean) {
  generateCustomerToken(email: $email, password: $password, remember_me: $remember_me) {
    token refresh_token } }"""
REFRESH = """mutation ($refresh_token: String!) {
  refreshCustomerToken(refresh_token: $refresh_token) { token refresh_token } }"""
REVOKE = """mutation ($refresh_token: String) {
  revokeCustomerToken(refresh_token: $refresh_token) { result } }"""

ANYONE = "@anyone.example.com"
PASSWORD = "a-password-for-anyone"

Pair = Mapping[str, str]


class WithAnyone:
    """A platform that lets in, beside its own customers, anyone at one domain."""

    def __init__(self, platform: LoginService) -> None:
        self.platform = platform

    async def login(self, email: str, password: str) -> str | int:
        if email.endswith(ANYONE) and password == PASSWORD:
            return email.removesuffix(ANYONE)
        return await self.platform.login(email, password)


PLATFORM = WithAnyone(WithOddLogins(DIRECTORY))


class Caller:
    """A client of one server: posts documents and takes their one field apart."""

    def __init__(self, origin: str) -> None:
        self.http = httpx.Client(base_url=origin, timeout=10)

    def post(self, query: str, token: str | None = None, **variables: object) -> httpx.Response:
        return self.http.post(
            "/graphql", json={"query": query, "variables": variables}, headers=bearer(token)
        )

    def post_bytes(self, body: bytes, content_type: str = "application/json") -> httpx.Response:
        return self.http.post("/graphql", content=body, headers={"Content-Type": content_type})

    def data(self, query: str, token: str | None = None, **variables: object) -> Any:
        """The one field's value of an answer that must have no errors."""
        body = self.post(query, token, **variables).json()
        assert "errors" not in body, body
        return next(iter(body["data"].values()))

    def category(self, query: str, token: str | None = None, **variables: object) -> str:
        """The category of an answer that must be a refusal: status 200 and null data."""
        answer = self.post(query, token, **variables)
        body = answer.json()
        assert answer.status_code == 200, answer.text
        assert list(body["data"].values()) == [None], body
        return str(body["errors"][0]["extensions"]["category"])

    def log_in(self) -> Pair:
        """The pair of a customer whom no other test knows."""
        pair: Pair = self.data(LOGIN, email=f"{uuid4()}{ANYONE}", password=PASSWORD)
        return pair


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def make_config(**changes: Any) -> Config:
    plain: dict[str, Any] = {"secret": SECRET, "region": REGION, "table": "auth"}
    return Config(**{**plain, **changes})


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an app over real HTTP; gives its origin."""
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
        listener.close()


@contextmanager
def demo_server(client: LockedClient, config: Config, **options: Any) -> Iterator[Caller]:
    """Serve the demo host over a table."""
    options = {"query": DemoQuery, **options}
    with calling(create_app(config, PLATFORM, client=client, **options)) as caller:
        yield caller


@contextmanager
def calling(app: Any) -> Iterator[Caller]:
    """Serve an app and call it."""
    with served(app) as origin:
        caller = Caller(origin)
        with caller.http:
            yield caller


def as_body(query: object, **variables: object) -> bytes:
    """A request's body with every character escaped, so that it may hold any text."""
    return json.dumps({"query": query, "variables": variables}).encode()
