"""Servers that do not look at what they are asked: each says one thing, whatever that is."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from conformance_tests.deployment.http.documents import OPERATIONS
from tests.conformance.small_server import Reply, Speaker, listening, says

TYPENAME = says({"data": {"__typename": "Query"}})
PAGE = "<!doctype html><title>Shop</title><body>Welcome"
HANG_SECONDS = 30.0


@dataclass(frozen=True)
class Asked:
    """A request as such a server sees it: its JSON, if that is an object, and its access token."""

    body: dict[str, Any]
    token: str = ""

    @property
    def query(self) -> str:
        return str(self.body.get("query", ""))

    @property
    def variables(self) -> dict[str, Any]:
        found = self.body.get("variables")
        return found if isinstance(found, dict) else {}

    @property
    def operations(self) -> list[str]:
        """The operations of the flow that the document names."""
        return [name for name in OPERATIONS if re.search(rf"\b{name}\b", self.query)]


Speak = Callable[[Asked], Reply]


def always(reply: Reply) -> Speak:
    """The same answer to everything."""
    return lambda asked: reply


def echo(asked: Asked) -> Reply:
    """The request itself comes back."""
    return says(asked.body)


def another_api(asked: Asked) -> Reply:
    """GraphQL that knows no operation of the flow."""
    if not asked.operations:
        return TYPENAME
    message = f'Cannot query field "{asked.operations[0]}" on type "Mutation".'
    return says({"errors": [{"message": message}]}, 400)


def refuse(asked: Asked) -> Reply:
    """Every operation is refused, in the very form that the flow has for a refusal."""
    if not asked.operations:
        return TYPENAME
    errors = [
        {"message": "No", "path": [name], "extensions": {"category": "graphql-authorization"}}
        for name in asked.operations
    ]
    return says({"data": dict.fromkeys(asked.operations), "errors": errors})


def hang(asked: Asked) -> Reply:
    """No answer comes in any time that somebody would wait."""
    time.sleep(HANG_SECONDS)
    return TYPENAME


#: What a browser's address leads back to for ever.
LOOP: Reply = (302, "text/plain", "", {"location": "/graphql"})

CONSTANT: dict[str, Speak] = {
    "empty data": always(says({"data": {}})),
    "null": always(says({"data": None})),
    "401": always(says({"message": "Unauthorized"}, 401)),
    "401 in GraphQL": always(says({"errors": [{"message": "Unauthorized"}]}, 401)),
    "500": always((500, "text/html", "<h1>Internal Server Error</h1>", {})),
    "500 in GraphQL": always(says({"errors": [{"message": "Internal Server Error"}]}, 500)),
    "an echo": echo,
    "a page": always((200, "text/html", PAGE, {})),
    "a redirect loop": always(LOOP),
    "a hang": hang,
    "another API": another_api,
    "every refusal": refuse,
}


@contextmanager
def serving(speak: Speak) -> Iterator[str]:
    """The address of a server that says so to whatever comes, in whatever way."""

    class Handler(Speaker):
        protocol_version = "HTTP/1.1"
        do_GET = Speaker.do_POST  # noqa: N815 (http.server calls it so)

        def reply(self) -> Reply:
            token = self.headers.get("authorization", "").rpartition(" ")[2]
            return speak(read(self.heard(), token))

    with listening(Handler) as url:
        yield url


@contextmanager
def dripping(head: bytes, drop: bytes, seconds: float = 0.05) -> Iterator[str]:
    """The address of a server that says this head, and then a drop at a time without an end."""
    over = threading.Event()

    def drip(caller: socket.socket) -> None:
        with caller:
            try:
                caller.recv(65_536)
                caller.sendall(head)
                while not over.wait(seconds):
                    caller.sendall(drop)
            except OSError:
                return

    def welcome() -> None:
        while not over.is_set():
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(caller,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=welcome, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        finally:
            over.set()


#: What never ends: a drop at a time, or as fast as it can be read.
DRIPS = {
    "a head": (b"HTTP/1.1 200 OK\r\nx-drip: ", b"x"),
    "a body": (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", b" "),
    "a flood": (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", b" " * 65_536),
}


@contextmanager
def closed() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as held:  # bound and never listening: the port stays this test's own
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/graphql"


def read(content: bytes, token: str = "") -> Asked:
    """A request's bytes as such a server takes them."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = {}
    return Asked(body if isinstance(body, dict) else {}, token)
