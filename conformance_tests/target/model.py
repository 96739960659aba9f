"""A target: one deployment, what it claims, and all that the suite may use to judge it.

It is a plain value that pickles: what is live stands beside it, in `deployment.wiring`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance_tests.requirements import GROUPS, REQUIREMENTS, Requirement
from conformance_tests.target.parts import (
    ClockAddress,
    Credentials,
    FaultAddress,
    Features,
    Http,
    Instance,
    KnownFailure,
    Launch,
    Lifetimes,
    OddLogin,
    TableAddress,
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """One deployment, what it claims, and what the suite may see and move."""

    url: str
    name: str = ""
    version: str = ""
    environment: str = "production"
    profile: str = "documented"
    claims: tuple[str, ...] = GROUPS
    claims_named: bool = False  # in the target file; otherwise all groups of the profile
    http: Http = field(default_factory=Http)
    customers: tuple[Credentials, ...] = ()
    secret: str | None = field(default=None, repr=False)
    table: TableAddress | None = None
    clock: ClockAddress = field(default_factory=ClockAddress)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    features: Features = field(default_factory=Features)
    protected_query: str | None = None
    odd_logins: tuple[OddLogin, ...] = ()
    faults: FaultAddress | None = None
    log_file: str | None = None
    launch: Launch | None = None
    logins_per_minute: int = 0
    parallel: int = 1  # tests at once
    known_failures: tuple[KnownFailure, ...] = ()
    # Embedded only, not in the file: further instances on the same table.
    instances: Mapping[str, Instance] = field(default_factory=dict)

    def answers_for(self, requirement: Requirement) -> bool:
        """True of the rows that the target claims: its profile's, in the groups it names."""
        return requirement.group in self.claims and in_profile(requirement, self.profile)

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that the target names."""
        named = (self.http.ca_file, self.log_file, self.clock.faketime)
        return tuple(Path(name) for name in named if name)

    def secrets(self) -> Iterator[tuple[str, str]]:
        """What no output may hold, each with its kind."""
        yield "secret", self.secret or ""
        yield from (("password", customer.password) for customer in self.customers)
        yield from (("password", odd.password) for odd in self.odd_logins)
        for value in self.http.headers.values():
            yield "header", value

    @property
    def declared(self) -> frozenset[str]:
        """The features that the target declares, by the registry's names."""
        offers = {
            "wire": "WIRE" in self.claims,
            "grace": self.features.grace_seconds > 0,
            "max_session": self.features.max_session_minutes > 0,
            "odd_logins": bool(self.odd_logins),
            "protected": self.protected_query is not None,
        }
        return frozenset(name for name, offered in offers.items() if offered)

    def leaves_out(self, requirement: Requirement) -> str | None:
        """Why a requirement does not apply to this target, or None where it does."""
        if requirement.environment not in ("any", self.environment) and not self.other_environments:
            return f"only in {requirement.environment}"
        if requirement.feature and requirement.feature not in self.declared:
            return f"the target does not declare {requirement.feature}"
        return None

    @property
    def other_environments(self) -> bool:
        """True where the deployment can be judged in more than one environment."""
        return bool(self.instances) or self.launch is not None


def in_profile(requirement: Requirement, profile: str) -> bool:
    """`hardened` holds every row, `documented` those of the flow as it was documented."""
    return profile == "hardened" or requirement.documented


def groups_of(profile: str) -> tuple[str, ...]:
    """The groups in which a profile has rows, in the catalogue's order."""
    held = {row.group for row in REQUIREMENTS.values() if in_profile(row, profile)}
    return tuple(group for group in GROUPS if group in held)
