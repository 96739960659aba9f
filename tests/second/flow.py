"""Login, refresh, rotation and revoke, clause by clause; each is handed the request's `now`."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

from tests.second.errors import BadInput, NoSuchEntity, Retryable, Unauthorised
from tests.second.settings import Settings
from tests.second.store import Store
from tests.second.tokens import Claims, Forged, Pair, Signer

TIMES_LOWERED = 10  # 6.5
SKEW = 10  # 7.8: seconds by which servers' clocks may differ


@dataclass(frozen=True, slots=True)
class Flow:
    """The documented flow over one store; it keeps no tombstones and no fences."""

    settings: Settings
    signer: Signer
    store: Store

    def log_in(self, customer_id: int | str, remember: bool, now: int) -> Pair:
        """Section 6, the platform apart."""
        life = self.settings.extended if remember else self.settings.refresh
        return self._issue(customer_id, now + life, now)

    def customer(self, bearer: str, now: int) -> int | str:
        """19.1, 19.2: whose live access token this is."""
        claims = self._genuine(bearer, now)
        if now >= claims.exp:
            raise Unauthorised("The access token is expired")
        return claims.customer_id

    def refresh(self, bearer: str, refresh_token: str, now: int) -> Pair:
        """Section 7, in its order."""
        if not re.fullmatch("[0-9a-f]{128}", refresh_token):  # 7.3
            raise Unauthorised("The session is over")
        claims = self._genuine(bearer, now)  # 7.4
        if not self.signer.matches(claims, refresh_token):  # 7.6
            raise Unauthorised("The session is over")
        hash_ = self.signer.stretch(refresh_token)
        row = self.store.get(claims.key, hash_)
        good_until = min(claims.refresh_expiry, row[2]) if row else claims.refresh_expiry
        if now > good_until:  # 7.5, 7.7
            self.store.delete(claims.key, hash_)
            raise Unauthorised("The session is over")
        if row is None:
            raise self._missing(claims, now)
        if now < claims.exp:  # 7.9
            return Pair(bearer, refresh_token)
        return self._issue(claims.customer_id, self._rolled(claims, now), now, old=hash_)

    def revoke(self, bearer: str, refresh_token: str | None, now: int) -> None:
        """Section 9, in its order."""
        if not refresh_token:  # 9.1
            raise Unauthorised("Missing refresh token")
        claims = self._genuine(bearer, now)  # 9.2
        if not self.signer.matches(claims, refresh_token):  # 9.3
            raise BadInput("The refresh token does not belong to the access token")
        if not self.store.delete(claims.key, self.signer.stretch(refresh_token)):  # 9.7
            raise NoSuchEntity("There is no such session")

    def _genuine(self, bearer: str, now: int) -> Claims:
        try:
            return self.signer.claims(bearer, now)
        except Forged:
            raise Unauthorised("The session is over") from None

    def _missing(self, claims: Claims, now: int) -> Unauthorised | Retryable:
        """7.8 from its fourth case on: what to answer where no row is; the last is a replay."""
        if 0 < claims.exp - now <= SKEW:
            return Retryable("Try again in a moment")
        if now >= claims.exp and claims.refresh_expiry - now > SKEW:
            self.store.delete_all(claims.key)
            logging.warning("A spent pair came back: customer %s is logged out", claims.key)
        return Unauthorised("The session is over")

    def _rolled(self, claims: Claims, now: int) -> int:
        """8.2: the successor's `refresh_expiry`."""
        enough = claims.refresh_expiry - now >= self.settings.refresh
        return claims.refresh_expiry if enough else now + self.settings.refresh

    def _issue(
        self, customer_id: int | str, refresh_expiry: int, now: int, old: str | None = None
    ) -> Pair:
        """6.4, 6.5, 8.3, 8.5: write the row at the latest free `exp`, in place of the old one."""
        latest = now + self.settings.access
        for exp in range(latest, latest - TIMES_LOWERED - 1, -1):
            claims = Claims(customer_id, exp, refresh_expiry)
            pair = self.signer.mint(claims, now)
            row = (claims.key, self.signer.stretch(pair.refresh_token), refresh_expiry)
            with self.store.transaction():
                if self.store.add(row):
                    if old and not self.store.delete(claims.key, old):
                        raise Retryable("Another request was faster")
                    return pair
        raise Retryable("Too many sessions in one second")
