"""How tokens are read and shortened for the eye: nothing here checks a signature."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lessons.clock_face import moment
from reference_auth.core.tokens import Claims

TIMES = ("exp", "refresh_expiry", "iat", "auth_time")

_ACCESS_TOKEN = re.compile(r"\b(eyJ[\w-]*)\.([\w-]+)\.([\w-]*)", re.ASCII)
_DERIVED = re.compile(r"\b[0-9a-f]{128}\b", re.ASCII)


def short(text: str) -> str:
    """Cut every token and hash in a text down to its two ends, so that it can be recognised."""
    text = _ACCESS_TOKEN.sub(lambda found: f"{found[1][:6]}…{found[0][-8:]}", text)
    return _DERIVED.sub(lambda found: f"{found[0][:8]}…{found[0][-4:]}", text)


@dataclass(frozen=True, slots=True)
class Parts:
    """An access token taken apart, as anybody can who holds it."""

    encoded: tuple[str, str, str]
    header: Mapping[str, Any]
    payload: Mapping[str, Any]

    def __repr__(self) -> str:
        rows = [f"{name:<15} {_told(name, value)}" for name, value in self.payload.items()]
        head = ", ".join(f"{name} {value}" for name, value in self.header.items())
        return "\n".join([f"{'header':<15} {head}", *rows])


def take_apart(token: str) -> Parts:
    """Decode header and payload; the signature is left as it is."""
    header, payload, signature = token.split(".")
    return Parts((header, payload, signature), _decoded(header), _decoded(payload))


def claims_of(token: str) -> Claims:
    """What a token says of itself, believed without a check."""
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
    """The two tokens that a login or a rotation hands out."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def parts(self) -> Parts:
        """The access token, taken apart."""
        return take_apart(self.token)

    @property
    def claims(self) -> Claims:
        """What the access token promises."""
        return claims_of(self.token)

    def __repr__(self) -> str:
        return short(f"token          {self.token}\nrefresh_token  {self.refresh_token}")


def _decoded(part: str) -> Any:
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _told(name: str, value: Any) -> str:
    is_time = name in TIMES and type(value) is int
    return f"{value}  {moment(value)} UTC" if is_time else f"{value!r}"
