"""Derive a refresh token; the check knows the usual mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import pbkdf2_hmac, sha256

from lessons.exercise import Hints, exercise
from reference_auth.core import tokens
from reference_auth.core.config import Secret
from reference_auth.core.tokens import CustomerId

Derive = Callable[[CustomerId, int, str], str]

#: A number, a text, and a secret that is more than ASCII.
SAMPLES: tuple[tuple[CustomerId, int, Secret], ...] = (
    (23, 1_710_905_708, Secret("token_secret")),
    ("bob-7", 1_709_284_440, Secret("a-secret-for-lessons-and-for-nothing-else")),
    (23, 1_709_284_440, Secret("ein Schlüssel mit Umlaut, lang genug")),
)


@exercise
def derives(answer: Derive) -> Hints:
    """A function of customer_id, exp and secret: the refresh token."""
    for customer_id, exp, secret in SAMPLES:
        found = answer(customer_id, exp, secret)
        if isinstance(found, bytes):
            yield "The refresh token is text: bytes have .hex()."
        for missed, hint in usual_misses(customer_id, exp, secret):
            if found == missed:
                yield hint
        if found != tokens.derive(customer_id, exp, secret):
            yield f"That is not the refresh token of customer {customer_id!r} and exp {exp}."


def usual_misses(customer_id: CustomerId, exp: int, secret: Secret) -> Iterator[tuple[str, str]]:
    """The result of each usual mistake, and what the mistake is."""
    text = f"{customer_id}{exp}"
    right = tokens.derive(customer_id, exp, secret)
    yield right.upper(), "The hex digits must be lower case."
    yield tokens.hash_of(right, secret), "That is the hash that the table stores: derive only once."
    yield stretch(text, secret, name="sha256"), "The hash function inside is SHA-512, not SHA-256."
    yield (
        stretch(text, secret, length=32),
        "It must be 64 bytes: dklen=64, so 128 hex digits.",
    )
    yield stretch(text, secret, rounds=1_000), "It must be 10 000 rounds, and you made 1 000."
    yield stretch(text, secret, rounds=100_000), "It must be 10 000 rounds, not 100 000."
    yield stretch(secret, text), "Password and salt are swapped: the secret is the salt."
    yield (
        stretch(str(customer_id), secret),
        "exp is missing: the next pair would be the same.",
    )
    yield (
        stretch(str(exp), secret),
        "The customer's id is missing: all logins of one second would share the token.",
    )
    yield stretch(f"{exp}{customer_id}", secret), "The id comes first, then exp."
    for between in " :-.|":
        yield (
            stretch(f"{customer_id}{between}{exp}", secret),
            f"There is nothing between the id and exp, but you put {between!r} there.",
        )
    yield sha256(text.encode()).hexdigest(), "That is a plain SHA-256: PBKDF2 needs the secret."


def stretch(
    text: str, salt: str, *, name: str = "sha512", rounds: int = 10_000, length: int = 64
) -> str:
    """PBKDF2 with one thing otherwise."""
    return pbkdf2_hmac(name, text.encode(), salt.encode(), rounds, length).hex()
