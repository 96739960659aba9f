"""The absolute end: with `max_session_seconds`, no sliding takes a session past its first login.

While the feature is off, claims pass through unchanged and no session is ever past its end.
"""

from __future__ import annotations

from dataclasses import replace

from reference_auth.core.tokens import Claims


def bound(claims: Claims, auth_time: int | None, now: int, maximum: int | None) -> Claims:
    """Cut the claims of a new pair at the session's absolute end (HARD-23).

    A session whose token has no `auth_time` begins now: it is older than the feature.
    """
    # Departs: HARD-23 the module lets a session slide for ever.
    if maximum is None:
        return claims
    began = now if auth_time is None else auth_time
    refresh_expiry = min(claims.refresh_expiry, began + maximum)
    return replace(
        claims,
        auth_time=began,
        refresh_expiry=refresh_expiry,
        exp=min(claims.exp, refresh_expiry - 1),
    )


def is_past(claims: Claims, now: int, maximum: int | None) -> bool:
    """Past its absolute end a session is over: no further pair of it could be good for a second."""
    if maximum is None or claims.auth_time is None:
        return False
    return claims.auth_time + maximum - 1 <= now
