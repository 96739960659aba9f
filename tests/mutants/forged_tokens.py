"""Defects of a verifier: what it takes for genuine that its secret did not vouch for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.request import urlopen

import jwt
import pytest

from reference_auth.core import tokens
from reference_auth.core.config import Secret
from reference_auth.core.errors import BadAccessToken, NoSuchSession
from reference_auth.core.judge import Presented
from reference_auth.core.rows import partition_of
from reference_auth.core.tokens import AccessToken, Claims, RefreshToken
from reference_auth.flow.flow import Flow
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, around_judging

Members = Mapping[str, Any]


def decoded(part: str) -> bytes:
    """A part of a token, however it is padded."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def unverified(token: str) -> tuple[Members, Members]:
    """Header and payload as anybody can read them; nothing where there is nothing to read."""
    try:
        header, payload = (json.loads(decoded(part)) for part in token.split(".")[:2])
    except (ValueError, binascii.Error):
        return {}, {}
    return header, payload if isinstance(payload, dict) else {}


def opens(patch: pytest.MonkeyPatch, trusts: Callable[[str, str], bool]) -> None:
    """A token's payload is taken unverified where this says so, of token and secret."""
    verified_payload = tokens.verified_payload

    def opened(token: str, secret: str) -> bytes:
        return (
            decoded(token.split(".")[1])
            if trusts(token, secret)
            else verified_payload(AccessToken(token), Secret(secret))
        )

    patch.setattr(tokens, "verified_payload", opened)


def judges(patch: pytest.MonkeyPatch, read: Callable[[Members], Members]) -> None:
    """The members of a payload are read otherwise before they are judged."""
    read_claims = tokens.read_claims
    patch.setattr(tokens, "read_claims", lambda members: read_claims(read(members)))


# -- signatures --------------------------------------------------------------------------------


@mutant(
    "HARD-01",
    also="HARD-02 HARD-04 HARD-06 HARD-17 HARD-29 STORE-12",
    sometimes="STORE-11",  # where the table holds rows of others
    known_as="M12",
)
def burns_for_a_forged_token(patch: pytest.MonkeyPatch) -> None:
    """A token is decoded before it is verified, and the customer whom it names is burned."""

    async def burning(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        try:
            return await original(flow, access_token, refresh_token, now)
        except BadAccessToken:
            if customer_id := unverified(access_token)[1].get("customer_id"):
                await flow.burn.begin(Claims(customer_id, now, now), now)
            raise

    around_judging(patch, burning)


@mutant("HARD-01", also="API-04 HARD-17")
def takes_an_empty_signature(patch: pytest.MonkeyPatch) -> None:
    """A token that says HS256 and has no signature is not verified."""

    def trusts(token: str, secret: str) -> bool:
        return token.count(".") == 2 and token.endswith(".") and alg_of(token) == "HS256"

    opens(patch, trusts)


def alg_of(token: str) -> object:
    return unverified(token)[0].get("alg")


@mutant("HARD-01", also="HARD-34 API-04 HARD-06 HARD-17 HARD-29")
def compares_the_beginning_of_a_signature(patch: pytest.MonkeyPatch) -> None:
    """As much of the signature is compared as was sent."""

    def trusts(token: str, secret: str) -> bool:
        start, _, signature = token.rpartition(".")
        mac = hmac.new(secret.encode(), start.encode(), hashlib.sha256).digest()
        with suppress(ValueError):
            found = decoded(signature)
            return len(found) >= 8 and mac.startswith(found)
        return False

    opens(patch, trusts)


@mutant("HARD-01")
def tidies_up_before_it_verifies(patch: pytest.MonkeyPatch) -> None:
    """A token that says that its session has ended ends the session, whoever signed it."""

    async def refuse_or_burn(original: Any, flow: Flow, presented: Presented) -> Any:
        claims = tokens.read_unverified(presented.pair.token)
        if claims and tokens.is_refresh_expired(claims, presented.now):
            partition = partition_of(claims.customer_id)
            row = await flow.sessions.find(partition, lambda found: found.exp == claims.exp)
            if row is not None:
                await flow.sessions.end(row, [])
        return await original(flow, presented)

    around(patch, Flow, "refuse_or_burn", refuse_or_burn)


@mutant("HARD-01", also="HARD-06 HARD-29 HARD-32")
def takes_a_tampered_token_for_an_expired_one(patch: pytest.MonkeyPatch) -> None:
    """A token that is past its `exp` is read without its signature being looked at."""
    verify = tokens.verify

    def lenient(token: str, secret: str, now: int) -> tokens.Claims:
        header, payload = unverified(token)
        exp = payload.get("exp")
        if header.get("alg") == "HS256" and isinstance(exp, int) and 0 < exp <= now:
            return tokens.read_claims(payload)
        return verify(AccessToken(token), Secret(secret), now)

    patch.setattr(tokens, "verify", lenient)


@mutant("HARD-01", also="HARD-06 HARD-29 HARD-32")
def looks_at_no_signature_after_exp(patch: pytest.MonkeyPatch) -> None:
    """From the second after its `exp` a token is read without its signature being looked at."""
    verify = tokens.verify

    def lenient(token: str, secret: str, now: int) -> tokens.Claims:
        header, payload = unverified(token)
        exp = payload.get("exp")
        if header.get("alg") == "HS256" and isinstance(exp, int) and 0 < exp < now:
            return tokens.read_claims(payload)
        return verify(AccessToken(token), Secret(secret), now)

    patch.setattr(tokens, "verify", lenient)


@mutant("HARD-01", also="API-04 HARD-07 HARD-17")
def takes_the_empty_key(patch: pytest.MonkeyPatch) -> None:
    """A token signed with nothing at all is as good as one signed with the secret."""

    def trusts(token: str, secret: str) -> bool:
        start, _, signature = token.rpartition(".")
        mac = hmac.new(b"", start.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).decode().rstrip("=") == signature

    opens(patch, trusts)


@mutant("HARD-02", also="API-04 HARD-17 HARD-21", known_as="M13")
def accepts_alg_none(patch: pytest.MonkeyPatch) -> None:
    """A token whose header says alg none needs no signature."""
    opens(patch, lambda token, secret: alg_of(token) == "none")


@mutant("HARD-02", also="API-04 HARD-17")
def knows_alg_none_in_lower_case_only(patch: pytest.MonkeyPatch) -> None:
    """The exact word none is refused, and None or NONE is taken for no algorithm all the same."""

    def trusts(token: str, secret: str) -> bool:
        said = alg_of(token)
        return isinstance(said, str) and said.lower() == "none" != said

    opens(patch, trusts)


@mutant("HARD-02", also="API-04 CORE-18 HARD-17 HARD-29")
def accepts_a_token_without_alg(patch: pytest.MonkeyPatch) -> None:
    """A token whose header names no algorithm needs no signature."""
    opens(patch, lambda token, secret: token.count(".") == 2 and alg_of(token) in (None, ""))


@mutant("HARD-03", also="API-04", known_as="M14")
def takes_every_hash_of_the_family(patch: pytest.MonkeyPatch) -> None:
    """HS384 and HS512 are in the list of algorithms."""
    takes_also(patch, "HS384", "HS512")


@mutant("HARD-03", also="API-04", known_as="M14")
def takes_hs384(patch: pytest.MonkeyPatch) -> None:
    """HS384 is in the list of algorithms."""
    takes_also(patch, "HS384")


@mutant("HARD-03", also="API-04", known_as="M14")
def takes_hs512(patch: pytest.MonkeyPatch) -> None:
    """HS512 is in the list of algorithms."""
    takes_also(patch, "HS512")


def takes_also(patch: pytest.MonkeyPatch, *algorithms: str) -> None:
    def trusts(token: str, secret: str) -> bool:
        try:
            jwt.PyJWS().decode(token, secret, algorithms=list(algorithms))
        except jwt.PyJWTError:
            return False
        return True

    opens(patch, trusts)


@mutant("HARD-06", known_as="M15")
def ignores_crit(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the header crit, as older PyJWTs do not."""
    patch.setattr(jwt.PyJWS, "_validate_crit", lambda self, headers: None)


@mutant("HARD-06")
def knows_what_is_critical_when_it_is_there(patch: pytest.MonkeyPatch) -> None:
    """A critical extension counts as understood where the header has a member of its name."""
    validate = jwt.PyJWS._validate_crit

    def lenient(self: jwt.PyJWS, headers: dict[str, Any]) -> None:
        if not set(headers["crit"]) <= headers.keys():
            validate(self, headers)

    patch.setattr(jwt.PyJWS, "_validate_crit", lenient)


# -- keys that a token brings along, and when it begins ----------------------------------------


@mutant("HARD-07")
def ignores_nbf(patch: pytest.MonkeyPatch) -> None:
    """A token is good before the time at which it says that it begins."""
    patch.setattr(tokens, "is_past_nbf", lambda members, now: True)


@mutant("HARD-07")
def ignores_the_nbf_of_an_expired_token(patch: pytest.MonkeyPatch) -> None:
    """Whether a token has begun is asked of live ones alone."""
    is_past_nbf = tokens.is_past_nbf
    patch.setattr(
        tokens,
        "is_past_nbf",
        lambda members, now: has_expired(members, now) or is_past_nbf(members, now),
    )


def has_expired(members: Mapping[str, Any], now: int) -> bool:
    exp = members.get("exp")
    return isinstance(exp, int) and exp < now


@mutant("HARD-07")
def ignores_an_nbf_with_a_fraction(patch: pytest.MonkeyPatch) -> None:
    """Only a whole number of seconds says when a token begins."""
    is_past_nbf = tokens.is_past_nbf
    patch.setattr(
        tokens,
        "is_past_nbf",
        lambda members, now: isinstance(members.get("nbf"), float) or is_past_nbf(members, now),
    )


@mutant("HARD-07")
def takes_a_token_a_minute_before_its_nbf(patch: pytest.MonkeyPatch) -> None:
    """A token is good a minute before the time at which it says that it begins."""
    is_past_nbf = tokens.is_past_nbf
    patch.setattr(tokens, "is_past_nbf", lambda members, now: is_past_nbf(members, now + 60))


@mutant("HARD-07")
def refuses_every_nbf(patch: pytest.MonkeyPatch) -> None:
    """A token that says when it begins is refused, also once it has begun."""
    patch.setattr(tokens, "is_past_nbf", lambda members, now: "nbf" not in members)


def signed_by(token: str, key: bytes) -> bool:
    start, _, signature = token.rpartition(".")
    mac = hmac.new(key, start.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).decode().rstrip("=") == signature


@mutant("HARD-07")
def takes_the_key_that_a_token_brings(patch: pytest.MonkeyPatch) -> None:
    """The key in a token's own jwk verifies it."""

    def trusts(token: str, secret: str) -> bool:
        key = unverified(token)[0].get("jwk")
        return isinstance(key, dict) and signed_by(token, decoded(key["k"]))

    opens(patch, trusts)


@mutant("HARD-07")
def looks_a_key_up_by_its_id(patch: pytest.MonkeyPatch) -> None:
    """A kid is the name of a key file, and an empty file is an empty key."""

    def trusts(token: str, secret: str) -> bool:
        kid = unverified(token)[0].get("kid")
        return isinstance(kid, str) and kid.endswith("/dev/null") and signed_by(token, b"")

    opens(patch, trusts)


@mutant("HARD-07")
def refuses_a_token_with_a_kid(patch: pytest.MonkeyPatch) -> None:
    """A kid that names no key of ours makes a genuine token bad."""
    is_compact = tokens.is_compact
    patch.setattr(
        tokens,
        "is_compact",
        lambda token: is_compact(token) and "kid" not in unverified(token)[0],
    )


@mutant("HARD-07")
def fetches_the_key_of_a_token(patch: pytest.MonkeyPatch) -> None:
    """The address in a token's jku is visited for a key."""

    def trusts(token: str, secret: str) -> bool:
        address = unverified(token)[0].get("jku")
        if isinstance(address, str) and address.startswith("http://127.0.0.1:"):
            with suppress(OSError, ValueError):
                urlopen(address, timeout=1).close()
        return False

    opens(patch, trusts)


# -- claims ------------------------------------------------------------------------------------


@mutant("HARD-04")
def reads_exp_from_a_text(patch: pytest.MonkeyPatch) -> None:
    """A text of digits will do for exp."""

    def read(members: Members) -> Members:
        exp = members.get("exp")
        return {**members, "exp": int(exp)} if isinstance(exp, str) and exp.isdigit() else members

    judges(patch, read)


@mutant("HARD-04")
def takes_true_for_a_time(patch: pytest.MonkeyPatch) -> None:
    """A bool is an integer: exp true is the first second of all."""
    is_time = tokens.is_time
    patch.setattr(tokens, "is_time", lambda value: value is True or is_time(value))


@mutant("HARD-04")
def takes_a_token_without_exp_for_endless(patch: pytest.MonkeyPatch) -> None:
    """A token without exp is live for ever."""
    is_time, is_live = tokens.is_time, tokens.is_live
    patch.setattr(tokens, "is_time", lambda value: value is None or is_time(value))
    patch.setattr(tokens, "is_live", lambda claims, now: claims.exp is None or is_live(claims, now))


@mutant("HARD-04")
def takes_infinity_for_a_time(patch: pytest.MonkeyPatch) -> None:
    """An exp beyond every number is a time that never comes."""
    is_time = tokens.is_time
    patch.setattr(tokens, "is_time", lambda value: value == float("inf") or is_time(value))


@mutant("HARD-04")
def takes_a_negative_time(patch: pytest.MonkeyPatch) -> None:
    """A negative exp is long past, and no more than that."""
    is_time = tokens.is_time

    def any_time(value: object) -> bool:
        return is_time(value) or (isinstance(value, int) and value < 0)

    patch.setattr(tokens, "is_time", any_time)


@mutant("HARD-05", also="HARD-33")
def gives_a_session_the_end_that_it_lacks(patch: pytest.MonkeyPatch) -> None:
    """A token whose refresh_expiry is no time gets a minute after its exp."""

    def read(members: Members) -> Members:
        if tokens.is_time(members.get("refresh_expiry")) or not tokens.is_time(members.get("exp")):
            return members
        return {**members, "refresh_expiry": members["exp"] + 60}

    judges(patch, read)


@mutant("HARD-05")
def reads_refresh_expiry_from_a_text(patch: pytest.MonkeyPatch) -> None:
    """A text of digits will do for refresh_expiry."""

    def read(members: Members) -> Members:
        said = members.get("refresh_expiry")
        is_number = isinstance(said, str) and said.isdigit()
        return {**members, "refresh_expiry": int(str(said))} if is_number else members

    judges(patch, read)


@mutant("HARD-08")
def takes_the_siblings_name_for_the_id(patch: pytest.MonkeyPatch) -> None:
    """bc_customer_id stands in for a missing customer_id."""

    def read(members: Members) -> Members:
        sibling = members.get("bc_customer_id")
        return {"customer_id": sibling, **members} if sibling else members

    judges(patch, read)


@mutant("HARD-08")
def takes_the_subject_for_the_id(patch: pytest.MonkeyPatch) -> None:
    """sub stands in for a missing customer_id."""

    def read(members: Members) -> Members:
        return {"customer_id": members.get("sub"), **members} if "sub" in members else members

    judges(patch, read)


@mutant("HARD-08")
def asks_the_table_about_a_token_of_another_kind(patch: pytest.MonkeyPatch) -> None:
    """A token without an id is refused, but only after a look at the rows of nobody."""

    async def looking(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        try:
            return await original(flow, access_token, refresh_token, now)
        except BadAccessToken:
            with suppress(BadAccessToken):
                signed = tokens.verified_payload(access_token, flow.config.secret)
                named = tokens.parse_members(signed).get("customer_id", "nobody")
                await flow.sessions.fence(str(named) or "nobody")
            raise

    around_judging(patch, looking)


@mutant("HARD-32")
def takes_the_last_of_two_members_of_one_name(patch: pytest.MonkeyPatch) -> None:
    """A name may stand twice in a token."""
    patch.setattr(tokens, "_unique", dict)


@mutant("HARD-32")
def looks_for_names_that_stand_twice_in_the_payload_alone(patch: pytest.MonkeyPatch) -> None:
    """A name may stand twice in a token's header."""
    patch.setattr(tokens, "base64url_decode", lambda header: b"{}")


@mutant("HARD-32")
def compares_names_as_they_are_spelt(patch: pytest.MonkeyPatch) -> None:
    """A name may stand twice in a token if one of them is written with an escape."""
    parse_members = tokens.parse_members

    def parse(part: bytes) -> Mapping[str, Any]:
        if rb"\u00" not in part:
            return parse_members(part)
        found: Mapping[str, Any] = json.loads(part)
        return found

    patch.setattr(tokens, "parse_members", parse)


@mutant("HARD-33")
def rounds_a_time_down(patch: pytest.MonkeyPatch) -> None:
    """`exp` and `refresh_expiry` may have a fraction, which is cut off."""

    def read(members: Members) -> Members:
        times = {name: members.get(name) for name in ("exp", "refresh_expiry")}
        cut = {n: int(t) for n, t in times.items() if isinstance(t, float) and 0 < t < 2**53}
        return {**members, **cut}

    judges(patch, read)


@mutant("HARD-34")
def overlooks_unused_bits(patch: pytest.MonkeyPatch) -> None:
    """The last character of a signature may have bits set that stand for no byte."""
    verified_payload = tokens.verified_payload

    def canonical(token: AccessToken, secret: Secret) -> bytes:
        start, dot, signature = token.rpartition(".")
        with suppress(binascii.Error):
            raw = base64.urlsafe_b64encode(decoded(signature)).decode().rstrip("=")
            signature = raw if len(raw) == len(signature) else signature
        return verified_payload(AccessToken(f"{start}{dot}{signature}"), secret)

    patch.setattr(tokens, "verified_payload", canonical)


@mutant("HARD-35")
def takes_zero_for_no_id(patch: pytest.MonkeyPatch) -> None:
    """An id is checked for truth, so that 0 is none."""
    is_customer_id = tokens.is_customer_id
    patch.setattr(tokens, "is_customer_id", lambda value: bool(value) and is_customer_id(value))


@mutant("HARD-35")
def takes_natural_numbers_for_ids_only(patch: pytest.MonkeyPatch) -> None:
    """A negative number is no id."""
    is_customer_id = tokens.is_customer_id

    def natural(value: object) -> bool:
        return is_customer_id(value) and not (isinstance(value, int) and value < 0)

    patch.setattr(tokens, "is_customer_id", natural)


@mutant("HARD-17", also="HARD-06 HARD-21 HARD-29 STORE-12")
def revokes_for_whoever_names_the_customer(patch: pytest.MonkeyPatch) -> None:
    """revoke reads the payload of a token, and leaves its signature alone."""
    revoke = Flow.revoke

    async def trusting(
        self: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> bool:
        claims = tokens.read_claims(unverified(access_token)[1])
        return await revoke(self, tokens.mint(claims, self.config.secret), refresh_token, now)

    patch.setattr(Flow, "revoke", trusting)


# -- what a refusal tells, and how a token is spelt --------------------------------------------


@mutant("HARD-21", also="STORE-11")
def tells_a_stranger_from_a_customer(patch: pytest.MonkeyPatch) -> None:
    """A forged token is refused in other words where it names somebody without a session."""

    async def telling(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        try:
            return await original(flow, access_token, refresh_token, now)
        except BadAccessToken:
            if customer_id := unverified(access_token)[1].get("customer_id"):
                async for page in flow.sessions.pages(partition_of(customer_id)):
                    if not page:
                        raise NoSuchSession from None
            raise

    around_judging(patch, telling)


@mutant("HARD-29")
def takes_a_padded_signature(patch: pytest.MonkeyPatch) -> None:
    """A signature may be padded, as PyJWT lets it be."""
    is_compact = tokens.is_compact
    patch.setattr(tokens, "is_compact", lambda token: is_compact(token.rstrip("=")))


@mutant("HARD-29")
def skips_blanks_in_a_token(patch: pytest.MonkeyPatch) -> None:
    """Blanks are skipped, as many decoders do."""
    verified_payload, without_blanks = tokens.verified_payload, str.maketrans("", "", " \t")
    patch.setattr(
        tokens,
        "verified_payload",
        lambda token, secret: verified_payload(token.translate(without_blanks), secret),
    )
