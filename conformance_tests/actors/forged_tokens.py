"""Forged tokens as data: `vectors/forged_tokens.json`, each made from a genuine session.

The file's own head says what its words mean. What needs the target's secret is NotTestable
without it; what anybody could do is made from the token text alone.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from conformance_tests.actors.customers import MadeUpCustomer
from conformance_tests.deployment.forge import encoded, mac

if TYPE_CHECKING:
    from conformance_tests.actors.session import Session

HOUR = 3600
DAY = 24 * HOUR
#: How a signature is made: with which algorithm, and whether with the target's secret.
SIGNED: Final = {
    "secret": ("HS256", True),
    "HS384": ("HS384", True),
    "HS512": ("HS512", True),
    "other": ("HS256", False),
    "empty": ("HS256", False),
}
#: What anybody can do to the signature that is there.
BROKEN_SIGNATURES: Final[Mapping[str, Callable[[str], str]]] = {
    "kept": lambda signature: signature,
    "flipped": lambda signature: ("B" if signature[:1] == "A" else "A") + signature[1:],
    # In whole groups of four characters, so that what is left can still be decoded.
    "cut": lambda signature: signature[: len(signature) // 8 * 4],
    "stripped": lambda signature: "",
    "missing": lambda signature: "",
}
OTHER_KEY: Final = secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Vector:
    """One way to forge a token, in the words of the file."""

    requirement: str
    what: str
    sign: str
    header: Mapping[str, str | None]
    claims: Mapping[str, str | None]
    spelling: tuple[str, str, str]
    derive: tuple[str, ...]
    accepted: bool


@cache
def vectors(requirement: str, *, accepted: bool = False) -> tuple[Vector, ...]:
    """The vectors of one requirement: those to refuse, or those that must make no difference."""
    of_row = (vector for vector in _all() if vector.requirement == requirement)
    return tuple(vector for vector in of_row if vector.accepted == accepted)


def sessions(session: Session, vector: Vector, **words: str) -> Iterator[Session]:
    """The session with its token forged, beside its own refresh token and each that a careless
    deployment might derive; a made-up customer has a row for each of those.

    words: what `{other}` (an id, as JSON) and `{decoy}` (an address) stand for.
    """
    said = _words(session, words)
    forged = session.altered(token=_recorded(session, _token(session, vector, said)))
    yield forged
    deployment, owner = session.customer.deployment, session.customer
    for text in vector.derive if deployment.can_hash else ():
        forge = deployment.need_forge()
        refresh_token = forge.stretch(_filled(text, said))
        if isinstance(owner, MadeUpCustomer) and "customer_id" not in vector.claims:
            hash_, ttl = forge.hash_of(refresh_token), session.refresh_expiry
            deployment.need_table().put(owner.id, hash_, ttl)
        yield forged.altered(refresh_token=refresh_token)


def token(session: Session, vector: Vector, **words: str) -> Session:
    """The session with its token forged, beside its own refresh token."""
    return next(sessions(session, vector, **words))


def _token(session: Session, vector: Vector, words: Mapping[str, str]) -> str:
    parts = [*session.token.split("."), "", ""]
    header = _part(parts[0], session.header, vector.header, words)
    payload = _part(parts[1], session.claims, vector.claims, words)
    first, second, third = vector.spelling
    start = ".".join(_filled(part, _spelt(header, payload, "")) for part in (first, second))
    if vector.sign == "missing":
        return start
    signature = _signature(session, vector.sign, start, parts[2])
    return f"{start}.{_filled(third, _spelt(header, payload, signature))}"


def _part(
    text: str,
    members: Mapping[str, Any],
    changes: Mapping[str, str | None],
    words: Mapping[str, str],
) -> str:
    """A part of the token with these changes; byte for byte the old one where there are none."""
    if not changes:
        return text
    written = {name: json.dumps(value) for name, value in members.items()}
    for name, value in changes.items():
        written.pop(name, None)
        if value is not None:
            written[name] = _filled(value, words)
    inside = ",".join(f"{json.dumps(name)}:{value}" for name, value in written.items())
    return encoded(f"{{{inside}}}".encode())


def _signature(session: Session, sign: str, start: str, present: str) -> str:
    if sign in BROKEN_SIGNATURES:
        return BROKEN_SIGNATURES[sign](present)
    algorithm, genuine = SIGNED[sign]
    if genuine:
        return session.customer.deployment.need_forge().signature(start, algorithm)
    return mac(start, "" if sign == "empty" else OTHER_KEY, algorithm)


def _spelt(header: str, payload: str, signature: str) -> dict[str, str]:
    """What a spelling may name: parts, a payload's padding, the halves of a signature."""
    half = len(signature) // 2
    return {
        "header": header,
        "payload": payload,
        "signature": signature,
        "padding": "=" * (-len(payload) % 4 or 4),
        "start": signature[:half],
        "end": signature[half:],
    }


def _words(session: Session, more: Mapping[str, str]) -> dict[str, str]:
    """What the words in a vector's members stand for."""
    now = int(session.customer.deployment.clock.now())
    id_ = session.claims.get("customer_id")
    return {
        "customer": json.dumps(id_),
        "other": '"somebody-else"',
        "id": str(id_),
        "exp": str(session.exp),
        "later": str(now + HOUR),
        "earlier": str(now - 60),
        "ancient": str(now - 300 * DAY),
        "key": base64.urlsafe_b64encode(OTHER_KEY.encode()).decode().rstrip("="),
        "decoy": "http://127.0.0.1:9/",
        **more,
    }


def _filled(text: str, words: Mapping[str, str]) -> str:
    """The text with each `{word}` replaced; other braces are JSON's."""
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _recorded(session: Session, token: str) -> str:
    return session.customer.deployment.add_access_token(token)


@cache
def _all() -> tuple[Vector, ...]:
    file = resources.files("conformance_tests") / "vectors" / "forged_tokens.json"
    return tuple(
        Vector(
            requirement=found["requirement"],
            what=found["what"],
            sign=found["sign"],
            header=found.get("header", {}),
            claims=found.get("claims", {}),
            spelling=tuple(found.get("spelling", ("{header}", "{payload}", "{signature}"))),
            derive=tuple(found.get("derive", ())),
            accepted=found.get("accepted", False),
        )
        for found in json.loads(file.read_text(encoding="utf-8"))["vectors"]
    )
