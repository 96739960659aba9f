"""The second implementation as a target, served in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from conformance_tests.target.load import load
from conformance_tests.target.model import Target
from conformance_tests.target.parts import ClockAddress
from tests.second.serve import Server
from tests.second.settings import Settings

SECRET = "second-secret-0123456789abcdef0123456789abcdef"


@contextmanager
def served() -> Iterator[Target]:
    """At an address of its own; it is not started anew, and ends with the context."""
    environment = {"JWT_PRIVATE_KEY": SECRET, "NODE_ENV": "development", "PORT": "0"}
    found = load(Path(__file__).parent / "target.toml", environment)
    with Server(Settings.of(environment)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        clock = ClockAddress(http=f"{address}/clock")
        try:
            yield replace(found, url=f"{address}/graphql", clock=clock, launch=None)
        finally:
            server.shutdown()
            thread.join(5)
