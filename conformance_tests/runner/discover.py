"""What can be found out about a deployment from outside: its operations, environment, lifetimes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from conformance_tests.deployment.http import documents
from conformance_tests.deployment.http.documents import DEVELOPMENT_OPERATIONS, OPERATIONS
from conformance_tests.outcomes import Throttled, Violation

if TYPE_CHECKING:
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.http.answer import Answer
    from conformance_tests.deployment.http.client import Client
    from conformance_tests.target.parts import Credentials, Lifetimes

FLOW_OPERATIONS: Final = tuple(name for name in OPERATIONS if name not in DEVELOPMENT_OPERATIONS)
#: No schema has this field: the answer to it is what an unknown field sounds like.
NONSENSE: Final = "noSuchOperationAnywhere"
#: Seconds by which a lifetime may look shorter than it is.
SLACK: Final = 12
#: Seconds from which on a lifetime is thought of in whole minutes.
SURELY_MINUTES: Final = 240
SHUT: Final = "graphql-authorization"


class NoPairError(Exception):
    """A login that gave no tokens: what became of it, as in `was refused`."""


@dataclass(frozen=True, slots=True)
class Operations:
    """Which of the eight operations are there (None: it could not be told), and how it was seen."""

    there: frozenset[str] | None
    how: str

    def missing(self, names: Collection[str]) -> list[str]:
        """Those of these names that are not there; none where it could not be told."""
        return [] if self.there is None else [name for name in names if name not in self.there]


def operations(client: Client) -> Operations:
    """By introspection where it is open, else by how each name is refused."""
    listed = _listed(client.ask(documents.FIELDS, {}, operation="__schema").value)
    if listed is not None:
        return Operations(frozenset(listed & OPERATIONS.keys()), "introspection")
    there = frozenset(o.name for o in OPERATIONS.values() if _known(client, o.kind, o.name))
    return Operations(there or None, "probing")


def _listed(schema: Any) -> set[str] | None:
    if not isinstance(schema, dict):
        return None
    names: set[str] = set()
    for root in ("queryType", "mutationType"):
        fields = (schema.get(root) or {}).get("fields") or []
        names |= {str(field.get("name")) for field in fields if isinstance(field, dict)}
    return names or None


def _known(client: Client, kind: str, name: str) -> bool:
    """True where the name is refused for another reason than a name that cannot exist."""
    return _refusal(client, kind, name) != _refusal(client, kind, NONSENSE)


def _refusal(client: Client, kind: str, name: str) -> tuple[int | None, tuple[str, ...]]:
    """How it is refused, with the name itself and any suggestion taken out."""
    answer = client.ask(documents.probe(kind, name), {})
    said = (str(message).replace(name, "…") for message in answer.messages)
    return answer.status, tuple(message.split(" Did you mean")[0] for message in said)


def environment(client: Client) -> str | None:
    """`development` where the development operations answer, None where nothing can be told."""
    made_up = {"user_id": f"conformance-{secrets.token_hex(4)}-nobody", "refresh_token": "0" * 128}
    try:
        answer = client.call("getUserAuth", made_up)
    except Throttled:
        return None
    if SHUT in answer.categories:
        return "production"
    if not answer.errors and isinstance(answer.data, dict) and "getUserAuth" in answer.data:
        return "development"
    return None


def other_environment(client: Client, declared: str) -> str | None:
    """What to do where it behaves as another environment than the declared one; else None."""
    seen = environment(client)
    if seen is None or seen == declared:
        return None
    return (
        f"it behaves as {seen}; the target says {declared}: "
        f'set environment = "{seen}" in a target file'
    )


def lifetimes(client: Client, customer: Credentials) -> Lifetimes | None:
    """The lifetimes that two logins show, None where their tokens do not tell; both end again.

    Raises NoPairError.
    """
    from conformance_tests.target.parts import Lifetimes

    normal = _left(client, client.log_in(customer.email, customer.password))
    extended = _left(client, client.log_in(customer.email, customer.password, remember_me=True))
    if normal is None or extended is None:
        return None
    return Lifetimes(normal[0], normal[1], extended[1])


def other_lifetimes(session: Session, declared: Lifetimes) -> str | None:
    """What to do where a login without remember_me shows other lifetimes than declared; else None.

    A token that does not say when it was made shows none.
    """
    try:
        claims = session.claims
    except Violation:
        return None  # no JWT: the rows say so
    try:
        access, refresh = (
            _rounded(claims[end] - claims["iat"]) for end in ("exp", "refresh_expiry")
        )
    except (KeyError, TypeError):
        return None
    if max(abs(access - declared.access), abs(refresh - declared.refresh)) <= SLACK:
        return None
    return (
        f"a login showed access {access / 60:g} and refresh {refresh / 60:g} minutes; the target "
        f"says {declared.access / 60:g} and {declared.refresh / 60:g}: mend [lifetimes]"
    )


def _left(client: Client, answer: Answer) -> tuple[int, int] | None:
    """Seconds that the access and the refresh token of a login live, None where they do not tell.

    Raises NoPairError.
    """
    from conformance_tests.actors.session import claims_of
    from conformance_tests.expect.answers import pair_of

    try:
        token, refresh_token = pair_of(answer)
    except Violation:
        raise NoPairError(_became_of(answer)) from None
    try:
        claims = claims_of(token)
        issued = claims.get("iat", time.time())
        return _rounded(claims["exp"] - issued), _rounded(claims["refresh_expiry"] - issued)
    except (Violation, KeyError, TypeError):
        return None
    finally:
        client.revoke(token, refresh_token)


def _became_of(login: Answer) -> str:
    if login.status is None:
        return "got no answer"
    return "was refused" if login.errors else "gave no pair of tokens"


def _rounded(seconds: float) -> int:
    """To a whole minute that it falls short of by SLACK at most, otherwise to five seconds.

    A login may take a second or two, and logins of the same second move `exp` down, each further.
    """
    short = -seconds % 60
    if seconds > SURELY_MINUTES and short <= SLACK:
        return round(seconds + short)
    return round(seconds / 5) * 5
