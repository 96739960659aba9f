"""The vectors for other languages, made from the reference, the forged tokens and SPEC.md."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import conformance_tests
from conformance_tests.actors import forged_tokens
from conformance_tests.deployment.forge import Forge
from conformance_tests.requirements import REQUIREMENTS, VERSION
from reference_auth.core import rolling, tokens
from reference_auth.core.config import Config, Lifetimes
from reference_auth.core.tokens import Claims
from tests.spec_page import table

FILE = Path(conformance_tests.__file__).parent / "vectors" / "interchange.json"
SCHEMA = FILE.with_suffix(".schema.json")

NOW = 1_710_904_868
SECRET = "conformance-secret-0123456789abcdef0123456789abcdef"
OTHER_KEY = "another-key-0123456789abcdef0123456789abcdef"
CONFIG = Config(secret=SECRET, region="eu-central-1", table="auth", lifetimes=Lifetimes.DEFAULT)
ABOUT = (
    "Vectors of the token flow for the unit tests of an implementation in any language.",
    "Times are whole epoch seconds. Secrets are used as their UTF-8 bytes, never decoded.",
    "issued: claims, the pair that they make, the hash and the row that the table keeps.",
    "verified: access tokens under `secret` at `now`, with their claims where they are genuine.",
    "presented: texts that can be a refresh token, and texts that cannot.",
    "expiry: whether each of the two tokens is still good at `now`.",
    "logged_in, rotated: what a login and a rotation at `now` promise; lifetimes in seconds.",
    "lowered: the `exp` to try, in this order, while the key is taken.",
    "cells: access verdict and refresh verdict, their state, and what happens.",
    "Made by the project's own tests from its reference: change nothing here by hand.",
)


def document() -> dict[str, Any]:
    """All of it."""
    return {
        "about": list(ABOUT),
        "version": VERSION,
        "issued": [issued(*each) for each in ISSUED],
        "verified": [*verified()],
        "presented": [
            {"text": text, "well_formed": tokens.is_refresh_token(text)} for text in PRESENTED
        ],
        "expiry": [expiry(now) for now in (899, 900, 901, 959, 960, 961)],
        "logged_in": [logged_in(*each) for each in LOGINS],
        "rotated": [rotated(*each) for each in ROTATIONS],
        "lowered": [lowered(exp) for exp in (NOW + 840, NOW + 3)],
        "cells": [*cells()],
    }


def text() -> str:
    """The file: an entry a line, so that a change of one is seen as one."""
    parts = [f'"{name}": {_written(value)}' for name, value in document().items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _written(value: object) -> str:
    if not isinstance(value, list):
        return json.dumps(value)
    lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in value)
    return f"[\n{lines}\n]"


# -- issued ------------------------------------------------------------------------------------

USUAL = Claims(23, NOW + 840, NOW + 900, NOW)
ISSUED: tuple[tuple[str, str, Claims], ...] = (
    ("the documentation's own", "token_secret", Claims(23, 1710905708, 1710905768, NOW)),
    ("an id that is a number", SECRET, USUAL),
    ("the same id as a text", SECRET, replace(USUAL, customer_id="23")),
    ("a remembered session", SECRET, replace(USUAL, refresh_expiry=NOW + 2_592_000)),
    ("an id that is zero", SECRET, replace(USUAL, customer_id=0)),
    ("a negative id", SECRET, replace(USUAL, customer_id=-7)),
    ("the largest id that is a number", SECRET, replace(USUAL, customer_id=2**53 - 1)),
    ("an id in other letters", SECRET, replace(USUAL, customer_id="Zoë-日本")),
    ("an id with a quote and strokes", SECRET, replace(USUAL, customer_id='a"b/c\\d')),
    ("an id of digits and dashes", SECRET, replace(USUAL, customer_id="b-0042")),
    ("no time of issue", SECRET, replace(USUAL, exp=NOW + 839, iat=None)),
    ("an absolute end", SECRET, replace(USUAL, exp=NOW + 838, auth_time=NOW - 600)),
    ("a secret in other letters", "pässwörd-日本-0123456789abcdef0123", USUAL),
    ("a secret that looks like base64", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYw==", USUAL),
    ("a secret longer than the hash's block", "0123456789abcdef" * 9, USUAL),
)


def issued(name: str, secret: str, claims: Claims) -> dict[str, Any]:
    """A pair with what it was made from and what the table keeps."""
    issue = tokens.issue(claims, secret)
    return {
        "name": name,
        "secret": secret,
        "claims": tokens.payload_of(claims),
        "token": issue.pair.token,
        "derived_from": f"{claims.customer_id}{claims.exp}",
        "refresh_token": issue.pair.refresh_token,
        "hash": issue.hash,
        "row": {
            "customer_id": {"S": str(claims.customer_id)},
            "refresh_token_hash": {"S": issue.hash},
            "ttl": {"N": str(claims.refresh_expiry)},
            "exp": {"N": str(claims.exp)},
        },
    }


# -- verified ----------------------------------------------------------------------------------

GENUINE: Mapping[str, Mapping[str, Any]] = {
    "as it was issued": {},
    "expired": {"exp": NOW - 1},
    "both expired": {"exp": NOW - 2, "refresh_expiry": NOW - 1},
    "a claim that nobody knows": {"scope": ["shop"]},
    "issued in the future": {"iat": NOW + 9_999},
    "no iat": {"iat": None},
    "nbf now": {"nbf": NOW},
    "an id that is a text": {"customer_id": "b-7"},
    "the id zero": {"customer_id": 0},
    "the id zero as a text": {"customer_id": "0"},
    "the longest id": {"customer_id": "x" * 2000},
    "the latest time": {"refresh_expiry": 2**53 - 1},
}
NOT_GENUINE: Mapping[str, Mapping[str, Any]] = {
    "an id that is a bool": {"customer_id": True},
    "an id that is a list": {"customer_id": [23]},
    "an id with a fraction": {"customer_id": 23.5},
    "an id too large for a number": {"customer_id": 2**53},
    "an id that is too long": {"customer_id": "x" * 2001},
    "an id that is too long in UTF-8": {"customer_id": "é" * 1001},
    "an id of the bookkeeping": {"customer_id": "ended#23"},
    "exp zero": {"exp": 0},
    "exp with a fraction": {"exp": NOW + 0.5},
    "exp too large": {"exp": 2**53},
    "refresh_expiry zero": {"refresh_expiry": 0},
    "refresh_expiry too large": {"refresh_expiry": 2**53},
    "nbf in a second": {"nbf": NOW + 1},
    "nbf as a text": {"nbf": str(NOW)},
}
CLAIMS = {"customer_id": 23, "exp": NOW + 840, "refresh_expiry": NOW + 900, "iat": NOW}


def verified() -> Iterable[dict[str, Any]]:
    """Genuine tokens, tokens with bad claims, and each token that the suite forges."""
    for some, genuine in ((GENUINE, True), (NOT_GENUINE, False)):
        for name, changes in some.items():
            claims = {**CLAIMS, **changes}
            kept = {name: value for name, value in claims.items() if value is not None}
            yield _case(name, "", Forge(SECRET).mint(kept), genuine)
    yield _case("a payload that is a list", "", Forge(SECRET).mint(b"[]"), False)
    for requirement in REQUIREMENTS:
        for accepted in (True, False):
            for vector in forged_tokens.vectors(requirement, accepted=accepted):
                # An old token is refused by the flow, not by the verifier: expired is genuine.
                genuine = accepted or requirement == "HARD-10"
                yield _case(vector.what, requirement, _forged(vector), genuine)


def _case(name: str, requirement: str, token: str, genuine: bool) -> dict[str, Any]:
    return {
        "name": name,
        **({"requirement": requirement} if requirement else {}),
        "secret": SECRET,
        "now": NOW,
        "token": token,
        "genuine": genuine,
        **({"claims": _read(token)} if genuine else {}),
    }


def _read(token: str) -> dict[str, Any]:
    """The three claims that the flow goes by."""
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return {name: claims[name] for name in ("customer_id", "exp", "refresh_expiry")}


@dataclass(frozen=True)
class Stage:
    """What the suite's forge needs of a session, its customer, its deployment and its clock."""

    token: str
    header = tokens.HEADER
    claims = CLAIMS
    exp = NOW + 840
    can_hash = False

    @property
    def customer(self) -> Stage:
        return self

    deployment = clock = customer

    def now(self) -> int:
        return NOW

    def need_forge(self) -> Forge:
        return Forge(SECRET)

    def introduce(self, token: str) -> str:
        return token

    def altered(self, token: str) -> Stage:
        return replace(self, token=token)


def _forged(vector: forged_tokens.Vector) -> str:
    """The token that the suite would send, with a fixed second key."""
    session: Any = Stage(Forge(SECRET).mint(CLAIMS))
    with patch.object(forged_tokens, "OTHER_KEY", OTHER_KEY):
        return forged_tokens.token(session, vector).token


# -- the rest ----------------------------------------------------------------------------------

GOOD = tokens.derive(23, NOW + 840, SECRET)
PRESENTED = (
    *(GOOD, "0" * 128, "", GOOD[:-1], GOOD + "0", GOOD.upper()),
    *(f" {GOOD}", f"{GOOD}\n", "g" + GOOD[1:], "٣" + GOOD[1:]),
)


LOGINS: tuple[tuple[bool | None, Lifetimes], ...] = (
    (None, Lifetimes.DEFAULT),
    (False, Lifetimes.DEFAULT),
    (True, Lifetimes.DEFAULT),
    (False, Lifetimes(15, 20, 40)),
    (True, Lifetimes(15, 20, 40)),
)
ROTATIONS = tuple(
    (left, lifetimes)
    for lifetimes, lefts in (
        (Lifetimes.DEFAULT, (0, 1, 899, 900, 901, 2_000_000)),
        (Lifetimes(15, 20, 40), (5, 19, 20, 21)),
    )
    for left in lefts
)


def expiry(later: int) -> dict[str, Any]:
    """Two tokens of one login, this long after it; the second lives a minute longer here."""
    claims = Claims(23, NOW + 900, NOW + 960)
    return {
        "exp": claims.exp,
        "refresh_expiry": claims.refresh_expiry,
        "now": NOW + later,
        "access_live": tokens.is_live(claims, NOW + later),
        "refresh_good": not tokens.is_past_refresh(claims, NOW + later),
    }


def logged_in(remember_me: bool | None, lifetimes: Lifetimes) -> dict[str, Any]:
    """What a login promises."""
    config = replace(CONFIG, lifetimes=lifetimes)
    claims = rolling.first_claims(23, bool(remember_me), NOW, config)
    return {
        "lifetimes": asdict(lifetimes),
        "remember_me": remember_me,
        "now": NOW,
        "exp": claims.exp,
        "refresh_expiry": claims.refresh_expiry,
    }


def rotated(left: int, lifetimes: Lifetimes) -> dict[str, Any]:
    """What a rotation promises with this many seconds left of the session."""
    old = Claims(23, NOW, NOW + left)
    claims = rolling.next_claims(old, NOW, replace(CONFIG, lifetimes=lifetimes))
    return {
        "lifetimes": asdict(lifetimes),
        "old_refresh_expiry": old.refresh_expiry,
        "now": NOW,
        "exp": claims.exp,
        "refresh_expiry": claims.refresh_expiry,
    }


def lowered(exp: int) -> dict[str, Any]:
    """The tries of one login or rotation."""
    claims = Claims(23, exp, NOW + 900)
    return {"now": NOW, "exp": exp, "tries": [c.exp for c in rolling.candidates(claims, NOW)]}


def cells() -> Iterable[dict[str, str]]:
    """SPEC.md 5.2."""
    for access, refresh, state, happens in table("access", "refresh", "state", "what happens"):
        yield {"access": access, "refresh": refresh, "state": state, "happens": happens}
