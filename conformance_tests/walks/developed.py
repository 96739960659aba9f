"""Customers made up and seen through the development operations, where there is no table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance_tests.actors.customers import MadeUpCustomer
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.answer import member
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.row import Row
from conformance_tests.deployment.table import Table
from conformance_tests.outcomes import NotTestable


def rows_of(developer: Developer, customer_id: object) -> list[Row]:
    """The customer's rows as a development operation lists them; of what type a ttl is stays open.

    NotTestable where it does not list them.
    """
    answer = developer.list(str(customer_id))
    if not isinstance(answer.value, list):
        raise NotTestable("table")
    shown = [(str(member(row, "refresh_token_hash")), member(row, "ttl")) for row in answer.value]
    return [
        Table.make(customer_id, hash_, int(ttl) if str(ttl).isdigit() else None)
        for hash_, ttl in shown
    ]


class DevelopedCustomer(MadeUpCustomer):
    """Her rows are written by `updateUserAuth`, so each ends with the normal refresh lifetime."""

    def __init__(self, deployment: Deployment, id_: str, developer: Developer) -> None:
        super().__init__(deployment, id_)
        self._developer = developer

    def log_in(self, remember_me: Any = ...) -> Session:
        """As a login now would have made it; after a burn in a second of its own."""
        lifetimes = self.deployment.lifetimes
        left = lifetimes.extended if remember_me is True else lifetimes.refresh
        session = self.forge_session(lifetimes.access, left)
        self.mark_active()
        return session

    def mint_session(
        self,
        claims: Mapping[str, Any],
        *,
        ttl: Any = ...,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Session:
        forge, claims = self.deployment.need_forge(), dict(claims)
        while claims["exp"] in {session.exp for session in self.sessions}:
            claims["exp"] -= 1
        refresh_token = forge.refresh_token(claims["customer_id"], claims["exp"])
        if not self._developer.update(str(self.id), refresh_token).says_success:
            raise NotTestable("table")
        row = Table.make(self.id, forge.hash_of(refresh_token), claims["refresh_expiry"])
        token = self.deployment.add_access_token(forge.mint(claims))
        self.sessions.append(session := Session(self, token, refresh_token, row))
        return session

    def aged(self, session: Session, seconds: int) -> Session:
        """The session with a pair in its place that is so much older."""
        self._developer.remove(str(self.id), session.refresh_token)
        times = ("exp", "refresh_expiry", "iat")
        older = {name: session.claims[name] - seconds for name in times if name in session.claims}
        return self.mint_session({**session.claims, **older})

    def add_rows(self, refresh_tokens: list[str]) -> None:
        """One more row for each of these."""
        for refresh_token in refresh_tokens:
            self._developer.update(str(self.id), refresh_token)

    def clear(self) -> None:
        """Delete her rows."""
        self._developer.remove_all(str(self.id))
