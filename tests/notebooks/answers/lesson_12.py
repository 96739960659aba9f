"""Mutants of the logout: a right one, and some that do something else."""

from __future__ import annotations

from typing import Any

from lessons import checks
from reference_auth.core.errors import WrongCredentials
from reference_auth.core.judge import Presented
from reference_auth.core.tokens import AccessToken, RefreshToken, TokenPair
from reference_auth.flow.flow import Flow


class Lying(Flow):
    async def revoke(
        self, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> bool:
        self.present(access_token, refresh_token, now).verify()
        return True


class Honest(Flow):
    async def revoke(
        self, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> bool:
        return not await super().revoke(access_token, refresh_token, now)


class Closed(Lying):
    async def log_in(self, *given: Any, **more: Any) -> Any:
        raise WrongCredentials


class Stuck(Lying):
    async def rotate(self, presented: Presented) -> TokenPair:
        return TokenPair(AccessToken(""), RefreshToken(""))


CHECK = checks.is_caught
RIGHT = Lying
WRONG: dict[str, tuple[Any, str]] = {
    "no class": (lambda: Lying, "inherits from Flow"),
    "the reference": (Flow, "really ends it"),
    "false": (Honest, "does not say true"),
    "no login": (Closed, "Nobody can log in"),
    "two defects": (Stuck, "CORE-06 turned red too"),
}
