"""What a pair that was just issued must say: each sentence with the requirement that it breaks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from conformance_tests.model.flow import Pair

#: By so many seconds an `exp` may be early: of two sessions of one second one is lowered (6.5).
COLLISIONS: Final = 10


class Check(NamedTuple):
    """One thing that must hold, in the words of a card."""

    requirement: str
    holds: bool
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The lifetimes of a deployment, and how far its clock and ours may differ.

    maximum: seconds from a login to the absolute end of its session.
    """

    access: int
    refresh: int
    extended: int
    margin: int = 0
    maximum: float = math.inf


def checks(
    claims: Mapping[str, Any], customer_id: int | str, now: int, old: Pair | None, terms: Terms
) -> Iterator[Check]:
    """What the claims of an issued pair must be (3.2, 6.3, 8.1); `old` is the pair it replaces."""
    named = claims.get("customer_id")
    same = named == customer_id and type(named) is type(customer_id)
    yield Check("CORE-26", same, f"customer_id {customer_id!r}", repr(named))
    exp, end = claims.get("exp"), claims.get("refresh_expiry")
    whole = all(isinstance(each, int) and not isinstance(each, bool) for each in (exp, end))
    yield Check("WIRE-02", whole, "exp and refresh_expiry to be integers", f"{exp!r} and {end!r}")
    if not (isinstance(exp, int) and isinstance(end, int)):
        return
    late = exp - now - terms.access
    yield Check("WIRE-10", late <= 1 + terms.margin, "exp within the access lifetime", _off(late))
    yield Check("WIRE-10", exp < end, "exp before refresh_expiry", f"{exp - end} s after it")
    alive = exp > now or terms.maximum < math.inf
    yield Check("CORE-07" if old else "CORE-03", alive, "a live access token", "an expired one")
    issued = claims.get("iat", now)
    early = isinstance(issued, (int, float)) and issued <= now + 1 + terms.margin
    yield Check("WIRE-13", early, "iat not later than now", repr(issued))
    if old is None:
        short = -late - COLLISIONS - terms.margin
        yield Check("CORE-03", short <= 0, "exp to be now + the access lifetime", _off(late))


def end_checks(
    end: int, now: int, old: Pair | None, remembered: bool, began: int, terms: Terms
) -> Iterator[Check]:
    """When the session of an issued pair must end (6.3, 8.2, 13.3)."""
    absolute = began + terms.maximum
    if old is None:
        lifetime = terms.extended if remembered else terms.refresh
        requirement, due = ("CORE-04" if remembered else "CORE-03"), now + lifetime
    else:
        left = old.refresh_expiry - now
        if abs(left - terms.refresh) <= terms.margin + 1:
            return  # either holds
        stays = left > terms.refresh
        requirement, due = (
            ("CORE-08", old.refresh_expiry) if stays else ("CORE-09", now + terms.refresh)
        )
    off = end - min(due, absolute)
    margin = 0 if requirement == "CORE-08" else 1 + terms.margin
    yield Check(
        requirement, abs(off) <= margin, "refresh_expiry as the lifetimes have it", _off(off)
    )


def _off(seconds: float) -> str:
    return f"{abs(seconds):.0f} s {'late' if seconds > 0 else 'early'}"
