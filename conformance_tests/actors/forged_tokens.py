"""Forged tokens as data: `vectors/forged_tokens.json`, each made from a genuine session.

The file itself explains its words. A vector that needs the target's secret is NotTestable without
it; what anybody could do is made from the token text alone.
"""

from __future__ import annotations

import base64
import json
import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from conformance_tests.actors.customers import MadeUpCustomer
from conformance_tests.deployment.forge import encoded, mac
from conformance_tests.good_calls import JWT
from conformance_tests.outcomes import Violation

if TYPE_CHECKING:
    from conformance_tests.actors.session import Session

HOUR = 3600
DAY = 24 * HOUR
#: From a printable ASCII character to the same one in full width.
FULL_WIDTH = 0xFEE0
#: How a signature is made: with which algorithm, and whether with the target's secret.
SIGNED: Final = {
    "secret": ("HS256", True),
    "HS384": ("HS384", True),
    "HS512": ("HS512", True),
    "other": ("HS256", False),
    "empty": ("HS256", False),
}
#: What anybody can do to the signature, without the secret.
BROKEN_SIGNATURES: Final[Mapping[str, Callable[[str], str]]] = {
    "kept": lambda signature: signature,
    "flipped": lambda signature: ("B" if signature[:1] == "A" else "A") + signature[1:],
    # In whole groups of four characters, so that what is left can still be decoded.
    "cut": lambda signature: signature[: len(signature) // 8 * 4],
    "stripped": lambda signature: "",
    "missing": lambda signature: "",
}
#: Of base64url, in its order.
ALPHABET: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
OTHER_KEY: Final = secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Vector:
    """One way to forge a token, as the file has it."""

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

    words: what `{other}` (an id, as JSON) and `{unused_address}` stand for.
    """
    said = _words(session, words)
    forged = session.altered(token=_recorded(session, _token(session, vector, said)))
    yield forged
    deployment, owner = session.customer.deployment, session.customer
    for text in vector.derive if deployment.can_hash else ():
        forge = deployment.need_forge()
        refresh_token = forge.derive(_filled(text, said))
        if isinstance(owner, MadeUpCustomer) and "customer_id" not in vector.claims:
            owner.add_row(refresh_token, session.refresh_expiry)
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
    """The parts that a `spelling` may use: the payload's padding, the halves of a signature, ..."""
    half = len(signature) // 2
    return {
        "header": header,
        "payload": payload,
        "signature": signature,
        "padding": "=" * (-len(payload) % 4 or 4),
        "start": signature[:half],
        "end": signature[half:],
        "loose": _with_unused_bits(signature),
        "header_twice": _with_name_twice(header, "alg"),
        "payload_twice": _with_name_twice(payload, "exp"),
        "header_respelt": _with_name_twice(header, "alg", r'"\u0061lg"'),
        "payload_respelt": _with_name_twice(payload, "exp", r'"\u0065xp"'),
    }


def _with_unused_bits(part: str) -> str:
    """The same bytes, with bits set in the last character that stand for none of them."""
    if part[-1:] not in ALPHABET:
        raise Violation("an access token in base64url, unpadded", f"{part[-1]!r} at its end", JWT)
    return part and part[:-1] + ALPHABET[ALPHABET.index(part[-1]) | 1]


def _with_name_twice(part: str, name: str, spelt: str | None = None) -> str:
    """A part of the token in which this member stands twice, with one value.

    spelt: its first name as JSON, where that is another spelling.
    """
    text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
    member = f"{spelt or json.dumps(name)}:{json.dumps(json.loads(text).get(name))}"
    return encoded(f"{{{member},{text[1:]}".encode())


def _words(session: Session, more: Mapping[str, str]) -> dict[str, str]:
    """What the words in braces stand for."""
    now = int(session.customer.deployment.clock.now())
    id_ = session.claims.get("customer_id")
    return {
        "customer": json.dumps(id_),
        "other": json.dumps(session.customer.deployment.nobody),
        "id": str(id_),
        "exp": str(session.exp),
        "soon": str(now + 30),
        "later": str(now + HOUR),
        "earlier": str(now - 60),
        "ancient": str(now - 300 * DAY),
        "key": base64.urlsafe_b64encode(OTHER_KEY.encode()).decode().rstrip("="),
        "unused_address": "http://127.0.0.1:9/",
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


# -- texts that are no valid token ---------------------------------------------------------------


def other_hex(token: str, place: int = 0) -> str:
    """The same text with one character exchanged, still of the same alphabet and length."""
    other = "0" if token[place] != "0" else "1"
    return token[:place] + other + token[place + 1 :]


def never_issued() -> str:
    """A text in the form of a refresh token that nobody has derived."""
    return secrets.token_hex(64)


def mismatches(session: Session, count: int) -> list[Session]:
    """So many pairs with a live access token and a wrong refresh token.

    With the secret each has an `exp` that was never issued, because a server may keep what it has
    derived; without it they share the session's access token.
    """
    deployment = session.customer.deployment
    wrong = [session.altered(refresh_token=never_issued()) for _ in range(count)]
    if not deployment.can_hash:
        return wrong
    forge, shifts = deployment.need_forge(), secrets.SystemRandom().sample(range(1, DAY), count)
    later = [{"exp": session.exp + s, "refresh_expiry": session.refresh_expiry + s} for s in shifts]
    minted = [_recorded(session, forge.mint({**session.claims, **times})) for times in later]
    return [pair.altered(token=token) for pair, token in zip(wrong, minted, strict=True)]


def similar_tokens(refresh_token: str) -> dict[str, str]:
    """Texts that only an inexact comparison takes for the refresh token, by what was changed."""
    spelt = {
        "in upper case": refresh_token.upper(),
        "in lower case": refresh_token.lower(),
        "in full width": "".join(chr(ord(letter) + FULL_WIDTH) for letter in refresh_token),
        "after a blank": f" {refresh_token}",
        "before a blank": f"{refresh_token} ",
        "before a line end": f"{refresh_token}\n",
        "before a NUL": f"{refresh_token}\0",
        "without its last character": refresh_token[:-1],
        "without its first character": refresh_token[1:],
        "cut to half": refresh_token[: len(refresh_token) // 2],
        "with a character before it": f"0{refresh_token}",
        "with a character after it": f"{refresh_token}0",
        "twice": refresh_token * 2,
    }
    return {how: text for how, text in spelt.items() if text != refresh_token}


def malformed_tokens(refresh_token: str) -> dict[str, str]:
    """Texts that are not 128 lower-case hex digits, by what they are instead."""
    return {
        "nothing": "",
        "a word": "junk",
        "127 digits": refresh_token[:-1],
        "129 digits": f"{refresh_token}0",
        "upper case": refresh_token.upper(),
        "a letter beyond f": f"g{refresh_token[1:]}",
        "a line end": f"{refresh_token}\n",
        "ten thousand digits": "0" * 10_000,
    }
