"""Tokens, read and shortened for display; nothing here checks a signature."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lessons.times import date_and_time
from reference_auth.core.tokens import AccessToken, Claims, RefreshToken

TIMES = ("exp", "refresh_expiry", "iat", "auth_time")

_ACCESS_TOKEN = re.compile(r"\b(eyJ[\w-]*)\.([\w-]+)\.([\w-]*)", re.ASCII)
_DERIVED = re.compile(r"\b[0-9a-f]{128}\b", re.ASCII)


def short(text: str) -> str:
    """Shorten every token and hash in a text to its two ends."""
    text = _ACCESS_TOKEN.sub(lambda found: f"{found[1][:6]}…{found[0][-8:]}", text)
    return _DERIVED.sub(lambda found: f"{found[0][:8]}…{found[0][-4:]}", text)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of an access token, which anybody who has the token can read."""

    encoded: tuple[str, str, str]
    header: Mapping[str, Any]
    payload: Mapping[str, Any]

    def __repr__(self) -> str:
        rows = [f"{name:<15} {_written(name, value)}" for name, value in self.payload.items()]
        head = ", ".join(f"{name} {value}" for name, value in self.header.items())
        return "\n".join([f"{'header':<15} {head}", *rows])


def take_apart(token: str) -> Parts:
    """Decode header and payload, and leave the signature as it is."""
    header, payload, signature = token.split(".")
    return Parts((header, payload, signature), _decoded(header), _decoded(payload))


def claims_of(token: str) -> Claims:
    """The claims of a token, unchecked."""
    payload = take_apart(token).payload
    return Claims(
        payload["customer_id"],
        payload["exp"],
        payload["refresh_expiry"],
        payload.get("iat"),
        payload.get("auth_time"),
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """The two tokens that a login or a rotation returns."""

    token: AccessToken = field(repr=False)
    refresh_token: RefreshToken = field(repr=False)

    @property
    def parts(self) -> Parts:
        """The access token, taken apart."""
        return take_apart(self.token)

    @property
    def claims(self) -> Claims:
        """The claims of the access token."""
        return claims_of(self.token)

    def __repr__(self) -> str:
        return short(f"token          {self.token}\nrefresh_token  {self.refresh_token}")


def _decoded(part: str) -> Any:
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _written(name: str, value: Any) -> str:
    is_time = name in TIMES and type(value) is int
    return f"{value}  {date_and_time(value)} UTC" if is_time else f"{value!r}"
