"""Run the app under uvicorn: one process, or several on one port."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from reference_auth.api.schema import AuthQuery
from reference_auth.core.config import ConfigError
from reference_auth.core.login import LoginService
from reference_auth.serve import logs
from reference_auth.serve.app import CLOCK, PATH, create_app
from reference_auth.serve.clock import MovableClock
from reference_auth.serve.demo import CUSTOMERS, DIRECTORY, DemoQuery
from reference_auth.serve.page import page_routes
from reference_auth.serve.protocol import BACKLOG, IDLE_SECONDS, Protocol, allow_files
from reference_auth.serve.settings import Settings
from reference_auth.store.storage import Client, make_client

SHUTDOWN_SECONDS = 20  # longer than any request may take: 10 s for its body and 9 s for its answer
IN_PROCESS = "in this process, lost when it ends"


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, and answer the requests in flight before returning."""
    find_platform(settings.login_service)  # raises ConfigError before anything starts
    allow_files()  # for this process and its workers
    several = settings.workers > 1
    if several:
        table_client(settings)  # a wrong setting stops the server here, and not each worker
    app = partial(build, settings) if several else build(settings)
    config = uvicorn_config(app, factory=several, workers=settings.workers)
    with listen(settings.host, settings.port) as listener:
        run = Multiprocess(config, [listener]).run if several else run_alone(config, listener)
        print(announcement(settings, listener.getsockname()[1]), flush=True)
        run()


def run_alone(config: uvicorn.Config, listener: socket.socket) -> Callable[[], None]:
    """Prepare to serve in this process, which a signal ends in order from now on."""
    server = uvicorn.Server(config)
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them again at its end
        signal.signal(number, server.handle_exit)
    return partial(server.run, sockets=[listener])


def uvicorn_config(app: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        **more,
    )


def listen(host: str, port: int) -> socket.socket:
    """Open the port, or raise ConfigError with one sentence; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns off Nagle's delay only then: without that, an
    # answer in two writes takes 40 ms longer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or "no such port"
        raise ConfigError(
            f"Cannot listen on {host} port {port} ({reason}): choose another --port."
        ) from None
    return listener


def build(settings: Settings) -> Starlette:
    """Build the app in the process that serves it."""
    logs.configure()
    if supervisor := multiprocessing.parent_process():
        threading.Thread(target=end_with, args=[supervisor], daemon=True).start()
    login_service, query = find_platform(settings.login_service)
    return create_app(
        settings.config,
        login_service,
        client=table_client(settings),
        clock=MovableClock() if settings.test_clock else time.time,
        query=query,
        allow_origins=settings.allow_origins,
        routes=page_routes(settings) if settings.config.development else (),
    )


def end_with(supervisor: BaseProcess) -> None:
    """End this worker when its supervisor is gone, even if that was killed."""
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)


def find_platform(name: str | None) -> tuple[LoginService, type]:
    """Return the login service called MODULE:NAME and its query type; the demo's without one."""
    if name is None:
        return DIRECTORY, DemoQuery
    module, _, attribute = name.partition(":")
    try:
        return cast(LoginService, getattr(importlib.import_module(module), attribute)), AuthQuery
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ConfigError(
            f"--login-service {name} cannot be loaded ({error}): name it as MODULE:NAME."
        ) from None


def table_client(settings: Settings) -> Client:
    """A client of the table that the settings name, or of one in this process."""
    if not settings.table_in_process:
        return make_client(settings.config.region, settings.environ)
    from reference_auth.store.memory import memory_table

    return memory_table(settings.config.table, settings.config.region)


def announcement(settings: Settings, port: int) -> str:
    """Where the server is, what it runs on, and how to call it.

    Passwords and a ready-made call appear in laptop mode only. There they are public; the output
    of a deployment may be kept as its log (HARD-28).
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    origin = f"http://{host}:{port}"
    table = f"{settings.config.table} in {settings.config.region}"
    lines = [
        *([f"Page          {origin}/"] if settings.config.development else []),
        f"GraphQL       {origin}{PATH}",
        f"Health        {origin}/healthz",
        *([f"Test clock    {origin}{CLOCK}"] if settings.test_clock else []),
        f"Environment   {_environment(settings)}",
        f"Table         {IN_PROCESS if settings.table_in_process else table}",
        *_customers(settings),
        *(_example_call(origin + PATH) if settings.laptop else []),
    ]
    return "\n".join(lines)


def _environment(settings: Settings) -> str:
    """The mode, and what turned laptop mode off where somebody may have expected it."""
    if settings.config.development:
        return "development"
    if not (settings.table_in_process and settings.exported):
        return "production"
    names = " ".join(settings.exported)
    return f"production, no page and no test clock; for laptop mode: unset {names}"


def _customers(settings: Settings) -> list[str]:
    if settings.login_service:
        return [f"Customers     those of {settings.login_service}"]
    if not settings.laptop:
        emails = " ".join(customer.email for customer in CUSTOMERS)
        return [f"Customers     {emails} (passwords: reference-auth serve --help)"]
    return [f"Customer      {customer.email}  {customer.password}" for customer in CUSTOMERS]


def _example_call(url: str) -> list[str]:
    """A login to paste into a shell; it holds no single quote."""
    query = (
        "mutation ($email: String!, $password: String!) "
        "{ generateCustomerToken(email: $email, password: $password) { token refresh_token } }"
    )
    variables = {"email": CUSTOMERS[0].email, "password": CUSTOMERS[0].password}
    body = json.dumps({"query": query, "variables": variables})
    return ["", "Try it:", f"curl -s {url} -H 'Content-Type: application/json' -d '{body}'", ""]
