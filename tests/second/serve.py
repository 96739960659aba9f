"""The flow over HTTP by the standard library: `python -m tests.second.serve`."""

from __future__ import annotations

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.second.flow import Flow
from tests.second.schema import answer
from tests.second.settings import Settings
from tests.second.store import Store
from tests.second.tokens import Signer

LONGEST_BODY = 1_000_000
PLAIN, GRAPHQL = "application/json", "application/graphql-response+json"


class BadRequest(Exception):
    """An HTTP status and what is wrong."""


class Server(ThreadingHTTPServer):
    """One thread for each connection; one flow and one clock for all."""

    request_queue_size = 128

    def __init__(self, settings: Settings) -> None:
        super().__init__(("127.0.0.1", settings.port), Handler)
        self.flow = Flow(settings, Signer(settings.secret), Store())
        self.stopped_at: int | None = None

    def now(self) -> int:
        """Whole epoch seconds: real ones, or where a test has stopped the clock (24.1)."""
        return int(time.time()) if self.stopped_at is None else self.stopped_at


class Handler(BaseHTTPRequestHandler):
    """POST /graphql, and POST /clock in development."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        """Read, answer, and say in HTTP's words what was wrong."""
        try:
            body = self._body()
            if self.path == "/graphql":
                self._send(200, self._answered(body))
            elif self.path == "/clock" and self.server.flow.settings.development:
                self.server.stopped_at = int(body["now"]) if body.get("now") else None
                self._send(200, {"now": self.server.now()})
            else:
                raise BadRequest(404, "nothing is here")
        except BadRequest as wrong:
            status, message = wrong.args
            self._send(status, {"errors": [{"message": message}]})

    def do_GET(self) -> None:
        """15.3: nothing is executed."""
        self._send(405, {"errors": [{"message": "POST only"}]})

    def log_message(self, *_: object) -> None:
        """No request is logged, so that no token is."""

    def _answered(self, body: dict[str, Any]) -> dict[str, Any]:
        query, name = body.get("query"), body.get("operationName")
        variables = body.get("variables")
        if not (isinstance(query, str) and isinstance(name, str | None)):
            raise BadRequest(400, "query is a string, and so is operationName if given")
        if not isinstance(variables, dict | None):
            raise BadRequest(400, "variables is an object")
        flow, now, header = self.server.flow, self.server.now(), self.headers.get("Authorization")
        try:
            return answer(flow, now, header, query, variable_values=variables, operation_name=name)
        except RecursionError:
            raise BadRequest(400, "query is nested too deep") from None

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            self.close_connection = True
            raise BadRequest(413, f"a body needs a length of at most {LONGEST_BODY} bytes")
        raw = self.rfile.read(int(length))
        if self.headers.get_content_type() != PLAIN:
            raise BadRequest(415, f"a body is {PLAIN}")
        try:
            body = json.loads(raw.decode())
        except (ValueError, RecursionError):
            raise BadRequest(400, "the body is no JSON") from None
        if not isinstance(body, dict):
            raise BadRequest(400, "the body is one object")
        return body

    def _send(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        kind = GRAPHQL if GRAPHQL in self.headers.get("Accept", "") else PLAIN
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    Server(Settings.of(os.environ)).serve_forever()
