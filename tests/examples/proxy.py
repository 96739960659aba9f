"""A network between clients and the reference: slow, counted, and faulty on demand."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

OPERATIONS = re.compile(r"\b(\w+CustomerToken|me)\b")
TYPES = {".html": "text/html", ".mjs": "text/javascript"}
SLOW = 1.0  # seconds that an answer may be late
INTERNAL = {
    "data": None,
    "errors": [
        {
            "message": "Internal server error",
            "extensions": {"category": "graphql-server-internal-error"},
        }
    ],
}


class Proxy(ThreadingHTTPServer):
    """Passes GraphQL on, and serves the files of one folder to browsers."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream: str, folder: Path, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.http = httpx.Client(base_url=upstream, timeout=20)
        self.folder, self.latency = folder, latency
        self.seen: Counter[str] = Counter()
        self.faults: defaultdict[str, deque[str]] = defaultdict(deque)
        self.done_but_late = threading.Event()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fault(self, operation: str, *kinds: str) -> None:
        """The next calls' faults: `internal`, `unreachable`, `lost` (done, no answer), `slow`."""
        self.faults[operation].extend(kinds)

    def next_fault(self, operation: str) -> str | None:
        self.seen[operation] += 1
        waiting = self.faults[operation]
        return waiting.popleft() if waiting else None

    def pass_on(self, body: bytes, authorization: str | None) -> bytes:
        headers = {"Content-Type": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        time.sleep(self.latency)
        answer = self.http.post("/graphql", content=body, headers=headers).content
        time.sleep(self.latency)
        return answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        found = OPERATIONS.search(json.loads(body)["query"])
        fault = self.server.next_fault(found[1] if found else "?")
        if fault == "internal":
            self.answer(json.dumps(INTERNAL).encode(), "application/json")
        elif fault == "unreachable":
            self.hang_up()
        else:
            answer = self.server.pass_on(body, self.headers["Authorization"])
            if fault == "slow":
                self.server.done_but_late.set()
                time.sleep(SLOW)
            self.hang_up() if fault == "lost" else self.answer(answer, "application/json")

    def do_GET(self) -> None:
        file = self.server.folder / self.path.lstrip("/")
        if file.is_file() and file.suffix in TYPES:
            self.answer(file.read_bytes(), TYPES[file.suffix])
        else:
            self.send_error(404)

    def answer(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args: object) -> None:
        """Nothing: a request has tokens in it."""


@contextmanager
def proxying(upstream: str, folder: Path, latency: float = 0.0) -> Iterator[Proxy]:
    proxy = Proxy(upstream, folder, latency)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        proxy.http.close()
