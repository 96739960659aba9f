"""Refresh tokens derived rightly, and with one thing changed."""

from __future__ import annotations

from hashlib import pbkdf2_hmac, sha512
from typing import Any

from lessons import checks


def derives(customer_id: int | str, exp: int, secret: str) -> str:
    return pbkdf2_hmac("sha512", f"{customer_id}{exp}".encode(), secret.encode(), 10_000).hex()


def derived_otherwise(
    text: str = "{id}{exp}", salt: str = "{secret}", name: str = "sha512", **changes: Any
) -> Any:
    """The derivation with one thing changed."""

    def answer(customer_id: int | str, exp: int, secret: str) -> str:
        words = {"id": customer_id, "exp": exp, "secret": secret}
        given = {"iterations": 10_000, "dklen": 64, **changes}
        password, salted = text.format(**words).encode(), salt.format(**words).encode()
        return pbkdf2_hmac(name, password, salted, **given).hex()

    return answer


CHECK = checks.derives
RIGHT = derives
WRONG: dict[str, tuple[Any, str]] = {
    "bytes": (lambda *_: b"\0" * 64, ".hex()"),
    "SHA-256": (derived_otherwise(name="sha256"), "not SHA-256"),
    "swapped": (derived_otherwise("{secret}", "{id}{exp}"), "swapped"),
    "half as long": (derived_otherwise(dklen=32), "dklen=64"),
    "rounds": (derived_otherwise(iterations=100_000), "10 000 rounds"),
    "no exp": (derived_otherwise("{id}"), "exp is missing"),
    "no id": (derived_otherwise("{exp}"), "id is missing"),
    "a colon": (derived_otherwise("{id}:{exp}"), "you put ':' there"),
    "order": (derived_otherwise("{exp}{id}"), "The id comes first"),
    "upper case": (lambda *given: derives(*given).upper(), "lower case"),
    "the hash": (
        lambda id, exp, secret: derived_otherwise(derives(id, exp, secret))(id, exp, secret),
        "derive only once",
    ),
    "numbers only": (lambda id, e, s: derives(int(id), e, s), "ValueError"),
    "something": (
        lambda id, exp, secret: sha512(str(id).encode()).hexdigest(),
        "not the refresh token of customer 23",
    ),
}
