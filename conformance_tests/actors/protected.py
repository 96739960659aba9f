"""The target's own query that needs a signed-in customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client, bearer

if TYPE_CHECKING:
    from conformance_tests.actors.customers import Customer
    from conformance_tests.actors.session import Session


@dataclass(frozen=True, slots=True)
class Protected:
    """Asks one instance, with a session's access token or without any."""

    client: Client
    query: str

    def asked_by(self, session: Session, scheme: str = "Bearer") -> Answer:
        return self.client.protected(self.query, bearer(session.token, scheme))

    def asked_by_nobody(self) -> Answer:
        return self.client.protected(self.query, None)


def live_then_expired(customer: Customer) -> Iterator[Session]:
    """A session with a live access token, and then the same one with a token that has expired.

    Where time cannot be moved and the secret is known, both tokens are signed by the suite.
    """
    deployment = customer.deployment
    forged = deployment.forge is not None and not deployment.clock.moves_now
    if not forged:
        customer.need_time()
    session = customer.log_in()
    yield _signed_anew(session) if forged else session
    long_ago = int(deployment.clock.now()) - 60
    yield _signed_anew(session, exp=long_ago) if forged else session.expired()


def _signed_anew(session: Session, **changes: int) -> Session:
    deployment = session.customer.deployment
    minted = deployment.need_forge().mint({**session.claims, **changes})
    return session.altered(token=deployment.add_access_token(minted))
