"""A genuine pair whose row is gone, and of which nothing is kept, was spent: unless it is too early
or too late to say so. Two servers' clocks may differ, and only a sure replay burns (HARD-12).
"""

from __future__ import annotations

from reference_auth.core import tokens
from reference_auth.core.errors import Retry, SessionOver
from reference_auth.core.rows import CLOCK_SKEW
from reference_auth.core.tokens import Claims


def judge_absence(claims: Claims, now: int) -> None:
    """Return if the absence of the pair's row means a replay; otherwise raise the refusal."""
    if claims.exp - now > CLOCK_SKEW:
        raise SessionOver  # a live pair cannot have been rotated (HARD-14)
    if tokens.is_live(claims, now):
        raise Retry  # another server's clock may be ahead and have rotated it
    if claims.refresh_expiry - now <= CLOCK_SKEW:
        raise SessionOver  # a server with a faster clock may have removed it as expired
