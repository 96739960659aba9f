"""Defects of the access token: what it says, how it is signed, and which ones are taken."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryOptional, get_object_definition

from reference_auth.api import endpoint, schema
from reference_auth.core import lifetimes, tokens
from reference_auth.core.errors import BadAccessToken, StorageError, WrongCredentials
from reference_auth.core.judge import Presented
from reference_auth.core.rows import Row
from reference_auth.core.tokens import AccessToken, Claims
from reference_auth.flow.flow import Flow
from reference_auth.serve import app, demo
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, is_remembered

Members = Mapping[str, Any]


@mutant("WIRE-01", known_as="M37")
def decodes_the_secret_before_it_signs(patch: pytest.MonkeyPatch) -> None:
    """The secret is taken for base64, and its bytes are the key."""
    patch.setattr(tokens._AnyLengthHmac, "prepare_key", lambda self, key: base64.b64decode(key))


@mutant("WIRE-01")
def gives_access_tokens_a_type_of_their_own(patch: pytest.MonkeyPatch) -> None:
    """The header's `typ` is `at+jwt`."""
    patch.setattr(tokens, "HEADER", {**tokens.HEADER, "typ": "at+jwt"})


@mutant("WIRE-01", also="HARD-29")
def pads_the_signature(patch: pytest.MonkeyPatch) -> None:
    """The last part of an access token is base64 with its padding, and is taken so too."""

    def verified_payload(original: Any, token: str, secret: str) -> bytes:
        return bytes(original(token.rstrip("="), secret))

    around(patch, tokens, "mint", lambda original, *args: original(*args) + "=")
    around(patch, tokens, "verified_payload", verified_payload)


@mutant("WIRE-02", also="HARD-33 HARD-04", known_as="M39")
def writes_exp_with_a_fraction(patch: pytest.MonkeyPatch) -> None:
    """`exp` is a number with a point, and is read as one."""
    _write(patch, "exp", float)


@mutant("WIRE-02", also="CORE-07 CORE-14 HARD-04", known_as="M39")
def renews_with_exp_as_text(patch: pytest.MonkeyPatch) -> None:
    """From a rotation on `exp` is a text, and is read as one."""

    async def replaced(original: Any, flow: Flow, *args: Any) -> tokens.TokenPair:
        pair: tokens.TokenPair = await original(flow, *args)
        members = tokens.parse_members(tokens.verified_payload(pair.token, flow.config.secret))
        payload = json.dumps({**members, "exp": str(members["exp"])}).encode()
        signed = tokens._signer().encode(payload, flow.config.secret, headers=dict(tokens.HEADER))
        return replace(pair, token=AccessToken(signed))

    around(patch, Flow, "replace_row", replaced)
    _read(patch, "exp", str)


@mutant("WIRE-02", also="HARD-05 STORE-04 STORE-07", known_as="M39")
def writes_the_refresh_expiry_as_text(patch: pytest.MonkeyPatch) -> None:
    """`refresh_expiry` is a text, and is read as one."""
    _write(patch, "refresh_expiry", str)


def _write(patch: pytest.MonkeyPatch, claim: str, kind: type[float] | type[str]) -> None:
    def payload_of(original: Any, claims: Claims) -> Members:
        members: Members = original(claims)
        return {**members, claim: kind(members[claim])}

    around(patch, tokens, "payload_of", payload_of)
    _read(patch, claim, kind)


def _read(patch: pytest.MonkeyPatch, claim: str, kind: type[float] | type[str]) -> None:
    def read_claims(original: Any, members: Members) -> Claims:
        value: Any = members.get(claim)
        read = int(value) if isinstance(value, kind) else value
        claims: Claims = original({**members, claim: read})
        return claims

    around(patch, tokens, "read_claims", read_claims)


@mutant("WIRE-03", known_as="M16")
def refuses_a_token_from_a_faster_clock(patch: pytest.MonkeyPatch) -> None:
    """A token whose `iat` is still to come is not genuine."""

    def is_past_nbf(original: Any, members: Members, now: int) -> bool:
        return bool(original(members, now)) and members.get("iat", now) <= now

    around(patch, tokens, "is_past_nbf", is_past_nbf)


@mutant("WIRE-03", also="CORE-07 WIRE-08")
def refuses_claims_that_it_does_not_know(patch: pytest.MonkeyPatch) -> None:
    """A token with a claim that no login writes is not genuine."""
    known = {"customer_id", "exp", "refresh_expiry", "iat", "auth_time", "nbf"}

    def read_claims(original: Any, members: Members) -> Claims:
        if set(members) - known:
            raise BadAccessToken("payload")
        claims: Claims = original(members)
        return claims

    around(patch, tokens, "read_claims", read_claims)


@mutant("WIRE-04")
def puts_the_email_into_the_token(patch: pytest.MonkeyPatch) -> None:
    """The payload holds the customer's e-mail."""

    def payload_of(original: Any, claims: Claims) -> Members:
        email = demo.DIRECTORY.email_of(claims.customer_id)
        return {**original(claims), **({"email": email} if email else {})}

    around(patch, tokens, "payload_of", payload_of)


@mutant("WIRE-04")
def puts_the_email_into_the_token_of_a_remembered_session(patch: pytest.MonkeyPatch) -> None:
    """The payload holds the customer's e-mail where the session lasts for days."""

    def payload_of(original: Any, claims: Claims) -> Members:
        email = demo.DIRECTORY.email_of(claims.customer_id) if is_remembered(claims) else None
        return {**original(claims), **({"email": email} if email else {})}

    around(patch, tokens, "payload_of", payload_of)


@mutant("WIRE-04")
def puts_the_refresh_token_into_the_access_token(patch: pytest.MonkeyPatch) -> None:
    """The payload holds the refresh token that belongs to it."""
    _sign_with(patch, lambda claims, secret: tokens.derive(claims.customer_id, claims.exp, secret))


@mutant("WIRE-04")
def puts_the_secret_into_the_token(patch: pytest.MonkeyPatch) -> None:
    """The payload holds the secret as the key's id."""
    _sign_with(patch, lambda claims, secret: secret)


@mutant("WIRE-04")
def puts_the_spent_refresh_token_into_a_renewed_token(patch: pytest.MonkeyPatch) -> None:
    """The payload that a rotation signs holds the refresh token that it replaced."""
    _sign_the_spent_one_with(patch, lambda row: True)


@mutant("WIRE-04")
def puts_the_spent_refresh_token_into_a_token_that_is_renewed_again(
    patch: pytest.MonkeyPatch,
) -> None:
    """So does that of a second rotation, and no earlier one."""
    _sign_the_spent_one_with(patch, lambda row: row.rotated_from is not None)


def _sign_the_spent_one_with(patch: pytest.MonkeyPatch, takes: Callable[[Row], bool]) -> None:
    """Put the refresh token that a rotation replaces into the new token, if its row is taken."""

    async def rotate(original: Any, flow: Flow, old: Presented) -> Any:
        expected = await old.row()
        row = await flow.sessions.read(expected.customer_id, expected.hash)
        pair: tokens.TokenPair = await original(flow, old)
        if row is None or not takes(row):
            return pair
        secret = flow.config.secret
        signed = _signed(tokens.verify(pair.token, secret, old.now), secret, old.pair.refresh_token)
        return replace(pair, token=AccessToken(signed))

    around(patch, Flow, "rotate", rotate)


def _sign_with(patch: pytest.MonkeyPatch, make: Any) -> None:
    def mint(original: Any, claims: Claims, secret: str) -> str:
        return _signed(claims, secret, make(claims, secret))

    around(patch, tokens, "mint", mint)


def _signed(claims: Claims, secret: str, jti: str) -> str:
    payload = json.dumps({**tokens.payload_of(claims), "jti": jti}, separators=(",", ":")).encode()
    return tokens._signer().encode(payload, secret, headers=dict(tokens.HEADER))


@mutant("WIRE-08", also="CORE-07")
def takes_only_tokens_of_its_own_make(patch: pytest.MonkeyPatch) -> None:
    """A genuine token of another node, which names no issuer, is refused."""

    def read_claims(original: Any, members: Members) -> Claims:
        if members.get("iss") != "reference":
            raise BadAccessToken("payload")
        claims: Claims = original(members)
        return claims

    def payload_of(original: Any, claims: Claims) -> Members:
        return {**original(claims), "iss": "reference"}

    around(patch, tokens, "read_claims", read_claims)
    around(patch, tokens, "payload_of", payload_of)


@mutant("WIRE-08")
def makes_a_number_of_an_id_in_digits(patch: pytest.MonkeyPatch) -> None:
    """A customer_id that is a text of digits goes on as a number."""

    def read_claims(original: Any, members: Members) -> Claims:
        claims: Claims = original(members)
        is_number = str(claims.customer_id).isdecimal()
        return replace(claims, customer_id=int(claims.customer_id)) if is_number else claims

    around(patch, tokens, "read_claims", read_claims)


@mutant("WIRE-08", known_as="M38")
def makes_a_text_of_every_id(patch: pytest.MonkeyPatch) -> None:
    """Every token, of a login too, has its customer_id as a text."""

    def payload_of(original: Any, claims: Claims) -> Members:
        return {**original(claims), "customer_id": str(claims.customer_id)}

    around(patch, tokens, "payload_of", payload_of)


@mutant("WIRE-13")
def signs_with_an_iat_of_the_next_minute(patch: pytest.MonkeyPatch) -> None:
    """A token says that it was issued a minute later than it was."""

    def payload_of(original: Any, claims: Claims) -> Members:
        members: Members = original(claims)
        return {**members, "iat": (claims.iat or 0) + 60}

    around(patch, tokens, "payload_of", payload_of)


@mutant("WIRE-13")
def says_iat_in_milliseconds(patch: pytest.MonkeyPatch) -> None:
    """`iat` is the number of milliseconds."""

    def payload_of(original: Any, claims: Claims) -> Members:
        members: Members = original(claims)
        return {**members, "iat": 1000 * (claims.iat or 0)}

    around(patch, tokens, "payload_of", payload_of)


@mutant("WIRE-10", known_as="M42")
def moves_exp_up_when_a_second_is_taken(patch: pytest.MonkeyPatch) -> None:
    """A pair of a second that is taken gets a later `exp`, by ten seconds each time."""

    def candidates(original: Any, claims: Claims, now: int) -> Iterator[Claims]:
        return (replace(claims, exp=claims.exp + 10 * shift) for shift in count())

    around(patch, lifetimes, "claims_to_try", candidates)


@mutant("WIRE-11", also="RACE-02", known_as="M56")
def writes_remember_me_in_camel_case(patch: pytest.MonkeyPatch) -> None:
    """An argument is called as GraphQL libraries like it: `rememberMe`."""
    patch.setattr(app, "make_schema", app.make_schema.__wrapped__)

    def from_argument(original: Any, names: Any, argument: Any) -> str:
        return "rememberMe" if argument.python_name == "remember_me" else original(names, argument)

    around(patch, NameConverter, "from_argument", from_argument)


@mutant("WIRE-11")
def lets_the_result_of_a_revoke_be_null(patch: pytest.MonkeyPatch) -> None:
    """`result` is declared nullable."""
    [result] = get_object_definition(schema.RevokeCustomerTokenOutput, strict=True).fields
    patch.setattr(app, "make_schema", app.make_schema.__wrapped__)
    patch.setattr(result, "type", StrawberryOptional(bool))


@mutant("WIRE-12")
def gives_wrong_credentials_a_word_of_its_own(patch: pytest.MonkeyPatch) -> None:
    """A refused login has a category that is none of GraphQL's."""
    patch.setattr(WrongCredentials, "category", "wrong-credentials")


@mutant("FAULT-05")
def has_no_word_for_a_login_that_cannot_be_stored(patch: pytest.MonkeyPatch) -> None:
    """Storage trouble is told with the category `graphql-undefined`."""
    patch.setattr(StorageError, "category", "graphql-undefined")


@mutant("WIRE-12")
def gives_a_category_to_the_first_refusal_alone(patch: pytest.MonkeyPatch) -> None:
    """Of several refusals in one document only the first has a category."""

    def body_of(original: Any, result: Any) -> dict[str, Any]:
        body: dict[str, Any] = original(result)
        for error in body.get("errors", [])[1:]:
            error.pop("extensions", None)
        return body

    around(patch, endpoint, "body_of", body_of)


@mutant("WIRE-12")
def answers_an_error_without_the_field(patch: pytest.MonkeyPatch) -> None:
    """Where there are errors the whole of `data` is null."""

    def body_of(original: Any, result: Any) -> dict[str, Any]:
        body: dict[str, Any] = original(result)
        return {**body, "data": None} if "errors" in body else body

    around(patch, endpoint, "body_of", body_of)
