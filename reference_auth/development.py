"""The five development operations: the table by hand, never outside development."""

from __future__ import annotations

from dataclasses import dataclass

from reference_auth.sessions import Sessions


@dataclass(frozen=True, slots=True)
class AuthItem:
    """One row as the development operations show it: every value as text."""

    customer_id: str | None = None
    refresh_token_hash: str | None = None
    ttl: str | None = None


class Development:
    """Get, list, update, remove and remove all; the environment is the caller's to check."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    async def get(self, user_id: str | None, refresh_token: str | None) -> AuthItem:
        raise NotImplementedError

    async def list(self, user_id: str | None) -> list[AuthItem]:
        raise NotImplementedError

    async def update(self, user_id: str | None, refresh_token: str | None, now: int) -> None:
        raise NotImplementedError

    async def remove(self, user_id: str | None, refresh_token: str | None) -> AuthItem:
        raise NotImplementedError

    async def remove_all(self, user_id: str | None, now: int) -> None:
        raise NotImplementedError
