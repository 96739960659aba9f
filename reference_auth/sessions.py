"""The table: session rows and what is kept of ended ones."""

from __future__ import annotations

from reference_auth.config import Config
from reference_auth.storage import Client


class Sessions:
    """The session table behind one client."""

    def __init__(self, client: Client, config: Config) -> None:
        self.client = client
        self.config = config
