"""A pair as the flow issues it, without a queue and a cache."""

from __future__ import annotations

from reference_auth.core import tokens
from reference_auth.core.config import Secret
from reference_auth.core.tokens import Claims, IssuedPair, TokenPair


def issue(claims: Claims, secret: Secret) -> IssuedPair:
    """Mint the pair for these claims, and its hash."""
    refresh_token = tokens.derive(claims.customer_id, claims.exp, secret)
    pair = TokenPair(tokens.mint(claims, secret), refresh_token)
    return IssuedPair(claims, pair, tokens.hash_of(refresh_token, secret))
