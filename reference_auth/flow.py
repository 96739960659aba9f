"""Log in, refresh, revoke: the three procedures of SPEC.md, each read top to bottom."""

from __future__ import annotations

from collections.abc import Callable

from reference_auth.config import Config
from reference_auth.login import LoginService
from reference_auth.sessions import Sessions
from reference_auth.tokens import TokenPair


class Flow:
    """The three procedures over one table, one secret and one platform."""

    def __init__(self, config: Config, sessions: Sessions, login_service: LoginService) -> None:
        self.config = config
        self.sessions = sessions
        self.login_service = login_service

    async def log_in(
        self, email: str, password: str, remember_me: bool, clock: Callable[[], float]
    ) -> TokenPair:
        """Begin a session, or raise AuthError."""
        raise NotImplementedError

    async def refresh(self, access_token: str, refresh_token: str, now: int) -> TokenPair:
        """Hand back the pair or its successor, or raise AuthError."""
        raise NotImplementedError

    async def revoke(self, access_token: str, refresh_token: str, now: int) -> bool:
        """End the pair's session, or raise AuthError."""
        raise NotImplementedError
