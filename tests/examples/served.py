"""`reference-auth serve` as a process, with a clock that only goes forward."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

PROGRAM = Path(sys.executable).with_name("reference-auth")
PAST_EXPIRY = 850  # seconds: an access token has 840, a refresh token 900
ALICE = "23"


class Reference:
    """The served reference."""

    def __init__(self, origin: str) -> None:
        self.http = httpx.Client(base_url=origin, timeout=20)
        self.origin = origin
        self.now = int(time.time())

    def advance(self, seconds: int = PAST_EXPIRY) -> None:
        """Let so many seconds pass; after them every access token so far has expired."""
        self.now += seconds
        self.http.post("/clock", json={"now": self.now}).raise_for_status()

    def begin(self) -> None:
        """Whatever was before is over, and no session is left."""
        self.advance()
        query = f'mutation {{ removeAllUserAuthItems(user_id: "{ALICE}") {{ success }} }}'
        assert self.call(query)["data"]["removeAllUserAuthItems"]["success"]

    def call(self, query: str, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.post("/graphql", json={"query": query}, headers=headers).json()

    def refresh(self, pair: Any) -> Any:
        """Send a pair as somebody else would."""
        query = f'mutation {{ refreshCustomerToken(refresh_token: "{pair["refresh_token"]}")'
        return self.call(f"{query} {{ token refresh_token }} }}", pair["token"])

    def sessions(self) -> int:
        """How many sessions Alice has."""
        query = f'{{ getAllAuthItemsById(user_id: "{ALICE}") {{ ttl }} }}'
        return len(self.call(query)["data"]["getAllAuthItemsById"])


@contextmanager
def serving(grace: int) -> Iterator[Reference]:
    """Serve on a free port, in laptop mode."""
    command = [str(PROGRAM), "serve", "--port", "0", "--grace-seconds", str(grace)]
    bare = {"PATH": os.environ["PATH"]}
    process = subprocess.Popen(command, env=bare, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = next(line.split()[1] for line in process.stdout if line.startswith("GraphQL "))
        reference = Reference(address.removesuffix("/graphql"))
        with reference.http:
            reference.advance(1)
            yield reference
    finally:
        process.terminate()
        process.communicate(timeout=20)
