"""Defects of the derivation: a refresh token that only this server would derive."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from reference_auth.core import rows, tokens
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around


@mutant("WIRE-05", also="DEV-05 STORE-02", known_as="M34")
def derives_half_as_many_bytes(patch: pytest.MonkeyPatch) -> None:
    """A refresh token has 32 bytes, and that is what is taken for one."""
    patch.setattr(tokens, "LENGTH", 32)
    patch.setattr(tokens, "_REFRESH_TOKEN", re.compile(r"[0-9a-f]{64}", re.ASCII))


@mutant("WIRE-05", also="HARD-25", known_as="M34")
def writes_refresh_tokens_in_capitals(patch: pytest.MonkeyPatch) -> None:
    """A refresh token is upper-case hex, and that is what is taken for one."""
    around(patch, tokens, "derive", lambda original, *args: original(*args).upper())
    patch.setattr(tokens, "_REFRESH_TOKEN", re.compile(r"[0-9A-F]{128}", re.ASCII))


@mutant("WIRE-06", also="DEV-05 STORE-02 WIRE-07", known_as="M34")
def derives_with_another_hash(patch: pytest.MonkeyPatch) -> None:
    """PBKDF2 runs over SHA-256."""
    patch.setattr(tokens, "SHA512", SHA256)


@mutant("WIRE-06", also="DEV-05 STORE-02 WIRE-07", known_as="M34")
def derives_in_fewer_rounds(patch: pytest.MonkeyPatch) -> None:
    """PBKDF2 runs a tenth of its rounds."""
    patch.setattr(tokens, "ROUNDS", 1000)


@mutant("WIRE-06", also="DEV-05 STORE-02 WIRE-07", known_as="M35")
def takes_the_secret_for_the_password(patch: pytest.MonkeyPatch) -> None:
    """The text is the salt, and the secret is what is stretched."""
    around(patch, tokens, "_stretch", lambda original, text, secret: original(secret, text))


@mutant("WIRE-06", also="WIRE-07", sometimes="FAULT-10")
def derives_from_the_id_as_json(patch: pytest.MonkeyPatch) -> None:
    """An id that is a text is derived from with its quotes."""

    def derive(original: Any, customer_id: tokens.CustomerId, exp: int, secret: str) -> Any:
        return original(json.dumps(customer_id, ensure_ascii=False), exp, secret)

    around(patch, tokens, "derive", derive)


@mutant(
    "WIRE-06", also="CORE-22 FAULT-10 HARD-10 HARD-11 WIRE-07", sometimes="RACE-08", known_as="M41"
)
def draws_refresh_tokens_at_random(patch: pytest.MonkeyPatch) -> None:
    """A refresh token is random, and is known by its row alone."""
    patch.setattr(tokens, "derive", lambda *args: secrets.token_hex(64))
    patch.setattr(tokens, "matches", lambda presented, derived: True)


@mutant("WIRE-07", also="WIRE-06", known_as="M36")
def derives_from_the_second_of_the_login(patch: pytest.MonkeyPatch) -> None:
    """A refresh token is derived from what is one access lifetime before `exp`."""

    def derive(original: Any, customer_id: tokens.CustomerId, exp: int, secret: str) -> str:
        return str(original(customer_id, exp - 840, secret))

    around(patch, tokens, "derive", derive)


@mutant("WIRE-09")
def stretches_ascii_only(patch: pytest.MonkeyPatch) -> None:
    """What is not ASCII in a customer's id goes into the derivation as a question mark."""

    def stretch(original: Any, text: str, secret: str) -> str:
        return str(original(text.encode("ascii", "replace").decode(), secret))

    around(patch, tokens, "_stretch", stretch)


@mutant("WIRE-09")
def decomposes_what_it_stretches(patch: pytest.MonkeyPatch) -> None:
    """A letter with an accent goes into the derivation as two characters."""

    def stretch(original: Any, text: str, secret: str) -> str:
        return str(original(normalize("NFD", text), secret))

    around(patch, tokens, "_stretch", stretch)


@mutant("WIRE-09")
def quotes_the_id_in_a_key(patch: pytest.MonkeyPatch) -> None:
    """A customer's partition is the id as it would stand in a URL."""
    around(patch, rows, "partition_of", lambda original, customer_id: quote(original(customer_id)))


@mutant("STORE-02", also="DEV-05", known_as="M33")
def hashes_the_bytes_of_a_refresh_token(patch: pytest.MonkeyPatch) -> None:
    """The table's hash is over what the hex text stands for, and not over the text."""

    def hash_of(original: Any, refresh_token: str, secret: str) -> str:
        if not tokens.is_refresh_token(refresh_token):
            return str(original(refresh_token, secret))
        raw, salt = bytes.fromhex(refresh_token), secret.encode()
        return hashlib.pbkdf2_hmac("sha512", raw, salt, tokens.ROUNDS).hex()

    around(patch, tokens, "hash_of", hash_of)


@mutant("STORE-02", also="DEV-05")
def hashes_once_without_a_secret(patch: pytest.MonkeyPatch) -> None:
    """The table's hash is a plain SHA-512 of the refresh token."""

    def hash_of(refresh_token: str, secret: str) -> str:
        return hashlib.sha512(refresh_token.encode()).hexdigest()

    patch.setattr(tokens, "hash_of", hash_of)
