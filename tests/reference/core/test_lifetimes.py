"""What the next pair promises."""

from __future__ import annotations

import pytest

from reference_auth.core import lifetimes
from reference_auth.core.config import Lifetimes
from reference_auth.core.tokens import Claims
from tests.reference.shop import make_config

pytestmark = pytest.mark.usefixtures("zone")

NOW = 1_709_284_560
CONFIG = make_config()


@pytest.mark.parametrize("remember_me, lasts", [(False, 900), (True, 2_592_000)])
def test_a_login_promises_two_lifetimes(remember_me: bool, lasts: int) -> None:
    """CORE-03, CORE-04: fourteen minutes of access; fifteen minutes or thirty days of refresh."""
    claims = lifetimes.first_claims("7", remember_me, NOW, CONFIG)
    assert claims == Claims("7", NOW + 840, NOW + lasts, iat=NOW)


@pytest.mark.parametrize(
    "left, promised",
    [(2_000_000, 2_000_000), (901, 901), (900, 900), (899, 900), (0, 900), (-1, 900)],
)
def test_a_rotation_rolls_only_when_it_is_near(left: int, promised: int) -> None:
    """CORE-08, CORE-09: with less than the normal lifetime left, one begins anew."""
    claims = lifetimes.next_claims(Claims(7, NOW - 5, NOW + left), NOW, CONFIG)
    assert claims == Claims(7, NOW + 840, NOW + promised, iat=NOW, session=NOW - 5)


def test_a_session_keeps_its_name() -> None:
    """HARD-16: it is the `exp` of the login's pair, however often the session is rotated."""
    first = lifetimes.first_claims(7, True, NOW, CONFIG)
    second = lifetimes.next_claims(first, NOW + 840, CONFIG)
    third = lifetimes.next_claims(second, NOW + 1680, CONFIG)
    assert [one.session_id for one in (first, second, third)] == [first.exp] * 3


def test_lifetimes_are_the_configured_ones() -> None:
    """Decided 9: the numbers stand for what is declared."""
    config = make_config(lifetimes=Lifetimes(15, 20, 40))
    assert lifetimes.first_claims(7, True, NOW, config) == Claims(7, NOW + 15, NOW + 40, iat=NOW)
    old = Claims(7, NOW, NOW + 19)
    claims = lifetimes.next_claims(old, NOW, config)
    assert (claims.exp, claims.refresh_expiry) == (NOW + 15, NOW + 20)


def test_a_taken_key_is_passed_by_a_second_ten_times() -> None:
    """WIRE-10: `exp` moves down, never up, and the rest of the claims stays."""
    claims = Claims(7, NOW + 840, NOW + 900, iat=NOW)
    candidates = list(lifetimes.claims_to_try(claims, NOW))
    assert [candidate.exp for candidate in candidates] == [NOW + 840 - n for n in range(11)]
    assert {(c.refresh_expiry, c.iat) for c in candidates} == {(NOW + 900, NOW)}


def test_a_shifted_pair_is_still_live() -> None:
    """No candidate is expired when it is issued."""
    candidates = lifetimes.claims_to_try(Claims(7, NOW + 3, NOW + 900), NOW)
    assert [candidate.exp for candidate in candidates] == [NOW + 3, NOW + 2, NOW + 1]
