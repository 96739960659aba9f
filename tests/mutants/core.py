"""Defects of the refresh: what a session's state lets happen."""

from __future__ import annotations

import pytest

from reference_auth import tokens
from tests.mutants.catalogue import mutant


@mutant("CORE-11", known_as="M19")
def ends_the_refresh_token_one_second_early(patch: pytest.MonkeyPatch) -> None:
    """The refresh expiry is compared with "less or equal"."""
    patch.setattr(tokens, "is_past_refresh", lambda claims, now: now >= claims.refresh_expiry)
