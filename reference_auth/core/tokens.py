"""Mint, verify and derive: a pair is a signed access token and a refresh token derived from it.

The access token is an HS256 JWT. The refresh token is PBKDF2-HMAC-SHA512 over the customer's id and
the access token's `exp`. The table keeps only its hash: the same function of its text.
Nothing here reads a clock: `now` is an argument, in whole epoch seconds.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, NewType, NoReturn

import jwt
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from jwt.algorithms import HMACAlgorithm
from jwt.utils import base64url_decode

from reference_auth.core.config import Secret
from reference_auth.core.errors import BadAccessToken

AccessToken = NewType("AccessToken", str)
RefreshToken = NewType("RefreshToken", str)
RefreshTokenHash = NewType("RefreshTokenHash", str)
CustomerId = str | int

ALGORITHM = "HS256"
HEADER = {"alg": ALGORITHM, "typ": "JWT"}
ROUNDS = 10_000
LENGTH = 64  # bytes, so 128 hex digits
EXACT_LIMIT = 2**53  # from here on JSON numbers are not exact everywhere
LONGEST_ID = 2000  # bytes; a DynamoDB partition key holds 2048
MISSING_IDS = frozenset({"", "undefined", "None", "null"})  # a missing id as text (STORE-11)
ENDED_PREFIX = "ended#"  # of partitions that no customer may name

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_REFRESH_TOKEN = re.compile(r"[0-9a-f]{128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of an access token; times are whole epoch seconds."""

    customer_id: CustomerId
    exp: int
    refresh_expiry: int
    iat: int | None = None
    auth_time: int | None = None
    session: int | None = None

    @property
    def session_id(self) -> int:
        """Names the session among its customer's: the `exp` of the login's pair (HARD-16)."""
        return self.session or self.exp


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a customer holds; its repr hides both tokens (HARD-28)."""

    token: AccessToken = field(repr=False)
    refresh_token: RefreshToken = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssuedPair:
    """A minted pair, its claims, and the hash that the table keeps of it."""

    claims: Claims
    pair: TokenPair = field(repr=False)
    hash: RefreshTokenHash = field(repr=False)


# Issuing


def mint(claims: Claims, secret: Secret) -> AccessToken:
    """Sign the claims as a compact HS256 JWT, byte for byte as the module does (WIRE-01)."""
    payload = json.dumps(payload_of(claims), separators=(",", ":"), ensure_ascii=False)
    signed = _signer().encode(payload.encode(), secret, ALGORITHM, headers=dict(HEADER))
    return AccessToken(signed)


def payload_of(claims: Claims) -> dict[str, CustomerId]:
    """The claims as JSON members: a token holds nothing else (WIRE-04)."""
    return {name: value for name, value in asdict(claims).items() if value is not None}


def derive(customer_id: CustomerId, exp: int, secret: Secret) -> RefreshToken:
    """Derive the refresh token that belongs to a customer's `exp` (WIRE-06)."""
    return RefreshToken(_stretch(f"{customer_id}{exp}", secret))


def hash_of(refresh_token: RefreshToken, secret: Secret) -> RefreshTokenHash:
    """Hash a refresh token's hex text for the table: the same function again (STORE-02)."""
    return RefreshTokenHash(_stretch(refresh_token, secret))


def _stretch(text: str, secret: Secret) -> str:
    """PBKDF2-HMAC-SHA512 over UTF-8 text, salted with the secret, as lower-case hex (WIRE-09)."""
    kdf = PBKDF2HMAC(algorithm=SHA512(), length=LENGTH, salt=secret.encode(), iterations=ROUNDS)
    return kdf.derive(text.encode()).hex()


# Judging


def matches(presented: RefreshToken, derived: RefreshToken) -> bool:
    """Compare two refresh tokens exactly, and in constant time (HARD-24)."""
    return hmac.compare_digest(presented.encode(), derived.encode())


def is_refresh_token(text: str) -> bool:
    """Only 128 lower-case hex digits can be a refresh token (HARD-09, HARD-24, HARD-25)."""
    # Departs: HARD-25 the module derives and reads for any text.
    return _REFRESH_TOKEN.fullmatch(text) is not None


def is_live(claims: Claims, now: int) -> bool:
    """An access token is expired from second `exp` on, without leeway (CORE-10, API-03)."""
    return now < claims.exp


def is_refresh_expired(claims: Claims, now: int) -> bool:
    """A refresh token is still good at second `refresh_expiry`, and expired after it (CORE-11)."""
    return now > claims.refresh_expiry


def verify(token: AccessToken, secret: Secret, now: int) -> Claims:
    """Return a genuine token's claims, expired or not; raise BadAccessToken for a forged one.

    The caller judges `exp`. Nobody judges `iat` (WIRE-03).
    """
    members = parse_members(verified_payload(token, secret))
    if not is_past_nbf(members, now):
        raise BadAccessToken("nbf")
    return read_claims(members)


def read_unverified(token: AccessToken) -> Claims | None:
    """Read what an access token says, forged or not; None if it cannot be read."""
    try:
        payload = _signer().decode(token, options={"verify_signature": False})
        return read_claims(parse_members(payload))
    except (jwt.PyJWTError, ValueError, BadAccessToken):
        return None


def verified_payload(token: AccessToken, secret: Secret) -> bytes:
    """Return the payload of a compact JWS that this secret signed (HARD-01..03, HARD-06)."""
    # Departs: HARD-01, HARD-02 the module decodes without verifying, then burns.
    # Departs: HARD-03, HARD-06 it takes HS384 and HS512, and does not look at `crit`.
    if not is_compact(token):
        raise BadAccessToken("form")
    try:
        payload: bytes = _signer().decode(token, secret, algorithms=[ALGORITHM])
    except jwt.PyJWTError:
        raise BadAccessToken("signature") from None
    parse_members(base64url_decode(token.partition(".")[0]))  # HARD-32
    return payload


def is_compact(token: str) -> bool:
    """Three base64url parts, without padding or blanks (HARD-29)."""
    return _COMPACT.fullmatch(token) is not None


def parse_members(part: bytes) -> Mapping[str, Any]:
    """Parse header or payload strictly: one JSON object, no name twice, no NaN or Infinity."""
    try:
        members = json.loads(part.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadAccessToken("payload") from None
    if not isinstance(members, dict):
        raise BadAccessToken("payload")
    return members


def is_past_nbf(members: Mapping[str, Any], now: int) -> bool:
    """A token is not good before its `nbf`, if it has one (HARD-07)."""
    nbf = members.get("nbf", now)
    return isinstance(nbf, int | float) and not isinstance(nbf, bool) and nbf <= now


def read_claims(members: Mapping[str, Any]) -> Claims:
    """Take the claims from a payload, each of its exact type; ignore unknown ones (WIRE-03)."""
    if not is_customer_id(members.get("customer_id")):
        raise BadAccessToken("customer_id")  # HARD-08
    # Departs: HARD-04, HARD-05 to the module a token without a time lasts for ever.
    if not is_time(members.get("exp")):
        raise BadAccessToken("exp")  # HARD-04
    if not is_time(members.get("refresh_expiry")):
        raise BadAccessToken("refresh_expiry")  # HARD-05
    return Claims(
        customer_id=members["customer_id"],
        exp=members["exp"],
        refresh_expiry=members["refresh_expiry"],
        iat=_time_or_none(members.get("iat")),
        auth_time=_time_or_none(members.get("auth_time")),
        session=_time_or_none(members.get("session")),
    )


def is_customer_id(value: object) -> bool:
    """A customer's id is an exact integer, or text: not empty, a stringified null or reserved.

    The rule is the same for a token's claim (HARD-08) and for a platform's answer (HARD-18).
    """
    # Departs: STORE-11, HARD-08, HARD-18 the module takes whatever it gets, "undefined" too.
    if isinstance(value, str):
        is_reserved = value in MISSING_IDS or value.startswith(ENDED_PREFIX)
        return not is_reserved and is_text(value) and len(value.encode()) <= LONGEST_ID
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < EXACT_LIMIT


def is_text(value: str) -> bool:
    """Text has no lone surrogate: that has no UTF-8 form (GQL-06)."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def is_time(value: object) -> bool:
    """A time is an integer above 0 and below 2^53 (HARD-04, HARD-05)."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < EXACT_LIMIT


def _time_or_none(value: Any) -> int | None:
    return value if is_time(value) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name appears twice")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


class _AnyLengthHmac(HMACAlgorithm):
    """HMAC over the secret's UTF-8 bytes as they are: the configuration has checked its length."""

    def prepare_key(self, key: str | bytes) -> bytes:
        return key.encode() if isinstance(key, str) else key

    def check_key_length(self, key: bytes) -> str | None:
        return None


@cache
def _signer() -> jwt.PyJWS:
    """A signer that knows HS256 and no other algorithm (HARD-03)."""
    signer = jwt.PyJWS(algorithms=[])
    signer.register_algorithm(ALGORITHM, _AnyLengthHmac(HMACAlgorithm.SHA256))
    return signer
