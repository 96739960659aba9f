"""The platform behind the login is plugged in here: it checks credentials and names customers."""

from __future__ import annotations

from typing import Protocol


class LoginRefused(Exception):
    """The platform does not accept these credentials."""


class LoginService(Protocol):
    """What a host application provides so that its customers can log in."""

    async def login(self, email: str, password: str) -> str | int:
        """Return the customer's id, or raise LoginRefused."""
        ...
