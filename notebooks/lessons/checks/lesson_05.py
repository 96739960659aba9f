"""Live, expired or forged? Each case is a mistake that real servers have made."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from lessons.exercise import Hints, exercise
from lessons.server import SECRET, START
from lessons.signing import encoded, signed

EXP = START + 840
GOOD: dict[str, Any] = {
    "customer_id": 23,
    "exp": EXP,
    "refresh_expiry": START + 900,
    "iat": START,
}
Judge = Callable[[str, int, str], str]
Case = tuple[str, int, str, str]


@exercise
def judges(answer: Judge) -> Hints:
    """A function of access token, `now` and secret: "live", "expired" or "forged"."""
    for token, now, right, hint in cases():
        try:
            with warnings.catch_warnings(action="ignore"):  # a library's advice on key lengths
                found = answer(token, now, SECRET)
        except Exception as error:
            yield f"{hint} Your answer raised {type(error).__name__}: {error}"
        else:
            if found != right:
                yield f"{hint} You said {found!r}."


def cases() -> Iterator[Case]:
    """Token, second, the right word, and a hint for a wrong one."""
    good = signed(GOOD)
    yield good, START, "live", "A new token is live."
    yield good, EXP - 1, "live", "At second exp - 1 the token is still live (CORE-10)."
    yield good, EXP, "expired", "At second exp the token has expired, to the second (CORE-10)."
    yield good, EXP + 10**6, "expired", "An old token is genuine: expired, and not forged."
    yield from forged(good)
    yield from odd_claims()
    ahead = signed({**GOOD, "iat": START + 30, "shop": "nz"})
    yield (
        ahead,
        START,
        "live",
        "Ignore iat and unknown claims (WIRE-03).",
    )


def forged(good: str) -> Iterator[Case]:
    """Tokens that the secret did not sign, or not with HS256."""
    header, payload, signature = good.split(".")
    none = encoded(b'{"alg":"none","typ":"JWT"}')
    other = signed({**GOOD, "customer_id": 24}).split(".")[1]
    yield "rubbish", START, "forged", "What cannot be decoded is forged, and raises no exception."
    yield (
        f"{header}.{other}.{signature}",
        START,
        "forged",
        "The payload was replaced: check the signature before you read a claim (HARD-01).",
    )
    yield (
        signed(GOOD, "another secret, and just as long as ours"),
        START,
        "forged",
        "It is signed with another secret (HARD-01).",
    )
    yield f"{none}.{payload}.", START, "forged", "alg none is no signature at all (HARD-02)."
    yield (
        signed(GOOD, digest="sha512"),
        START,
        "forged",
        "The secret is right, but the algorithm is not: accept HS256 alone (HARD-03).",
    )
    yield (
        signed(GOOD, crit=["shop"], shop=1),
        START,
        "forged",
        "crit names an extension that you do not know: refuse the token (HARD-06).",
    )


def odd_claims() -> Iterator[Case]:
    """Tokens that the secret signed, with claims that the flow does not issue."""
    for name, id in (("exp", "HARD-04"), ("refresh_expiry", "HARD-05")):
        without = {key: value for key, value in GOOD.items() if key != name}
        yield signed(without), START, "forged", f"Without {name} it would never expire ({id})."
        for value in (str(EXP + 60), None, True, -1):
            changed = signed({**GOOD, name: value})
            yield changed, START, "forged", f"{name} is {value!r}, which is not a time ({id})."
    sibling = {"bc_customer_id": 23, "exp": EXP, "refresh_expiry": START + 900}
    yield (
        signed(sibling),
        START,
        "forged",
        "It names no customer_id: a token of another kind (HARD-08).",
    )
    later = signed({**GOOD, "nbf": START + 60})
    yield later, START, "forged", "It is not valid before its nbf (HARD-07)."
    marked = signed(GOOD, kid="../../dev/null", jku="https://example.com/keys")
    yield marked, START, "live", "Ignore kid and jku: this token is genuine (HARD-07)."
