"""One request as the resolvers see it: its access token, its time, and what it may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reference_auth.core import tokens
from reference_auth.core.config import Config
from reference_auth.core.errors import AccessExpired, MissingHeader, NotSignedIn, Unauthorised
from reference_auth.flow.development import Development
from reference_auth.flow.flow import Flow

SCHEME = "bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    config: Config
    flow: Flow
    operations: Development
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """A request's Authorization header, and the time at which each of its fields runs."""

    service: Service
    authorization: Sequence[str] = field(repr=False)

    @property
    def now(self) -> int:
        """The whole second that a field begins in: one before it may have taken many (CORE-11)."""
        return int(self.service.clock())

    @property
    def access_token(self) -> tokens.AccessToken:
        return bearer(self.authorization)

    @property
    def development(self) -> Development:
        """The development operations; raises Unauthorised before any argument is looked at."""
        if not self.service.config.development:
            raise Unauthorised  # DEV-01, DEV-02
        return self.service.operations

    def live_claims(self) -> tokens.Claims:
        """The claims of a live access token; raises the reason if there is none."""
        if not self.authorization:
            raise NotSignedIn  # API-02
        now = self.now
        claims = tokens.verify(self.access_token, self.service.config.secret, now)
        if not tokens.is_live(claims, now):
            raise AccessExpired  # API-03
        return claims


def bearer(authorization: Sequence[str]) -> tokens.AccessToken:
    """Take the token from exactly one `Authorization: Bearer …`, in any case of the scheme."""
    if len(authorization) != 1:
        raise MissingHeader  # CORE-17; two headers are ambiguous
    scheme, _, token = authorization[0].strip(" \t").partition(" ")
    if scheme.lower() != SCHEME or not token:
        raise MissingHeader  # CORE-18, CORE-19
    return tokens.AccessToken(token.lstrip(" "))
