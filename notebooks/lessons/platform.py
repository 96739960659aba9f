"""A platform on this machine: a small HTTP server whose GraphQL login knows the demo customers."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reference_auth.serve.demo import CUSTOMERS


class Platform:
    """Serves until the process ends, on a free port of this machine alone."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._passwords = {c.email: (c.password, c.customer_id) for c in CUSTOMERS}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/graphql"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening: from now on the platform is down."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Answer a login; a refusal has status 200, null data and errors."""
        email, password = variables.get("email", ""), variables.get("password", "")
        self.requests.append(email)
        known_password, customer_id = self._passwords.get(email, ("", None))
        if customer_id is None or password != known_password:
            return {"data": {"login": None}, "errors": [{"message": "invalid credentials"}]}
        return {"data": {"login": {"id": customer_id}}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = json.dumps(answer(json.loads(self.rfile.read(length))["variables"])).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing: a notebook would show it."""

        return Handler
