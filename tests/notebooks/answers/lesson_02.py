"""How long a pair is returned, read from the access token."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from json import loads
from typing import Any

from lessons import checks
from lessons.pairs import claims_of


def payload(token: str, padding: str = "===") -> Any:
    return loads(urlsafe_b64decode(token.split(".")[1] + padding))


def same_pair_for(token: str, now: int) -> Any:
    return max(0, payload(token)["exp"] - now)


CHECK = checks.same_pair_for
RIGHT = same_pair_for
WRONG: dict[str, tuple[Any, str]] = {
    "padding": (
        lambda token, now: payload(token, padding="")["exp"],
        "no base64 padding",
    ),
    "one second too many": (
        lambda token, now: max(0, claims_of(token).exp - now + 1),
        "works for 840 s",
    ),
    "below nothing": (
        lambda token, now: claims_of(token).exp - now,
        "no negative number",
    ),
    "at exp": (
        lambda token, now: max(0, claims_of(token).exp - now) or int(now == claims_of(token).exp),
        "At second exp",
    ),
}
