"""Defects of the access token at work: who may ask a host's own query, and about whom."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest

from reference_auth.api import schema
from reference_auth.api.request import AuthRequest
from reference_auth.core import lifetimes, tokens
from reference_auth.core.errors import SERVER, AccessExpired, BadAccessToken, NotSignedIn
from reference_auth.core.judge import Presented
from reference_auth.core.rows import partition_of
from reference_auth.core.tokens import Claims, CustomerId, TokenPair
from reference_auth.flow.flow import Flow
from reference_auth.serve import demo
from reference_auth.store import items
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around


def asks(patch: pytest.MonkeyPatch, claims: Callable[[AuthRequest], Claims]) -> None:
    """Who is signed in is found out otherwise."""
    patch.setattr(AuthRequest, "live_claims", claims)


@mutant("API-01")
def answers_about_the_first_customer(patch: pytest.MonkeyPatch) -> None:
    """Whoever is signed in is told about alice."""
    patch.setattr(demo, "current_customer", lambda info: demo.ALICE.customer_id)


@mutant("API-01")
def answers_one_customer_about_the_other(patch: pytest.MonkeyPatch) -> None:
    """Alice is told about bob, and bob about alice."""
    current_customer = schema.current_customer
    both = [demo.ALICE.customer_id, demo.BOB.customer_id]

    def other(info: Any) -> CustomerId:
        return both[1 - both.index(current_customer(info))]

    patch.setattr(demo, "current_customer", other)


@mutant("API-01")
def knows_customers_by_the_beginning_of_their_ids(patch: pytest.MonkeyPatch) -> None:
    """Who begins as an earlier customer does is taken for that customer."""
    live_claims, known = AuthRequest.live_claims, dict[str, CustomerId]()

    def claims(self: AuthRequest) -> Claims:
        found = live_claims(self)
        first = known.setdefault(str(found.customer_id)[:2], found.customer_id)
        return replace(found, customer_id=first)

    asks(patch, claims)


@mutant("API-01")
def closes_every_device_at_a_logout(patch: pytest.MonkeyPatch) -> None:
    """After a logout the query is closed to every access token that the customer had by then."""
    live_claims, logged_out = AuthRequest.live_claims, dict[CustomerId, int]()

    async def revoke(original: Any, flow: Flow, *given: Any) -> bool:
        ended: bool = await original(flow, *given)
        now = given[2]
        logged_out[flow.present(*given).claims.customer_id] = now + flow.config.lifetimes.access
        return ended

    def claims(self: AuthRequest) -> Claims:
        found = live_claims(self)
        if found.exp < logged_out.get(found.customer_id, 0):
            raise AccessExpired
        return found

    around(patch, Flow, "revoke", revoke)
    asks(patch, claims)


@mutant("API-02")
def answers_nobody(patch: pytest.MonkeyPatch) -> None:
    """Without an Authorization header the query is answered for a guest."""
    live_claims = AuthRequest.live_claims

    def claims(self: AuthRequest) -> Claims:
        return live_claims(self) if self.authorization else Claims("guest", 0, 0)

    asks(patch, claims)


@mutant("API-02")
def blames_itself_when_nobody_asks(patch: pytest.MonkeyPatch) -> None:
    """Without an Authorization header the answer says "try again"."""
    patch.setattr(NotSignedIn, "category", SERVER)


def at(request: AuthRequest, now: int) -> AuthRequest:
    """The same request, at another time."""
    return replace(request, service=replace(request.service, clock=lambda: now))


@mutant("API-03")
def answers_an_expired_token(patch: pytest.MonkeyPatch) -> None:
    """The query does not look at `exp`."""
    live_claims = AuthRequest.live_claims
    asks(patch, lambda self: live_claims(at(self, 0)))


@mutant("API-03")
def answers_a_token_at_its_last_second(patch: pytest.MonkeyPatch) -> None:
    """At second `exp` itself the query is still answered."""
    live_claims = AuthRequest.live_claims
    asks(patch, lambda self: live_claims(at(self, self.now - 1)))


@mutant("API-04")
def answers_a_token_that_anybody_signed(patch: pytest.MonkeyPatch) -> None:
    """The query reads a token's payload and leaves its signature alone."""

    def claims(self: AuthRequest) -> Claims:
        if not self.authorization:
            raise NotSignedIn
        payload = [*self.access_token.split("."), ""][1]
        found = tokens.read_claims(
            tokens.parse_members(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        )
        if not tokens.is_live(found, self.now):
            raise AccessExpired
        return found

    asks(patch, claims)


@mutant("API-04", also="API-02")
def answers_an_unsigned_token(patch: pytest.MonkeyPatch) -> None:
    """The query believes a token whose header says that it is not signed."""
    live_claims = AuthRequest.live_claims

    def claims(self: AuthRequest) -> Claims:
        head, _, rest = (self.authorization or ["-"])[0].partition(".")
        algorithm = '"alg":"none"' in _decoded(head.rpartition(" ")[2]).replace(" ", "")
        payload = _decoded(rest.partition(".")[0]) if algorithm else ""
        return tokens.read_claims(json.loads(payload)) if payload else live_claims(self)

    asks(patch, claims)


@mutant("API-04")
def answers_a_token_under_a_longer_hash(patch: pytest.MonkeyPatch) -> None:
    """The query takes HS384 and HS512 as well."""
    live_claims = AuthRequest.live_claims

    def claims(self: AuthRequest) -> Claims:
        try:
            return live_claims(self)
        except BadAccessToken:
            longer = ["HS384", "HS512"]
            signer, secret = jwt.PyJWS(), self.service.config.secret
            try:
                found = signer.decode(self.access_token, secret, algorithms=longer)
            except jwt.PyJWTError:
                raise BadAccessToken("signature") from None
            return tokens.read_claims(json.loads(found))

    asks(patch, claims)


def _decoded(part: str) -> str:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")


@mutant("API-05")
def answers_a_refresh_token(patch: pytest.MonkeyPatch) -> None:
    """The query takes whatever has the form of a token of ours."""
    live_claims = AuthRequest.live_claims

    def claims(self: AuthRequest) -> Claims:
        if self.authorization and tokens.is_refresh_token(self.access_token):
            return Claims("somebody", 0, 0)
        return live_claims(self)

    asks(patch, claims)


@mutant("CORE-19")
def knows_the_scheme_in_one_spelling_at_the_query(patch: pytest.MonkeyPatch) -> None:
    """The query is closed where the scheme is not written `Bearer`; refresh and revoke are not."""
    live_claims = AuthRequest.live_claims

    def claims(self: AuthRequest) -> Claims:
        if not all(value.startswith("Bearer") for value in self.authorization):
            raise NotSignedIn
        return live_claims(self)

    asks(patch, claims)


@mutant("HARD-31")
def writes_down_who_asked_the_query(patch: pytest.MonkeyPatch) -> None:
    """The query notes its time in the session's row, and writes one where none is left."""
    live_claims = AuthRequest.live_claims

    def claims(self: AuthRequest) -> Claims:
        found, flow = live_claims(self), self.service.flow
        secret = flow.config.secret
        hash_ = tokens.hash_of(tokens.derive(found.customer_id, found.exp, secret), secret)
        flow.sessions.storage._client.update_item(
            TableName=flow.config.table,
            Key=items.key(partition_of(found.customer_id), hash_),
            UpdateExpression="SET #seen = :now",
            ExpressionAttributeNames={"#seen": "seen"},
            ExpressionAttributeValues={":now": items.number(self.now)},
        )
        return found

    asks(patch, claims)


@mutant("API-06")
def answers_the_tokens_of_young_sessions_only(patch: pytest.MonkeyPatch) -> None:
    """The query is closed to a token whose session began hours before it."""
    live_claims = AuthRequest.live_claims

    def claims(self: AuthRequest) -> Claims:
        found = live_claims(self)
        if found.session is not None and found.exp - found.session > 10_000:
            raise AccessExpired
        return found

    asks(patch, claims)


@mutant("API-06")
def answers_the_tokens_of_logins_only(patch: pytest.MonkeyPatch) -> None:
    """A rotation leaves `iat` out, and the query refuses a token that does not say its age."""
    next_claims, live_claims = lifetimes.next_claims, AuthRequest.live_claims

    def claims(self: AuthRequest) -> Claims:
        found = live_claims(self)
        if found.iat is None:
            raise AccessExpired
        return found

    patch.setattr(lifetimes, "next_claims", lambda *given: replace(next_claims(*given), iat=None))
    asks(patch, claims)


@mutant("API-06")
def answers_only_the_first_two_tokens_of_a_session(patch: pytest.MonkeyPatch) -> None:
    """The query is closed to a token that came of a second rotation."""
    live_claims, renewed_again = AuthRequest.live_claims, set[tuple[CustomerId, int]]()

    async def rotate(original: Any, flow: Flow, old: Presented) -> Any:
        expected = await old.row()
        row = await flow.sessions.read(expected.customer_id, expected.hash)
        pair: TokenPair = await original(flow, old)
        if row is not None and row.rotated_from is not None:
            renewed = tokens.verify(pair.token, flow.config.secret, old.now)
            renewed_again.add((renewed.customer_id, renewed.exp))
        return pair

    def claims(self: AuthRequest) -> Claims:
        found = live_claims(self)
        if (found.customer_id, found.exp) in renewed_again:
            raise AccessExpired
        return found

    around(patch, Flow, "rotate", rotate)
    asks(patch, claims)
