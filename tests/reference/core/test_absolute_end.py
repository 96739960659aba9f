"""The absolute end: where it cuts, what it leaves alone, and how the flow ends there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reference_auth.core import lifetimes
from reference_auth.core.errors import SessionOver
from reference_auth.core.tokens import Claims
from tests.reference.shop import CUSTOMER, START, Shop

CLAIMS = Claims(7, START + 840, START + 900, iat=START)
HOUR = 3600


def test_claims_pass_through_while_it_is_off() -> None:
    """The feature leaves no trace when it is not asked for, not even of an older `auth_time`."""
    assert lifetimes.cut_at_absolute_end(CLAIMS, None, START, None) is CLAIMS
    assert lifetimes.cut_at_absolute_end(CLAIMS, START - HOUR, START, None) is CLAIMS
    assert not lifetimes.is_past_absolute_end(Claims(7, 1, 2, auth_time=1), START, None)


@pytest.mark.parametrize(
    "began, exp, refresh_expiry",
    [
        (None, START + 840, START + 900),
        (START - 2700, START + 840, START + 900),
        (START - 2701, START + 840, START + 899),
        (START - 2800, START + 799, START + 800),
        (START - 3598, START + 1, START + 2),
    ],
)
def test_a_pair_ends_where_its_session_does(
    began: int | None, exp: int, refresh_expiry: int
) -> None:
    """HARD-23: `refresh_expiry` is cut at login plus maximum, and `exp` a second before it."""
    claims = lifetimes.cut_at_absolute_end(CLAIMS, began, START, HOUR)
    assert (claims.exp, claims.refresh_expiry) == (exp, refresh_expiry)
    assert claims.auth_time == (START if began is None else began)


def test_a_session_is_over_when_no_pair_of_it_could_live() -> None:
    """It is past its end from the second on in which a successor would be born expired."""
    claims = Claims(7, 1, 2, auth_time=START - HOUR)
    assert [lifetimes.is_past_absolute_end(claims, START - n, HOUR) for n in (2, 1, 0)] == [
        False,
        True,
        True,
    ]
    assert not lifetimes.is_past_absolute_end(Claims(7, 1, 2), START, HOUR)


def test_sliding_does_not_pass_the_end(open_shop: Callable[..., Shop]) -> None:
    """HARD-23: rotations go on to the end and not past it, and the end burns nothing."""
    shop = open_shop(max_session_seconds=HOUR)
    pair = shop.log_in(remember_me=True)
    assert shop.claims(pair).refresh_expiry == START + HOUR
    for _ in range(5):  # 840, 1680, 2520 and 3360 s, and then the last four minutes
        claims = shop.claims(pair)
        assert claims.auth_time == START
        assert shop.refresh(pair) == pair
        shop.now = claims.exp
        if claims.exp < START + HOUR - 1:
            pair = shop.refresh(pair)
    assert claims.exp == START + HOUR - 1
    for _ in range(2):
        with pytest.raises(SessionOver):
            shop.refresh(pair)
    assert shop.rows() == []
    assert shop.fence() is None


def test_a_session_older_than_the_feature_begins_at_its_next_rotation(
    open_shop: Callable[..., Shop],
) -> None:
    """A token without `auth_time` gets one when it is rotated, and its session an end."""
    shop = open_shop(max_session_seconds=HOUR)
    pair = shop.forge(Claims(CUSTOMER, START - 1, START + 2_000_000))
    claims = shop.claims(shop.refresh(pair))
    assert (claims.auth_time, claims.refresh_expiry) == (START, START + HOUR)


def test_revoking_is_possible_past_the_end(open_shop: Callable[..., Shop]) -> None:
    """CORE-21: a session that is over can still be put away."""
    shop = open_shop(max_session_seconds=HOUR)
    pair = shop.log_in()
    shop.later(2 * HOUR)
    assert shop.revoke(pair)
    assert shop.rows() == []
