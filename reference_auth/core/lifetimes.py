"""When tokens and sessions end: a short access token, and a refresh expiry that rolls.

Nothing here touches the table: every function takes claims and `now`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reference_auth.core import tokens
from reference_auth.core.config import Config, Lifetimes
from reference_auth.core.tokens import Claims, CustomerId

MOST_LOWERINGS = 10


def first_claims(customer_id: CustomerId, remember_me: bool, now: int, config: Config) -> Claims:
    """The claims of a login's pair (CORE-03, CORE-04)."""
    refresh_expiry = now + refresh_lifetime(remember_me, config.lifetimes)
    claims = Claims(customer_id, access_expiry(now, config.lifetimes), refresh_expiry, iat=now)
    return cut_at_absolute_end(claims, None, now, config.max_session_seconds)


def next_claims(old: Claims, now: int, config: Config) -> Claims:
    """The claims of a rotation's pair: same customer, same session (CORE-08, CORE-09, CORE-26)."""
    claims = Claims(
        customer_id=old.customer_id,
        exp=access_expiry(now, config.lifetimes),
        refresh_expiry=rolled_expiry(old.refresh_expiry, now, config.lifetimes),
        iat=now,
        session=old.session_id,
    )
    return cut_at_absolute_end(claims, old.auth_time, now, config.max_session_seconds)


def access_expiry(now: int, lifetimes: Lifetimes) -> int:
    """An access token lives for one access lifetime, with or without remember_me (WIRE-10)."""
    return now + lifetimes.access


def refresh_lifetime(remember_me: bool, lifetimes: Lifetimes) -> int:
    return lifetimes.extended if remember_me else lifetimes.refresh


def rolled_expiry(refresh_expiry: int, now: int, lifetimes: Lifetimes) -> int:
    """With less than the refresh lifetime left, start a new one; otherwise keep the expiry.

    The rule is the same for both kinds of session: remember_me is not renewed (CORE-09).
    """
    if refresh_expiry - now < lifetimes.refresh:
        return now + lifetimes.refresh
    return refresh_expiry


def claims_to_try(claims: Claims, now: int) -> Iterator[Claims]:
    """The claims, then the same with a lower `exp`: at most ten seconds lower, always above `now`.

    Tokens derive from `exp`, so this keeps two sessions of one second apart (RACE-01..03). It is
    lowered, not raised, so that a token never outlives its maximum (WIRE-10).
    """
    # Departs: RACE-01, RACE-02, RACE-03 the module's two sessions of a second are one.
    for lower in range(MOST_LOWERINGS + 1):
        if claims.exp - lower > now:
            yield replace(claims, exp=claims.exp - lower)


def is_session_over(claims: Claims, now: int, max_session_seconds: int | None) -> bool:
    """Past its refresh expiry, or past the absolute end if there is one (HARD-23)."""
    return tokens.is_refresh_expired(claims, now) or is_past_absolute_end(
        claims, now, max_session_seconds
    )


# The absolute end. Without `max_session_seconds` these change nothing, and no session is past it.


def cut_at_absolute_end(
    claims: Claims, auth_time: int | None, now: int, max_session_seconds: int | None
) -> Claims:
    """Let no new pair outlive the longest session, counted from its login (HARD-23).

    A token without `auth_time` is older than the feature: its session counts from now.
    """
    # Departs: HARD-23 the module lets a session slide for ever.
    if max_session_seconds is None:
        return claims
    auth_time = now if auth_time is None else auth_time
    refresh_expiry = min(claims.refresh_expiry, auth_time + max_session_seconds)
    return replace(
        claims,
        auth_time=auth_time,
        refresh_expiry=refresh_expiry,
        exp=min(claims.exp, refresh_expiry - 1),
    )


def is_past_absolute_end(claims: Claims, now: int, max_session_seconds: int | None) -> bool:
    """From one second before the end no further pair would be valid: the session is over."""
    if max_session_seconds is None or claims.auth_time is None:
        return False
    return claims.auth_time + max_session_seconds - 1 <= now
