"""What can be found out about a deployment from outside: its environment and its lifetimes."""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING, Final

from conformance_tests.actors.session import claims_of
from conformance_tests.deployment.http.answer import SESSION_OVER, Answer
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.outcomes import Violation
from conformance_tests.target.parts import Credentials, Lifetimes

if TYPE_CHECKING:
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.http.client import Client

#: Seconds by which a lifetime may look shorter than it is.
SLACK: Final = 12
#: Longer lifetimes are taken to be whole minutes.
SURELY_MINUTES: Final = 240


class NoPairError(Exception):
    """A login that gave no tokens: what became of it, as in `was refused`."""


def environment(client: Client) -> str | None:
    """`development` where the development operations answer, None where nothing can be told."""
    made_up = {"user_id": f"conformance-{secrets.token_hex(4)}-nobody", "refresh_token": "0" * 128}
    try:
        answer = client.call("getUserAuth", made_up)
    except Throttled:
        return None
    if SESSION_OVER in answer.categories:
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


def may_be_derived(refresh_token: str) -> bool:
    """Whether a refresh token has the form of clause 3.7."""
    return re.fullmatch("[0-9a-f]{128}", refresh_token) is not None


def of_another_make(client: Client, customer: Credentials) -> bool:
    """Whether a login's refresh token cannot have been derived as WIRE says; it ends again.

    Raises NoPairError.
    """
    answer = client.log_in(customer.email, customer.password)
    try:
        token, refresh_token = answer.pair()
    except Violation:
        raise NoPairError(_became_of(answer)) from None
    client.revoke(token, refresh_token)
    return not may_be_derived(refresh_token)


def lifetimes(client: Client, customer: Credentials) -> Lifetimes | None:
    """The lifetimes that two logins show, None where their tokens do not tell; both end again.

    Raises NoPairError.
    """
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
        return None  # no JWT: a requirement says so
    try:
        access, refresh = (
            _rounded(claims[end] - claims["iat"]) for end in ("exp", "refresh_expiry")
        )
    except (KeyError, TypeError, ArithmeticError):
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
    try:
        token, refresh_token = answer.pair()
    except Violation:
        raise NoPairError(_became_of(answer)) from None
    try:
        claims = claims_of(token)
        issued = claims.get("iat", time.time())
        return _rounded(claims["exp"] - issued), _rounded(claims["refresh_expiry"] - issued)
    except (Violation, KeyError, TypeError, ArithmeticError):
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
