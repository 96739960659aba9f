"""A server on this machine that answers every POST as a test says, and no more."""

from __future__ import annotations

import json
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What a server says to a GraphQL request body: status, content type, body, and more headers.
Reply = tuple[int, str, str, dict[str, str]]
Speak = Callable[[dict[str, Any]], Reply]


def says(body: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return status, "application/json", json.dumps(body), {}


class Speaker(BaseHTTPRequestHandler, ABC):
    """Answers a POST by a reply, and says nothing to the terminal."""

    @abstractmethod
    def reply(self) -> Reply:
        """What this one says."""

    def do_POST(self) -> None:
        self.say(self.reply())

    def heard(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def say(self, reply: Reply) -> None:
        status, kind, body, more = reply
        content = body.encode()
        self.send_response(status)
        every = {"content-type": kind, "content-length": str(len(content)), **more}
        for name, value in every.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no news."""


@contextmanager
def listening(speaker: type[Speaker], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server of these, which ends with the context."""
    with Server(("127.0.0.1", 0), speaker) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http{'s' * bool(tls)}://127.0.0.1:{server.server_port}/graphql"
        finally:
            server.shutdown()
            thread.join(5)


@contextmanager
def serving(speak: Speak, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server that says so to every POST."""

    class Handler(Speaker):
        def reply(self) -> Reply:
            return speak(json.loads(self.heard() or b"{}"))

    with listening(Handler, tls) as url:
        yield url


def refusing(category: str = "graphql-authentication") -> Speak:
    """GraphQL that knows nobody."""

    def speak(request: dict[str, Any]) -> Reply:
        if "__typename" in request.get("query", "") and "Token" not in request["query"]:
            return says({"data": {"__typename": "Query"}})
        error = {"message": "No", "extensions": {"category": category}}
        return says({"data": {"generateCustomerToken": None}, "errors": [error]})

    return speak
