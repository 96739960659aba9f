"""Defects of the rolling expiry: how long a renewed session lasts."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import pytest

from reference_auth.core import lifetimes
from reference_auth.core.config import Config, Lifetimes
from reference_auth.core.rows import Row
from reference_auth.core.tokens import Claims
from reference_auth.store.sessions import Sessions
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around


@mutant("CORE-08", known_as="M22")
def starts_the_normal_lifetime_at_every_rotation(patch: pytest.MonkeyPatch) -> None:
    """However much is left of a session, a rotation gives it the normal lifetime from now."""
    patch.setattr(
        lifetimes, "rolled_expiry", lambda refresh_expiry, now, lifetimes: now + lifetimes.refresh
    )


@mutant("CORE-08")
def gives_a_long_session_its_whole_length_again(patch: pytest.MonkeyPatch) -> None:
    """A rotation of a session with much time left starts the extended lifetime anew."""

    def rolled(refresh_expiry: int, now: int, lifetimes: Lifetimes) -> int:
        is_long = refresh_expiry - now >= lifetimes.refresh
        return now + (lifetimes.extended if is_long else lifetimes.refresh)

    patch.setattr(lifetimes, "rolled_expiry", rolled)


@mutant("CORE-09", known_as="M21")
def extends_a_remembered_session_by_a_month(patch: pytest.MonkeyPatch) -> None:
    """Near its end a session of remember_me gets the extended lifetime."""

    def next_claims(original: Any, old: Claims, now: int, config: Config) -> Claims:
        claims: Claims = original(old, now, config)
        was_remembered = old.refresh_expiry - (old.iat or now) > config.lifetimes.refresh
        if claims.refresh_expiry == old.refresh_expiry or not was_remembered:
            return claims
        return replace(claims, refresh_expiry=now + config.lifetimes.extended)

    around(patch, lifetimes, "next_claims", next_claims)


@mutant("CORE-09", also="CORE-07 WIRE-10", known_as="M23")
def never_extends_a_session(patch: pytest.MonkeyPatch) -> None:
    """A session ends when its login said, however often it is renewed."""
    patch.setattr(lifetimes, "rolled_expiry", lambda refresh_expiry, now, lifetimes: refresh_expiry)


@mutant("CORE-09")
def extends_a_session_from_its_old_end(patch: pytest.MonkeyPatch) -> None:
    """The normal lifetime that a rotation adds is counted from the old end, and not from now."""

    def rolled(refresh_expiry: int, now: int, lifetimes: Lifetimes) -> int:
        is_near = refresh_expiry - now < lifetimes.refresh
        return refresh_expiry + lifetimes.refresh if is_near else refresh_expiry

    patch.setattr(lifetimes, "rolled_expiry", rolled)


@mutant("CORE-09")
def extends_a_session_by_the_access_lifetime(patch: pytest.MonkeyPatch) -> None:
    """Near its end a session gets one more access lifetime, and a second."""

    def rolled(refresh_expiry: int, now: int, lifetimes: Lifetimes) -> int:
        is_near = refresh_expiry - now < lifetimes.refresh
        return now + lifetimes.access + 1 if is_near else refresh_expiry

    patch.setattr(lifetimes, "rolled_expiry", rolled)


@mutant("CORE-09")
def extends_a_session_within_the_access_lifetime_only(patch: pytest.MonkeyPatch) -> None:
    """A session is extended where less than the access lifetime is left, and not where more is."""

    def rolled(refresh_expiry: int, now: int, lifetimes: Lifetimes) -> int:
        is_near = refresh_expiry - now < lifetimes.access
        return now + lifetimes.refresh if is_near else refresh_expiry

    patch.setattr(lifetimes, "rolled_expiry", rolled)


@mutant("STORE-04")
def keeps_the_row_past_the_absolute_end(patch: pytest.MonkeyPatch) -> None:
    """The row of a rotation shortly before the absolute end is kept as if there were none."""
    rolled: ContextVar[int | None] = ContextVar("rolled", default=None)

    def next_claims(original: Any, old: Claims, now: int, config: Config) -> Claims:
        rolled.set(lifetimes.rolled_expiry(old.refresh_expiry, now, config.lifetimes))
        claims: Claims = original(old, now, config)
        return claims

    async def rotate(original: Any, sessions: Sessions, old: Row, new: Row, kept: Any) -> None:
        await original(sessions, old, replace(new, ttl=rolled.get() or new.ttl), kept)

    around(patch, lifetimes, "next_claims", next_claims)
    around(patch, Sessions, "rotate", rotate)
