"""The formats of SPEC.md section 3: claims, pairs and their derivation, by PyJWT and hashlib."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass
from typing import Any

import jwt

LARGEST = 2**53
NO_IDS = ("", "undefined", "None", "null")


class Forged(Exception):
    """The access token is not genuine (SPEC.md 3.4)."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the flow reads of an access token; `customer_id` keeps value and type."""

    customer_id: int | str
    exp: int
    refresh_expiry: int

    @property
    def key(self) -> str:
        """The partition of this customer's rows (3.13)."""
        return str(self.customer_id)


@dataclass(frozen=True, slots=True)
class Pair:
    """What a customer holds."""

    token: str
    refresh_token: str


def is_customer_id(value: object) -> bool:
    """3.4: which ids a customer can have."""
    if isinstance(value, str):
        reserved = value in NO_IDS or value.startswith("ended#")
        return not reserved and len(value.encode(errors="replace")) <= 2000
    return type(value) is int and -LARGEST < value < LARGEST


@dataclass(frozen=True, slots=True)
class Signer:
    """All that the secret is good for."""

    secret: bytes

    def stretch(self, text: str) -> str:
        """3.8: 128 lower-case hex characters; what is no Unicode stretches too (15.6)."""
        data = text.encode(errors="surrogatepass")
        return hashlib.pbkdf2_hmac("sha512", data, self.secret, 10_000, 64).hex()

    def refresh_token(self, claims: Claims) -> str:
        """3.7: the refresh token that belongs to these claims."""
        return self.stretch(f"{claims.customer_id}{claims.exp}")

    def mint(self, claims: Claims, iat: int) -> Pair:
        """3.1, 3.2: the pair of these claims."""
        token = jwt.encode({**asdict(claims), "iat": iat}, self.secret, algorithm="HS256")
        return Pair(token, self.refresh_token(claims))

    def matches(self, claims: Claims, refresh_token: str) -> bool:
        """7.6: whether the refresh token is the one derived from these claims."""
        presented = refresh_token.encode(errors="surrogatepass")
        return hmac.compare_digest(self.refresh_token(claims).encode(), presented)

    def claims(self, token: str, now: int) -> Claims:
        """3.4: the claims of a genuine access token, expired or not; Forged otherwise."""
        if not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token, re.ASCII):
            raise Forged
        try:
            payload = jwt.PyJWS().decode(token, self.secret, algorithms=["HS256"])
            header = jwt.utils.base64url_decode(token.partition(".")[0])
            _, claims = (
                json.loads(part.decode(), object_pairs_hook=_no_name_twice)
                for part in (header, payload)
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise Forged from None
        return _checked(claims, now)


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _checked(claims: object, now: int) -> Claims:
    if not isinstance(claims, dict) or not is_customer_id(claims.get("customer_id")):
        raise Forged
    exp, refresh_expiry = (_second(claims.get(name)) for name in ("exp", "refresh_expiry"))
    not_before = claims.get("nbf", now)
    if type(not_before) not in (int, float) or not not_before <= now:
        raise Forged
    return Claims(claims["customer_id"], exp, refresh_expiry)


def _second(value: object) -> int:
    if type(value) is int and 0 < value < LARGEST:
        return value
    raise Forged
