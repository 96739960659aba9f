"""Settings are frozen values, read from the environment once. A bad one raises ConfigError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NewType

Secret = NewType("Secret", str)

SHORTEST_SECRET = 32  # bytes: RFC 7518 wants a key at least as long as the hash
SHORTEST_ACCESS = 15  # seconds
LONGEST_GRACE = 60  # seconds
LOGIN_SECONDS, LONGEST_LOGIN = 5, 7  # of the 8 that a request may take
CACHED_PAIRS = 20_000  # 13 MB

_MINUTES = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


class ConfigError(Exception):
    """One sentence that says what to change."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Three lifetimes in seconds: access < refresh < extended."""

    access: int = 840
    refresh: int = 900
    extended: int = 2_592_000

    def __post_init__(self) -> None:
        if self.access < SHORTEST_ACCESS:
            raise ConfigError(
                f"ACCESS_TOKEN_EXPIRY_MINUTES must be at least {SHORTEST_ACCESS} seconds (0.25)."
            )
        if not self.access < self.refresh < self.extended:
            raise ConfigError(
                "Lifetimes are out of order: make ACCESS_TOKEN_EXPIRY_MINUTES shorter than "
                "REFRESH_TOKEN_EXPIRY_MINUTES, and that shorter than "
                "EXTENDED_REFRESH_TOKEN_EXPIRY_MINUTES."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of the flow; times in seconds."""

    secret: Secret = field(repr=False)
    region: str
    table: str
    development: bool = False
    lifetimes: Lifetimes = Lifetimes()
    grace_seconds: int = 0
    max_session_seconds: int | None = None
    cached_pairs: int = CACHED_PAIRS
    login_seconds: int = LOGIN_SECONDS

    def __post_init__(self) -> None:
        if not self.secret:
            raise ConfigError("Set JWT_PRIVATE_KEY: the secret may not be empty.")
        if not 0 <= self.grace_seconds <= LONGEST_GRACE:
            raise ConfigError(f"GRACE_SECONDS must be from 0 to {LONGEST_GRACE}.")
        if not 1 <= self.login_seconds <= LONGEST_LOGIN:
            raise ConfigError(f"LOGIN_SECONDS must be from 1 to {LONGEST_LOGIN}.")
        # If the absolute end cut a first pair short, a login could not follow a burn (HARD-31).
        if self.max_session_seconds is not None and (
            self.max_session_seconds <= self.lifetimes.access
        ):
            raise ConfigError(
                "MAX_SESSION_MINUTES must be longer than ACCESS_TOKEN_EXPIRY_MINUTES."
            )


def read_environment(environ: Mapping[str, str]) -> Config:
    """Read the settings, or raise ConfigError with one sentence that says what to change."""
    default = Lifetimes()
    return Config(
        secret=_secret(environ),
        region=_required(environ, "DYNAMO_DB__REGION"),
        table=_required(environ, "DYNAMO_DB_AUTH_TABLE"),
        development=is_development(environ.get("NODE_ENV")),
        lifetimes=Lifetimes(
            access=_minutes(environ, "ACCESS_TOKEN_EXPIRY_MINUTES", default.access),
            refresh=_minutes(environ, "REFRESH_TOKEN_EXPIRY_MINUTES", default.refresh),
            extended=_minutes(environ, "EXTENDED_REFRESH_TOKEN_EXPIRY_MINUTES", default.extended),
        ),
        grace_seconds=_whole(environ, "GRACE_SECONDS", 0),
        max_session_seconds=_minutes(environ, "MAX_SESSION_MINUTES", 0) or None,
        cached_pairs=_whole(environ, "CACHED_PAIRS", CACHED_PAIRS),
        login_seconds=_whole(environ, "LOGIN_SECONDS", LOGIN_SECONDS),
    )


def is_development(node_env: str | None) -> bool:
    """Only exactly `development` opens the development operations (DEV-03)."""
    return node_env == "development"


def _secret(environ: Mapping[str, str]) -> Secret:
    """The secret is set, is UTF-8, and is long enough to sign with (HARD-19)."""
    # Departs: HARD-19 the module starts with any secret, or none.
    secret, may_be_short = _required(environ, "JWT_PRIVATE_KEY"), environ.get("ALLOW_SHORT_SECRET")
    if may_be_short not in {None, "", "0", "1"}:
        raise ConfigError("ALLOW_SHORT_SECRET must be 1, 0 or unset.")
    try:
        size = len(secret.encode())
    except UnicodeEncodeError:
        raise ConfigError("JWT_PRIVATE_KEY must be UTF-8 text.") from None
    if size < SHORTEST_SECRET and may_be_short != "1":
        raise ConfigError(
            f"JWT_PRIVATE_KEY has {size} bytes: use at least {SHORTEST_SECRET}, "
            "or set ALLOW_SHORT_SECRET=1 for a legacy secret."
        )
    return Secret(secret)


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value.strip():
        raise ConfigError(f"Set {name}: it is missing or empty.")
    return value


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    if not _WHOLE.fullmatch(text):
        raise ConfigError(f"{name} must be a whole number.")
    return int(text)


def _minutes(environ: Mapping[str, str], name: str, default: int) -> int:
    """Read minutes as whole seconds: 0.3333 is 20 s, and a half second is refused."""
    text = environ.get(name, "")
    if not text:
        return default
    if not _MINUTES.fullmatch(text):
        raise ConfigError(f"{name} must be a number of minutes, such as 14 or 0.25.")
    exact = Decimal(text) * 60
    seconds = round(exact)
    if abs(exact - seconds) > Decimal("0.05"):
        raise ConfigError(f"{name} must make whole seconds: {text} minutes are {exact} seconds.")
    return seconds
