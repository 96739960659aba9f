"""The time ladder: bring a session to a moment of its life by the best rung the target offers.

Move the clock; or forge an equivalent older pair in its place; or really wait; or NotTestable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance_tests.deployment.table import Row
from conformance_tests.outcomes import NotTestable, SuiteError

if TYPE_CHECKING:
    from conformance_tests.actors.session import Session

#: Seconds of refresh that a forged session has left.
ENOUGH = 300


def expired(*sessions: Session) -> list[Session]:
    """These sessions with their access tokens expired."""
    return _reach(sessions, lambda session, margin: session.exp + margin)


def expired_by_replacing(session: Session) -> Session:
    """The session expired, where an older pair takes its place: one that has ended has no place.

    Elsewhere it is left as it is, to grow old in its own time.
    """
    return expired(session)[0] if session.customer.deployment.ages_by_replacing else session


def ended(*sessions: Session) -> list[Session]:
    """These sessions with their refresh tokens expired."""
    return _reach(sessions, lambda session, margin: session.refresh_expiry + 1 + margin)


def with_left(seconds: int, *sessions: Session) -> list[Session]:
    """These sessions with so many seconds of refresh left."""
    return _reach(sessions, lambda session, margin: session.refresh_expiry - seconds)


def _reach(sessions: tuple[Session, ...], when: Callable[[Session, int], int]) -> list[Session]:
    deployment = sessions[0].customer.deployment
    clock = deployment.clock
    moments = [when(session, clock.margin) for session in sessions]
    if deployment.ages_by_replacing:
        return [
            _aged(session, moment - int(clock.now())) if moment > clock.now() else session
            for session, moment in zip(sessions, moments, strict=True)
        ]
    ahead = max(moments) - clock.now()
    if ahead > 0:
        if not clock.movable:
            deployment.tell(f"waiting {ahead:.0f} s until a token has run out")
        clock.move_to(max(moments))
    return list(sessions)


def _aged(session: Session, seconds: int) -> Session:
    """A pair that is so much older takes the session's place; its row is replaced at once."""
    deployment, owner = session.customer.deployment, session.customer
    forge, table = deployment.need_forge(), deployment.need_table()
    taken = {other.exp for other in owner.sessions}
    while session.exp - seconds in taken:
        seconds += 1
    shifted = {
        name: value - seconds
        for name, value in session.claims.items()
        if name in ("exp", "refresh_expiry", "iat")
    }
    refresh_token = forge.refresh_token(owner.id, shifted["exp"])
    old = session.row or session.stored()
    if old is None:
        raise SuiteError("a test aged a session that had ended already")
    new = _rekeyed(old, forge.hash_of(refresh_token), shifted["refresh_expiry"])
    table.replace(old, new)
    aged = replace(
        session,
        token=deployment.add_access_token(forge.mint({**session.claims, **shifted})),
        refresh_token=refresh_token,
        row=new,
    )
    owner.sessions.append(aged)
    return aged


def begun_earlier(session: Session, seconds: int) -> Session:
    """A pair like this one of a session that began so much earlier and has slid on until now.

    NotTestable where no session can be forged, or neither the token nor its row says when it began.
    """
    deployment, owner = session.customer.deployment, session.customer
    deployment.need_forging()
    forge, table = deployment.need_forge(), deployment.need_table()
    old = session.row or session.stored()
    marks = _times(session.claims, but=("customer_id", "exp", "refresh_expiry", "iat"))
    if old is None or not marks:
        raise NotTestable("clock")
    now = int(deployment.clock.now())
    moved = {name: value - seconds for name, value in marks.items()}
    life = {"exp": now - 1 - len(owner.sessions), "refresh_expiry": now + ENOUGH}
    claims = {**session.claims, **moved, **life}
    refresh_token = forge.refresh_token(owner.id, claims["exp"])
    row = _rekeyed(old, forge.hash_of(refresh_token), claims["refresh_expiry"])
    table.write(row)
    token = deployment.add_access_token(forge.mint(claims))
    forged = replace(session, token=token, refresh_token=refresh_token, row=row)
    owner.sessions.append(forged)
    return forged


def _times(members: Mapping[str, Any], but: tuple[str, ...]) -> dict[str, int]:
    """The members that are moments of our days, in epoch seconds."""
    return {
        name: value
        for name, value in members.items()
        if name not in but and isinstance(value, int) and 1_000_000_000 < value < 10_000_000_000
    }


def _rekeyed(old: Row, hash_: str, ttl: int) -> Row:
    """The row under another hash and expiry; the type that its ttl was stored in is kept."""
    attributes = {**old.attributes, "refresh_token_hash": {"S": hash_}}
    if old.ttl_type is not None:
        attributes["ttl"] = {old.ttl_type: str(ttl)}
    return Row(attributes)
