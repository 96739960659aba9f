"""The environment, read once (SPEC.md 3.20, 3.21); its store needs no DYNAMO_DB variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

MINUTES = {"ACCESS": "14", "REFRESH": "15", "EXTENDED_REFRESH": "43200"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What one server runs with; lifetimes are in seconds."""

    secret: bytes = field(repr=False)
    access: int
    refresh: int
    extended: int
    development: bool
    port: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """These variables' settings, or one sentence that ends the program."""
        secret = environment.get("JWT_PRIVATE_KEY", "").encode()
        if len(secret) < (1 if environment.get("ALLOW_SHORT_SECRET") == "1" else 32):
            raise SystemExit("Give JWT_PRIVATE_KEY at least 32 bytes.")
        access, refresh, extended = (_seconds(environment, *entry) for entry in MINUTES.items())
        if not 15 <= access < refresh < extended:
            raise SystemExit("Order the lifetimes: 15 seconds <= access < refresh < extended.")
        development = environment.get("NODE_ENV") == "development"
        port = int(environment.get("PORT", "4000"))
        return cls(secret, access, refresh, extended, development, port)


def _seconds(environment: Mapping[str, str], name: str, default: str) -> int:
    variable = f"{name}_TOKEN_EXPIRY_MINUTES"
    try:
        seconds = Fraction(environment.get(variable) or default) * 60
    except ValueError:
        raise SystemExit(f"Set {variable} to a number.") from None
    if seconds.denominator != 1:
        raise SystemExit(f"Set {variable} to minutes that make whole seconds.")
    return int(seconds)
