"""What the next pair promises: a short access token, and a refresh expiry that rolls.

Nothing here touches the table: every function takes claims and `now` and returns claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reference_auth.core import absolute_end, tokens
from reference_auth.core.config import Config, Lifetimes
from reference_auth.core.tokens import Claims, CustomerId

MOST_SHIFTS = 10


def first_claims(customer_id: CustomerId, remember_me: bool, now: int, config: Config) -> Claims:
    """What a login promises (CORE-03, CORE-04)."""
    refresh_expiry = now + refresh_lifetime(remember_me, config.lifetimes)
    claims = Claims(customer_id, access_expiry(now, config.lifetimes), refresh_expiry, iat=now)
    return absolute_end.bound(claims, None, now, config.max_session_seconds)


def next_claims(old: Claims, now: int, config: Config) -> Claims:
    """What a rotation promises, for the same customer and session (CORE-08, CORE-09, CORE-26)."""
    claims = Claims(
        customer_id=old.customer_id,
        exp=access_expiry(now, config.lifetimes),
        refresh_expiry=rolled(old.refresh_expiry, now, config.lifetimes),
        iat=now,
        session=old.session_id,
    )
    return absolute_end.bound(claims, old.auth_time, now, config.max_session_seconds)


def access_expiry(now: int, lifetimes: Lifetimes) -> int:
    """An access token lives for one access lifetime, with or without remember_me (WIRE-10)."""
    return now + lifetimes.access


def refresh_lifetime(remember_me: bool, lifetimes: Lifetimes) -> int:
    """remember_me asks for the extended lifetime."""
    return lifetimes.extended if remember_me else lifetimes.refresh


def rolled(refresh_expiry: int, now: int, lifetimes: Lifetimes) -> int:
    """With less than the normal lifetime left, start one anew; otherwise keep what was promised.

    Both kinds of session roll by the normal lifetime: remember_me is not renewed (CORE-09).
    """
    if refresh_expiry - now < lifetimes.refresh:
        return now + lifetimes.refresh
    return refresh_expiry


def candidates(claims: Claims, now: int) -> Iterator[Claims]:
    """The claims, then with an earlier `exp`: ten seconds at most, and always above `now`.

    Tokens derive from `exp`, so this keeps two sessions of one second apart (RACE-01..03).
    Minus, not plus: a token never outlives its maximum (WIRE-10).
    """
    # Departs: RACE-01, RACE-02, RACE-03 the module's two sessions of a second are one.
    for shift in range(MOST_SHIFTS + 1):
        if claims.exp - shift > now:
            yield replace(claims, exp=claims.exp - shift)


def is_over(claims: Claims, now: int, max_session_seconds: int | None) -> bool:
    """Past its refresh expiry, or past the absolute end where there is one (HARD-23)."""
    return tokens.is_past_refresh(claims, now) or absolute_end.is_past(
        claims, now, max_session_seconds
    )
