"""The steps of a walk as data: what each asks, what the model expects of it, and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from conformance_tests.model.flow import Customer, Effect, Expected, Pair, Reply
from conformance_tests.model.issued import Terms

LOG_IN, TIME, REFRESH, REVOKE, CROWD, BAD_LOGIN = (
    *("log in", "time", "refresh", "revoke", "crowd", "refused login"),
)
PRESENTING: Final = (REFRESH, REVOKE)
#: The development operations, by the words of a story.
LIST, WRITE, REMOVE = "list", "write", "remove"
DEVELOPMENT: Final = (LIST, WRITE, REMOVE)
DAY: Final = 86_400
ROWS_OF_CROWD: Final = 100
NEAR_THE_END: Final = 20
#: What the argument remember_me may be.
REMEMBER: Final[Mapping[str, object]] = {"true": True, "false": False, "null": None, "absent": ...}
#: How the scheme may be written, and what asks for it.
SCHEMES: Final = {"bearer": "CORE-19", "BEARER": "CORE-19", "Bearer ": "GQL-13"}
ANOTHER_SESSION: Final = "another session's refresh token"
#: Another refresh token beside an access token, and what says that no row changes.
MIXED: Final = {
    ANOTHER_SESSION: "HARD-11",
    "the newest refresh token of the session": "HARD-11",
    "another customer's refresh token": "HARD-11",
    "a refresh token that was never issued": "HARD-10",
    "its refresh token in capitals": "HARD-24",
    "its refresh token and a blank": "HARD-24",
    "its refresh token twice": "HARD-24",
}
FORGED: Final = (
    "a changed signature",
    "a signature by another secret",
    "no signature",
    "a payload that names another customer",
)
PASSWORDS: Final = {
    "a wrong password": "wrong",
    "an empty password": "",
    "a password of 5000 letters": "x" * 5000,
    "a password with an emoji": "🌱",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a walk; a session is named by its number, a pair by how often it was replaced.

    at_once: it is taken in the same moment as the step before.
    """

    verb: str
    session: int = 0
    back: int = 0
    how: str = ""
    production: bool = False
    at_once: bool = False

    def __str__(self) -> str:
        at = " at the production instance" if self.production else ""
        at += ", at the same time" if self.at_once else ""
        if self.verb == LOG_IN:
            return f"session {self.session}: log in with remember_me {self.how}"
        if self.verb == TIME:
            of = f", {PLACES[min(self.back, len(PLACES) - 1)]}" if self.back else ""
            return f"session {self.session}{of}: {self.how}"
        if self.verb == CROWD:
            return f"the customer gets {ROWS_OF_CROWD} more rows, as of other devices"
        if self.verb == BAD_LOGIN:
            return f"a login with {self.how} and an unknown e-mail"
        if self.verb in DEVELOPMENT:
            return f"{self.verb} rows with a development operation{at}"
        if self.session == 0:
            return f"{self.verb} with the pair of another customer, whose session nobody touched"
        named = PLACES[min(self.back, len(PLACES) - 1)]
        beside = f", {self.how}" if self.how else ""
        return f"{self.verb} with {named} of session {self.session}{beside}{at}"


PLACES: Final = ("the newest pair", "the pair before the newest", "an older pair")


def moments(pair: Pair, now: int, exact: bool, margin: int) -> dict[str, int]:
    """The moments of a pair's life that are to come; the exact ones only where a clock stands."""
    end, wide = pair.refresh_expiry, margin and margin + 1
    found = {
        "its access token has expired": pair.exp + wide,
        "half of the rest of it has passed": (pair.exp + end) // 2,
        "its end is near": end - NEAR_THE_END,
        "its refresh token has expired": end + 1 + wide,
        "a day after its end": end + DAY,
    }
    if pair.until is not None:
        found["its grace window has closed"] = pair.until + 1 + wide
    if end - now > 5 * DAY:
        found["three days later"] = now + 3 * DAY
    if exact:
        found |= {
            "a second later": now + 1,
            "the last second of its access token": pair.exp - 1,
            "its last second": end,
        }
    if exact and pair.until is not None:
        found["the last second of its grace window"] = pair.until
    return {name: moment for name, moment in found.items() if moment > now}


def life(pair: Pair, now: int) -> str:
    """Which part of its life a pair is in."""
    if pair.until is not None and now <= pair.until:
        return "last second of grace" if now == pair.until else "within grace"
    edges = {
        pair.exp - 1: "last live second",
        pair.exp: "first expired second",
        pair.refresh_expiry: "last second",
        pair.refresh_expiry + 1: "just over",
    }
    if now in edges:
        return edges[now]
    if pair.is_live(now):
        return "live"
    if pair.is_over(now):
        return "over"
    if pair.refresh_expiry - now <= 2 * NEAR_THE_END:
        return "near its end"
    return "expired" if now - pair.exp < DAY else "expired for days"


def is_near_an_edge(pair: Pair, now: int, margin: int) -> bool:
    """Whether two clocks may disagree on which part of its life a pair is in."""
    end = pair.refresh_expiry
    edges = (pair.exp, end, end - 1, end - 10)
    grace = () if pair.until is None else (pair.until,)
    return margin > 0 and any(abs(now - edge) <= margin for edge in (*edges, *grace))


def expected(step: Step, customer: Customer, now: int) -> Expected | None:
    """What the model says of a step; None where there is nothing to ask."""
    if step.verb == LOG_IN:
        return Expected((Reply.NEW,), "CORE-01", Effect.ISSUES, "STORE-01")
    if step.verb == BAD_LOGIN:
        return Expected((Reply.REFUSED,), "CORE-02", rows="CORE-02")
    if step.verb in DEVELOPMENT:
        return _expected_of_developer(step, customer)
    pair = pair_of(step, customer)
    if pair is None:
        return None
    if step.how in FORGED:
        requirement = "HARD-01" if step.verb == REFRESH else "HARD-17"
        return Expected((Reply.REFUSED,), requirement, rows=requirement)
    if step.how in MIXED:
        mixed = customer.refresh_mixed if step.verb == REFRESH else customer.revoke_mixed
        return mixed(pair, now, MIXED[step.how])
    return (customer.refresh if step.verb == REFRESH else customer.revoke)(pair, now)


def commute(first: Step, second: Step, customer: Customer, now: int) -> bool:
    """Whether two steps may be taken at once: in either order they answer and leave the same."""
    steps = (first, second)
    whats = [expected(step, customer, now) for step in steps if step.verb in PRESENTING]
    did = [what.effect for what in whats if what is not None and len(what.replies) == 1]
    if len(did) < len(steps) or 0 in (first.session, second.session) or Effect.BURNS in did:
        return False
    return first.session != second.session or did == [Effect.NOTHING] * 2


def _expected_of_developer(step: Step, customer: Customer) -> Expected | None:
    """14.1 and 14.4"""
    if step.production:
        return Expected((Reply.REFUSED,), "DEV-01", rows="DEV-01")
    if step.verb == LIST:
        return Expected((Reply.ROWS,), "DEV-07", rows="DEV-07")
    if step.verb == WRITE:
        return Expected((Reply.DONE,), "DEV-05", Effect.ISSUES, "DEV-05")
    return Expected((Reply.DONE,), "DEV-08", Effect.ENDS, "DEV-08") if customer.written else None


def pair_of(step: Step, customer: Customer) -> Pair | None:
    """The pair that a step presents."""
    pairs = customer.sessions.get(step.session, [])
    return pairs[-1 - step.back] if len(pairs) > step.back else None


def happened(step: Step, did: Effect, customer: Customer, now: int, new: Pair | None) -> None:
    """Change the model as the step has changed the flow; `new` is the pair that was issued."""
    if step.verb in DEVELOPMENT:
        customer.written += {Effect.ISSUES: 1, Effect.ENDS: -1}.get(did, 0)
    elif new is not None:
        customer.issued(new, now)
    elif did is Effect.BURNS:
        customer.burn()
    elif did is Effect.ENDS:
        pair = pair_of(step, customer)
        assert pair is not None
        customer.ended(pair, now)


def issued_pair(step: Step, customer: Customer, now: int, terms: Terms) -> Pair:
    """The pair that a login or a rotation gives, as a deployment without trouble does."""
    old = None if step.verb == LOG_IN else pair_of(step, customer)
    if old is None:
        remembered = step.how == "true"
        due = now + (terms.extended if remembered else terms.refresh)
        new = Pair(step.session, 0, now, due, remembered, began=now)
    else:
        stays = old.refresh_expiry - now >= terms.refresh
        due = old.refresh_expiry if stays else now + terms.refresh
        new = Pair(step.session, old.generation + 1, now, due, old.remembered, began=old.began)
    new.refresh_expiry = int(min(due, new.began + terms.maximum))
    new.exp = min(now + terms.access, new.refresh_expiry - 1)
    return new
