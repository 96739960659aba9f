"""The interface to the platform that checks credentials and knows the customers' ids."""

from __future__ import annotations

from typing import Protocol


class LoginRefused(Exception):
    """The platform refuses these credentials."""


class LoginService(Protocol):
    """What a host application provides so that its customers can log in."""

    async def login(self, email: str, password: str) -> str | int:
        """Return the customer's id, or raise LoginRefused; cancelled after `LOGIN_SECONDS`."""
        ...
