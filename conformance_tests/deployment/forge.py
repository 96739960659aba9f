"""The token formats as SPEC.md has them, and the forge that mints tokens by them.

Keys are derived by `cryptography` where it is installed, because its OpenSSL is often quicker than
Python's own, and otherwise by hashlib; a test holds that both give the same. Only targets that
claim WIRE derive their refresh tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import jwt

try:
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.kdf import pbkdf2 as quicker
except ImportError:  # it is no dependency of the small install
    quicker = None  # type: ignore[assignment]

ROUNDS = 10_000
BYTES = 64


@lru_cache(maxsize=10_000)
def pbkdf2(password: str, salt: str) -> str:
    """Lower-case hex of PBKDF2-HMAC-SHA512, 10 000 rounds, 64 bytes."""
    text = password.encode("utf-8", "surrogatepass")  # a deployment may answer anything
    return derived(text, salt.encode()).hex()


def derived(text: bytes, salt: bytes) -> bytes:
    """The same in bytes, by whichever library is installed."""
    if quicker is None:
        return hashlib.pbkdf2_hmac("sha512", text, salt, ROUNDS, BYTES)
    return quicker.PBKDF2HMAC(SHA512(), BYTES, salt, ROUNDS).derive(text)


def encoded(raw: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def mac(text: str, key: str, algorithm: str) -> str:
    """The signature of a JWS under HS256, HS384 or HS512, encoded."""
    digest = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}[algorithm]
    return encoded(hmac.digest(key.encode(), text.encode(), digest))


class Forge:
    """Mints tokens under the target's secret, genuine ones and bad ones."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def refresh_token(self, customer_id: object, exp: int) -> str:
        """The refresh token that belongs to an access token of this id and `exp`."""
        return pbkdf2(f"{customer_id}{exp}", self._secret)

    def derive(self, text: str) -> str:
        """The derivation of any text, for what a careless deployment might derive."""
        return pbkdf2(text, self._secret)

    def signature(self, text: str, algorithm: str = "HS256") -> str:
        """A signature with the target's secret over any text."""
        return mac(text, self._secret, algorithm)

    def hash_of(self, refresh_token: str) -> str:
        """What the table keeps of a refresh token: a hash over its hex text."""
        return pbkdf2(refresh_token, self._secret)

    def mint(
        self,
        claims: Mapping[str, Any] | bytes,
        *,
        algorithm: str = "HS256",
        secret: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        """A signed token of any claims (bytes as they are), algorithm and header.

        algorithm "none" gives an empty signature. `secret` other than the target's is a forgery.
        """
        payload = claims if isinstance(claims, bytes) else _compact(claims)
        key: Any = self._secret if secret is None else secret
        if algorithm == "none":
            key = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", jwt.warnings.InsecureKeyLengthWarning)
            return jwt.api_jws.encode(
                payload,
                key,
                algorithm,
                headers={"typ": "JWT", **(headers or {})},
            )

    def verifies(self, token: str) -> bool:
        """Whether the token is an HS256 JWS under the target's secret."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", jwt.warnings.InsecureKeyLengthWarning)
            try:
                jwt.api_jws.decode(token, self._secret, algorithms=["HS256"])
            except jwt.PyJWTError:
                return False
        return True


def _compact(claims: Mapping[str, Any]) -> bytes:
    return json.dumps(claims, separators=(",", ":")).encode()


# -- checked against what the module issued ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordedPair:
    """One pair with its row; `secret` is the one that the module was given for the recording."""

    name: str
    secret: str
    claims: Mapping[str, Any]
    token: str
    refresh_token: str
    hash: str


def pairs() -> Iterator[RecordedPair]:
    """Every recorded pair: each case at its login and after its rotation."""
    file = resources.files("conformance_tests") / "vectors" / "module_tokens.json"
    recorded = json.loads(file.read_text(encoding="utf-8"))
    for case in recorded["cases"]:
        for event in ("login", "rotation"):
            pair = case[event]
            yield RecordedPair(
                f"{case['name']}, {event}",
                recorded["secret"],
                pair["claims"],
                pair["token"],
                pair["refresh_token"],
                pair["rows"][0]["refresh_token_hash"]["S"],
            )


def minted_otherwise() -> list[str]:
    """The recorded pairs that the suite's forge would mint differently: none, if it is right."""
    return [pair.name for pair in pairs() if _minted(pair) != _recorded(pair)]


def _minted(pair: RecordedPair) -> tuple[str, str, str]:
    forge = Forge(pair.secret)
    refresh_token = forge.refresh_token(pair.claims["customer_id"], pair.claims["exp"])
    return forge.mint(pair.claims), refresh_token, forge.hash_of(refresh_token)


def _recorded(pair: RecordedPair) -> tuple[str, str, str]:
    return pair.token, pair.refresh_token, pair.hash
