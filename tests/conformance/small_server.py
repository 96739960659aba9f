"""A server on this machine that answers every POST as a test says, and no more."""

from __future__ import annotations

import json
import ssl
import threading
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


@contextmanager
def serving(speak: Speak, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of such a server, which ends with the context."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            status, kind, body, more = speak(json.loads(self.rfile.read(length) or b"{}"))
            self.send_response(status)
            content = body.encode()
            every = {"content-type": kind, "content-length": str(len(content)), **more}
            for name, value in every.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http{'s' * bool(tls)}://127.0.0.1:{server.server_port}/graphql"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def refusing(category: str = "graphql-authentication") -> Speak:
    """GraphQL that knows nobody."""

    def speak(request: dict[str, Any]) -> Reply:
        if "__typename" in request.get("query", "") and "Token" not in request["query"]:
            return says({"data": {"__typename": "Query"}})
        error = {"message": "No", "extensions": {"category": category}}
        return says({"data": {"generateCustomerToken": None}, "errors": [error]})

    return speak
