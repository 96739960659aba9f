"""Run the app under uvicorn: one process or several on one port, ended without losing an answer."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import signal
import socket
import threading
import time
from functools import partial
from typing import cast

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from reference_auth.api.schema import AuthQuery
from reference_auth.core.config import ConfigError
from reference_auth.core.login import LoginService
from reference_auth.serve import logs
from reference_auth.serve.app import create_app
from reference_auth.serve.clock import MovableClock
from reference_auth.serve.settings import Settings
from reference_auth.store.storage import Client, make_client

LAST_ANSWERS_SECONDS = 15  # longer than any request may take
BACKLOG = 2048


def check(settings: Settings) -> None:
    """Raise ConfigError for what would fail only once the server listens."""
    find_platform(settings.login_service)
    if settings.table_in_process and importlib.util.find_spec("moto") is None:
        raise ConfigError(
            "The table in this process needs moto: install reference-auth[embedded], "
            "or name a --dynamodb-endpoint."
        )


def listen(host: str, port: int) -> socket.socket:
    """Take the port, or raise ConfigError with one sentence; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP outright: asyncio turns Nagle's delay off only on sockets that say so, and an
    # answer in two writes waits 40 ms without it.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or "no such port"
        raise ConfigError(
            f"Cannot listen on {host} port {port} ({reason}): name another --port."
        ) from None
    return listener


def serve(settings: Settings, listener: socket.socket, announcement: str = "") -> None:
    """Serve until SIGINT or SIGTERM, and answer what is in flight before returning."""
    config = uvicorn.Config(
        partial(build, settings),
        factory=True,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=LAST_ANSWERS_SECONDS,
    )
    # uvicorn raises the signal again when it is done: that shall not end us by force.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    Announcing(config, announcement).run(sockets=[listener])


class Announcing(uvicorn.Server):
    """Says where it listens once it answers."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()
        gc.enable()
        if self._announcement:
            print(self._announcement, flush=True)


def build(settings: Settings) -> Starlette:
    """Build the app in the process that serves it."""
    logs.configure()
    login_service, query = find_platform(settings.login_service)
    return create_app(
        settings.config,
        login_service,
        client=find_table(settings),
        clock=MovableClock() if settings.test_clock else time.time,
        query=query,
        allow_origins=settings.allow_origins,
        routes=find_page(settings),
    )


def find_page(settings: Settings) -> list[BaseRoute]:
    """The page to learn and debug by, in development mode only."""
    if not settings.config.development:
        return []
    from reference_auth.serve.page import page_routes
    from reference_auth.serve.page.facts import facts

    return page_routes(facts(settings))


def find_platform(name: str | None) -> tuple[LoginService, type]:
    """Return the login service called MODULE:NAME and the query type beside it, or the demo's."""
    if name is None:
        from reference_auth.serve.demo import DIRECTORY, DemoQuery, WithOddLogins

        return WithOddLogins(DIRECTORY), DemoQuery
    module, _, attribute = name.partition(":")
    try:
        return cast(LoginService, getattr(importlib.import_module(module), attribute)), AuthQuery
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"--login-service {name} cannot be loaded ({error}): name it as MODULE:NAME."
        ) from None


def find_table(settings: Settings) -> Client:
    """A client of the table; the one in this process is made while the server already answers."""
    if not settings.table_in_process:
        return make_client(settings.config, settings.environ)
    from reference_auth.store.memory import memory_table

    table = memory_table(settings.config.table, settings.config.region)
    threading.Thread(target=table.warm, daemon=True).start()
    return table
