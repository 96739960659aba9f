"""The customers of a walk: registered, made up in the table, or through development operations."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.answer import member
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.row import OWN_IDS, Row
from conformance_tests.deployment.table import Table
from conformance_tests.outcomes import NotTestable
from conformance_tests.walks.kinds import BY_NAME, NEAR, REGISTERED

if TYPE_CHECKING:
    from conformance_tests.actors.pool import Customers


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


def customers_of(
    kind: str, customers: Customers, developer: Developer | None
) -> tuple[Customer, Customer] | None:
    """A customer of this kind and her neighbour; None where they cannot be had.

    developer: who makes them up, where there is no table.
    """
    if kind == REGISTERED:
        return _registered(customers)
    own = f"{OWN_IDS}{customers.deployment.run}-{secrets.token_hex(4)}-"
    made = BY_NAME[kind]
    ids = made.ids(own, secrets.randbelow(NEAR))
    if developer is not None:
        first, second = (DevelopedCustomer(customers.deployment, str(i), developer) for i in ids)
        return first, second
    if made.numeric:
        named = [customers.named_by_number(id_) for id_ in ids]
        return (named[0], named[1]) if named[0] and named[1] else None
    return customers.made_up(str(ids[0])), customers.made_up(str(ids[1]))


def _registered(customers: Customers) -> tuple[RegisteredCustomer, RegisteredCustomer] | None:
    if customers.locked_out or len(customers.registered) < 2:
        return None
    return customers.alice, customers.bob
