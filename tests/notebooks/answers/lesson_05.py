"""Judges of an access token: a right one, and some that check too little."""

from __future__ import annotations

from typing import Any

import jwt

from lessons import checks
from lessons.pairs import claims_of

UNTIMED: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}


def judges(token: str, now: int, secret: str) -> str:
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], options=UNTIMED)
    except jwt.PyJWTError:
        return "forged"
    times = [claims.get("exp"), claims.get("refresh_expiry")]
    if not all(type(time) is int and time > 0 for time in times):
        return "forged"
    if "customer_id" not in claims or claims.get("nbf", now) > now:
        return "forged"
    return "live" if now < claims["exp"] else "expired"


def judges_without_looking(token: str, now: int, secret: str) -> str:
    return "live" if now < claims_of(token).exp else "expired"


def judges_by_the_library(token: str, now: int, secret: str) -> str:
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256", "HS384", "HS512"], options=UNTIMED)
    except jwt.PyJWTError:
        return "forged"
    return "live" if now < claims["exp"] else "expired"


def judges_the_signature_alone(token: str, now: int, secret: str) -> str:
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], options=UNTIMED)
    except jwt.PyJWTError:
        return "forged"
    return "live" if now < int(claims.get("exp") or 2**40) else "expired"


CHECK = checks.judges
RIGHT = judges
WRONG: dict[str, tuple[Any, str]] = {
    "unverified": (judges_without_looking, "raises no exception"),
    "all algorithms": (judges_by_the_library, "HARD-03"),
    "no exp": (judges_the_signature_alone, "HARD-04"),
    "old is forged": (
        lambda t, now, s: "live" if judges(t, now, s) == "live" else "forged",
        "At second exp",
    ),
}
