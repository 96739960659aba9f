"""How long a pair is handed back, read from the access token."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from json import loads
from typing import Any

from lessons import checks
from lessons.reading import claims_of


def payload(token: str, padding: str = "===") -> Any:
    return loads(urlsafe_b64decode(token.split(".")[1] + padding))


def handed_back_for(token: str, now: int) -> Any:
    return max(0, payload(token)["exp"] - now)


CHECK = checks.handed_back_for
RIGHT = handed_back_for
WRONG: dict[str, tuple[Any, str]] = {
    "padding": (
        lambda token, now: payload(token, padding="")["exp"],
        "leaves base64's padding out",
    ),
    "one second too many": (
        lambda token, now: max(0, claims_of(token).exp - now + 1),
        "lives for 840 s",
    ),
    "below nothing": (
        lambda token, now: claims_of(token).exp - now,
        "less than nothing",
    ),
    "at exp": (
        lambda token, now: max(0, claims_of(token).exp - now) or int(now == claims_of(token).exp),
        "At second exp",
    ),
}
