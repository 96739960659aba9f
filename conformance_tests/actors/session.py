"""One token pair in a customer's hands: what it says, what it does, how it expires.

A session is brought to a moment of its life in the best way that the target offers: move the clock;
or put a forged older pair in its place; or really wait; or NotTestable.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from conformance_tests import strict_json
from conformance_tests.actors import developed_rows
from conformance_tests.deployment.http.load import Load
from conformance_tests.deployment.row import Row
from conformance_tests.good_calls import JWT, ROW, TIMES
from conformance_tests.outcomes import NotTestable, Violation, good_call

if TYPE_CHECKING:
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.deployment.http.answer import Answer

#: How often a test renews one session to see its absolute end.
MOST_RENEWALS = 100
#: Seconds that a test needs for what it does with a session that it has waited for.
SOON = 4
#: The last second of the year 9999: no later one is a time.
LAST_SECOND = 253_402_300_799
#: Seconds of refresh that a forged session has left.
ENOUGH = 300
NO_ROW = ("a row for this session", "no such row", ROW)
#: Attributes that no implementation knows, one of each kind.
UNKNOWN_ATTRIBUTES: Mapping[str, Mapping[str, Any]] = {
    "conformance_text": {"S": "ünknown"},
    "conformance_number": {"N": "-1.5e3"},
    "conformance_bytes": {"B": b"\x00\xff"},
    "conformance_bool": {"BOOL": True},
    "conformance_null": {"NULL": True},
    "conformance_list": {"L": [{"S": "one"}, {"N": "2"}]},
    "conformance_map": {"M": {"inner": {"S": "text"}}},
    "conformance_set": {"SS": ["a", "b"]},
}


class Owner(Protocol):
    """What a session needs of the customer in whose hands it is."""

    deployment: Deployment
    sessions: list[Session]

    @property
    def id(self) -> int | str: ...
    @property
    def must_wait(self) -> bool: ...
    def on(self, deployment: Deployment) -> Owner: ...
    def rows(self) -> list[Row]: ...
    def mark_active(self) -> None: ...
    def wait_for_new_second(self) -> None: ...
    def need_unfenced(self, exp: int) -> None: ...
    def session_from(self, answer: Answer) -> Session: ...
    def successor_of(self, session: Session) -> Session: ...


@dataclass(frozen=True, eq=False, repr=False)
class Session:
    """One token pair in a customer's hands; `row` is known where it was seen to appear."""

    customer: Owner
    token: str
    refresh_token: str
    row: Row | None = None

    def refresh(self) -> Answer:
        answer = self.customer.deployment.client.refresh(self.token, self.refresh_token)
        if (self.token, self.refresh_token) not in answer.pairs:
            self.customer.mark_active()  # a rotation or a burn may have happened
        return answer

    def revoke(self) -> Answer:
        return self.customer.deployment.client.revoke(self.token, self.refresh_token)

    def altered(self, *, token: str | None = None, refresh_token: str | None = None) -> Session:
        """The same session with one of its tokens exchanged for another text."""
        return replace(
            self,
            token=self.token if token is None else token,
            refresh_token=self.refresh_token if refresh_token is None else refresh_token,
        )

    def on(self, deployment: Deployment) -> Session:
        """The same session presented to another instance on the same table."""
        return replace(self, customer=self.customer.on(deployment))

    # -- what the token says -------------------------------------------------------------------

    @property
    def claims(self) -> dict[str, Any]:
        """The access token's payload, unverified."""
        return claims_of(self.token)

    @property
    def header(self) -> dict[str, Any]:
        """The access token's header, unverified."""
        return header_of(self.token)

    @property
    def is_jwt(self) -> bool:
        """Whether the access token has claims that can be read."""
        try:
            return bool(self.claims)
        except Violation:
            return False

    @property
    def exp(self) -> int:
        return self._seconds("exp", self.claims.get("exp"))

    @property
    def refresh_expiry(self) -> int:
        """The claim, or the row's ttl where the token carries none and need not."""
        claimed, deployment = self.claims.get("refresh_expiry"), self.customer.deployment
        if claimed is None and (deployment.table is not None or not deployment.derives):
            row = self.stored()
            claimed = row.ttl if row is not None else None
        return self._seconds("refresh_expiry (or the row's ttl)", claimed)

    @staticmethod
    def _seconds(name: str, value: Any) -> int:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or abs(value) > LAST_SECOND:
            raise Violation(f"{name} to be epoch seconds", f"{value!r}", TIMES)
        return int(value)

    # -- what the table says -------------------------------------------------------------------

    @property
    def hash(self) -> str:
        """The key of the session's row; NotTestable where it can neither be derived nor seen."""
        if self.row is not None:
            return self.row.hash
        deployment = self.customer.deployment
        if deployment.forge is None or not deployment.can_hash:
            why = deployment.wrong_secret or deployment.odd_pairs
            raise NotTestable(deployment.forging_lacks, why)
        return deployment.forge.hash_of(self.refresh_token)

    def stored(self) -> Row | None:
        """The session's row as it is now, or None; NotTestable where it cannot be seen."""
        if self.customer.deployment.developer is not None:
            return next((row for row in self.customer.rows() if row.hash == self.hash), None)
        return self.customer.deployment.need_table().row(self.customer.id, self.hash)

    def annotated(self) -> Session:
        """This session, its row holding one more attribute of each kind that a table knows."""
        row = self.row or self.stored()
        if row is None:
            raise Violation(*NO_ROW)
        annotated = Row({**row.attributes, **UNKNOWN_ATTRIBUTES})
        self.customer.deployment.need_table().write(annotated)
        return replace(self, row=annotated)

    # -- time ----------------------------------------------------------------------------------

    @property
    def must_wait(self) -> bool:
        """Whether it expires by waiting alone."""
        return self.customer.must_wait

    def expired(self) -> Session:
        """This session once its access token has expired (its refresh token has not)."""
        return expired(self)[0]

    def expired_by_replacing(self) -> Session:
        """This session expired at once, where an older pair takes its place.

        Elsewhere it is left as it is, to be expired later. One that has ended has no place to take.
        """
        replaced = not (self.customer.deployment.clock.moves_now or self.must_wait)
        return self.expired() if replaced else self

    def ended(self) -> Session:
        """This session once its refresh token has expired too."""
        return reach([self], lambda session, margin: session.refresh_expiry + 1 + margin)[0]

    def with_left(self, seconds: int) -> Session:
        """This session, its access token expired, with so many seconds of refresh left."""
        return reach([self], lambda session, margin: session.refresh_expiry - seconds)[0]

    def absolute_end(self) -> float:
        """The absolute end of the session, where the deployment declares one; else infinity."""
        minutes = self.customer.deployment.features.max_session_minutes
        begun = self.claims.get("auth_time", self.claims.get("iat", 0))
        return begun + minutes * 60 if minutes else math.inf

    def next_renewal(self, end: float) -> float | None:
        """When it is about to run out or to end; None where it is live until then.

        NotTestable where it would have to be renewed too often to get there.
        """
        deployment = self.customer.deployment
        lifetimes, margin = deployment.lifetimes, deployment.clock.margin
        left = max(1, min(lifetimes.refresh - lifetimes.access, lifetimes.refresh // 10) - margin)
        if (end - self.refresh_expiry) / (lifetimes.refresh - left) > MOST_RENEWALS:
            raise NotTestable("clock", f"more than {MOST_RENEWALS} renewals until the absolute end")
        moment = min(self.refresh_expiry, end) - left
        return moment if moment >= self.exp + margin else None

    def begun_earlier(self, seconds: int) -> Session:
        """A pair like this one, of a session that began so much earlier and has slid until now.

        NotTestable where no session can be forged, or neither token nor row says when it began.
        """
        deployment = self.customer.deployment
        deployment.need_forging()
        old = self.row or self.stored()
        marks = _times(self.claims, but=("customer_id", "exp", "refresh_expiry", "iat"))
        if old is None or not marks:
            raise NotTestable("clock")
        now = int(deployment.clock.now())
        moved = {name: value - seconds for name, value in marks.items()}
        exp = now - 1 - len(self.customer.sessions)
        claims = {**self.claims, **moved, "exp": exp, "refresh_expiry": now + ENOUGH}
        if deployment.table is None:
            forged = _developed(self, claims)
        else:
            forged, row = _forged(self, old, claims)
            deployment.table.write(row)
        self.customer.sessions.append(forged)
        return forged


def expired(*sessions: Session) -> list[Session]:
    """These sessions with their access tokens expired.

    NotTestable where the wait took so long that a session is over: other tests were at work.
    """
    reached = reach(sessions, lambda session, margin: session.exp + margin)
    deployment = sessions[0].customer.deployment
    soon = deployment.clock.now() + SOON
    ends = [session.claims.get("refresh_expiry") for session in reached]
    waited = any(session.must_wait for session in sessions)
    if waited and any(isinstance(end, int) and end < soon for end in ends):
        raise NotTestable("clock", "the wait for a token to run out ended when its session did")
    return reached


def load(sessions: Sequence[Session], at_once: int) -> Load:
    """A refresh of each session, on so many connections at once."""
    deployment = sessions[0].customer.deployment
    request = deployment.client.refresh_request
    requests = [request(session.token, session.refresh_token) for session in sessions]
    http, transport = deployment.target.http, deployment.wiring.transport
    return Load(requests, http, at_once, transport, deployment.recorder)


def reach(sessions: Sequence[Session], when: Callable[[Session, int], int]) -> list[Session]:
    """These sessions at a moment of each; `when` gets the session and the clock's margin."""
    deployment = sessions[0].customer.deployment
    clock = deployment.clock
    moments = [when(session, clock.margin) for session in sessions]
    if not clock.moves_now and not any(session.must_wait for session in sessions):
        return [
            aged(session, moment - int(clock.now())) if moment > clock.now() else session
            for session, moment in zip(sessions, moments, strict=True)
        ]
    ahead = max(moments) - clock.now()
    if ahead > 0:
        if not clock.moves_now:
            deployment.tell(f"waiting {ahead:.0f} s until a token has run out")
        clock.move_to(max(moments))
    return list(sessions)


def aged(session: Session, seconds: int) -> Session:
    """A pair that is so much older takes the session's place; its row is replaced at once."""
    owner = session.customer
    taken = {other.exp for other in owner.sessions}
    while session.exp - seconds in taken:
        seconds += 1
    shifted = {
        name: session._seconds(name, value) - seconds
        for name, value in session.claims.items()
        if name in ("exp", "refresh_expiry", "iat", "auth_time")
    }
    claims = {**session.claims, **shifted}
    older = _replaced(session, claims) if owner.deployment.table else _developed(session, claims)
    owner.sessions.append(older)
    return older


def _replaced(session: Session, claims: Mapping[str, Any]) -> Session:
    """A pair of these claims, whose row takes the place of the session's row at once."""
    old = session.row or session.stored()
    if old is None:
        raise Violation(*NO_ROW)
    older, row = _forged(session, old, claims)
    if not session.customer.deployment.need_table().replace(old, row):
        raise Violation(*NO_ROW)
    return older


def _developed(session: Session, claims: Mapping[str, Any]) -> Session:
    """The same by development operations."""
    owner, deployment = session.customer, session.customer.deployment
    forge = deployment.need_forge()
    if session.stored() is None:
        raise Violation(*NO_ROW)
    refresh_token = forge.refresh_token(owner.id, claims["exp"])
    developed_rows.remove(deployment, owner.id, session.refresh_token)
    row = developed_rows.write(deployment, owner.id, refresh_token, claims["refresh_expiry"])
    token = deployment.add_access_token(forge.mint(claims))
    return replace(session, token=token, refresh_token=refresh_token, row=row)


def _forged(session: Session, old: Row, claims: Mapping[str, Any]) -> tuple[Session, Row]:
    """The session with these claims, and its row; the type that the ttl was stored in is kept."""
    deployment, owner = session.customer.deployment, session.customer
    owner.need_unfenced(claims["exp"])
    forge = deployment.need_forge()
    refresh_token = forge.refresh_token(owner.id, claims["exp"])
    attributes = {**old.attributes, "refresh_token_hash": {"S": forge.hash_of(refresh_token)}}
    if attributes.get("exp") == {"N": str(session.claims.get("exp"))}:
        attributes["exp"] = {"N": str(claims["exp"])}
    if old.ttl_type is not None:
        attributes["ttl"] = {old.ttl_type: str(claims["refresh_expiry"])}
    token, row = deployment.add_access_token(forge.mint(claims)), Row(attributes)
    return replace(session, token=token, refresh_token=refresh_token, row=row), row


def _times(members: Mapping[str, Any], but: tuple[str, ...]) -> dict[str, int]:
    """The members that are moments of our days, in epoch seconds."""
    return {
        name: value
        for name, value in members.items()
        if name not in but and isinstance(value, int) and 1_000_000_000 < value < 10_000_000_000
    }


def claims_of(token: str) -> dict[str, Any]:
    """The payload of a compact JWS, unverified; Violation where there is none."""
    return _part_of(token, 1, "payload")


def header_of(token: str) -> dict[str, Any]:
    """The header of a compact JWS, unverified; Violation where there is none."""
    return _part_of(token, 0, "header")


@good_call(*JWT)
def _part_of(token: str, place: int, name: str) -> dict[str, Any]:
    try:
        part = token.split(".")[place]
        members = strict_json.read(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError) as error:
        expected = f"an access token that is a JWT with a JSON {name}"
        raise Violation(expected, "another text") from error
    if not isinstance(members, dict):
        raise Violation(f"a JWT whose {name} is a JSON object", type(members).__name__)
    return members
