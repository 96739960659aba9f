"""How long a session lasts depends on when its customer comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lessons.exercise import Hints, exercise
from lessons.server import SECRET, START
from reference_auth.core import lifetimes, tokens
from reference_auth.core.config import Config

CONFIG = Config(secret=SECRET, region="-", table="-")
MONTH = CONFIG.lifetimes.extended
Ends = Callable[[int, bool, Sequence[int]], int]

#: remember_me, the seconds after the login at which the customer comes back, and a hint.
CASES: tuple[tuple[bool, tuple[int, ...], str], ...] = (
    (False, (), "A normal session that nobody refreshes lasts 900 s."),
    (True, (), "A remembered session that nobody refreshes lasts 2 592 000 s."),
    (
        False,
        (300,),
        "A visit while the access token is live returns the same pair.",
    ),
    (False, (850,), "A rotation with less than 900 s left gives 900 s from then on."),
    (False, (839,), "At second 839 the access token is live: nothing moves."),
    (False, (840,), "At second 840 the access token has expired: the pair rotates."),
    (False, (900,), "At second refresh_expiry the pair can still be rotated."),
    (False, (901,), "At 901 s the session is over, and a visit does not bring it back."),
    (False, (850, 901), "Which access token is it? The rotation at 850 s made a new one."),
    (False, (850, 1700, 2550), "Each rotation gives 900 s from then on."),
    (False, (850, 1751, 1800), "After the end no later visit brings a session back."),
    (True, (850,), "With more than 900 s left a rotation keeps refresh_expiry."),
    (True, (86_400, 172_800), "Visits on the first days do not extend the month."),
    (True, (MONTH - 100,), "At its end a remembered session gets 900 s, and not another month."),
    (
        True,
        (MONTH - 100, MONTH + 780),
        "From then on it gets 900 s at a time, like any other.",
    ),
)


@exercise
def ends(answer: Ends) -> Hints:
    """A function of login, remember_me and visits: the last second at which the pair is good."""
    for remember_me, after, hint in CASES:
        visits = [START + seconds for seconds in after]
        found, right = answer(START, remember_me, visits), ends_at(remember_me, visits)
        if found != right:
            yield (
                f"{hint} With remember_me={remember_me} and visits after {list(after)} s it ends "
                f"{right - START} s after the login, and you said {found - START}."
            )


def ends_at(remember_me: bool, visits: Sequence[int]) -> int:
    """What the package's own rules make of the visits."""
    claims = lifetimes.first_claims(23, remember_me, START, CONFIG)
    for now in visits:
        if not tokens.is_live(claims, now) and not tokens.is_refresh_expired(claims, now):
            claims = lifetimes.next_claims(claims, now, CONFIG)
    return claims.refresh_expiry
