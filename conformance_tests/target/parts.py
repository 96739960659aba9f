"""What a target offers, one frozen value for each table of its file; no secret shows in a repr."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Http:
    """How requests reach the deployment; `timeout` is in seconds."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: str | None = None
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """One customer made for these tests."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TableAddress:
    """Where the session rows are; credentials come from the usual AWS variables."""

    name: str
    region: str
    endpoint_url: str | None = None
    # Embedded only: the table is gone with the run, so no row need be cleaned up.
    ends_with_run: bool = False


@dataclass(frozen=True, slots=True)
class ClockAddress:
    """How the target's time can be moved or waited for; `max_wait` is in seconds."""

    http: str | None = None
    faketime: str | None = None
    max_wait: float = 0.0
    # Embedded only: the clock is known to stand still once it is set.
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """The deployment's lifetimes in seconds."""

    access: int = 840
    refresh: int = 900
    extended: int = 2_592_000


@dataclass(frozen=True, slots=True)
class Features:
    """What the deployment offers beyond the documented flow; 0 is off."""

    grace_seconds: int = 0
    max_session_minutes: float = 0


@dataclass(frozen=True, slots=True)
class Instance:
    """One more server of the embedded reference, on the same table; its lifetimes if others."""

    url: str
    lifetimes: Lifetimes | None = None


@dataclass(frozen=True, slots=True)
class OddLogin:
    """A login for which the platform answers no usable customer id (HARD-18)."""

    kind: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FaultAddress:
    """The fault proxy: where it listens (`host:port`) and the emulator behind it."""

    listen: str
    upstream: str


@dataclass(frozen=True, slots=True)
class Launch:
    """How the suite starts the deployment under another environment."""

    command: tuple[str, ...]
    url: str
    port_variable: str = "PORT"
    environment_variable: str = "NODE_ENV"
    development_value: str = "development"
    secret_variable: str = "JWT_PRIVATE_KEY"


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A failure that is expected, with its reason, so that it does not fail a pipeline."""

    id: str
    reason: str = ""
    issue: str = ""
    until: dt.date | None = None
