"""A target is one deployment and all that the suite may use to judge it.

`load` reads a target file strictly, `from_url` builds one from an address and the environment.
What is given on the command line stands over the file, and the file over the defaults.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance_tests.requirements import GROUPS, REQUIREMENTS, Requirement
from conformance_tests.target import files as target_files
from conformance_tests.target import keys as target_keys
from conformance_tests.target import schema as strict
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

if TYPE_CHECKING:
    import httpx

__all__ = [
    "ClockAddress",
    "Credentials",
    "FaultAddress",
    "Features",
    "Http",
    "Instance",
    "KnownFailure",
    "Launch",
    "Lifetimes",
    "OddLogin",
    "TableAddress",
    "Target",
    "TargetError",
    "from_url",
    "groups_of",
    "in_profile",
    "load",
    "with_profile",
]


class TargetError(Exception):
    """A target that cannot be used: a line for each slip, with its key, its line and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One deployment, what it claims, and what the suite may see and move."""

    url: str
    name: str = ""
    version: str = ""
    environment: str = "production"
    profile: str = "documented"
    claims: tuple[str, ...] = GROUPS
    claims_named: bool = False  # by the target file; else they are all that the profile has
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
    known_failures: tuple[KnownFailure, ...] = ()
    # Embedded only, not in the file: further instances, and the way to them without a socket.
    instances: Mapping[str, Instance] = field(default_factory=dict)
    transport: httpx.BaseTransport | None = field(default=None, repr=False, compare=False)

    def on_paper(self) -> Target:
        """The same target without what lives in this process alone."""
        table = replace(self.table, client=None) if self.table else None
        faults = replace(self.faults, proxy=None) if self.faults else None
        return replace(self, table=table, faults=faults, transport=None)

    def answers_for(self, requirement: Requirement) -> bool:
        """True of the rows that the target claims: its profile's, in the groups it names.

        A provisional row is claimed by nobody yet.
        """
        held = requirement.group in self.claims and in_profile(requirement, self.profile)
        return held and not requirement.provisional

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that the suite reads, or sets, because the target names it."""
        named = (self.http.ca_file, self.log_file, self.clock.faketime)
        return tuple(Path(name) for name in named if name)

    @property
    def passwords(self) -> tuple[str, ...]:
        """Every password that the target was given: what no output may hold."""
        customers = tuple(customer.password for customer in self.customers)
        return customers + tuple(odd.password for odd in self.odd_logins)

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
        """Why a row does not concern this target, or None where it does."""
        if requirement.environment not in ("any", self.environment) and not self.other_environments:
            return f"only in {requirement.environment}"
        if requirement.feature and requirement.feature not in self.declared:
            return f"the target does not declare {requirement.feature}"
        return None

    @property
    def other_environments(self) -> bool:
        """True where the deployment can be met in more than one environment."""
        return bool(self.instances) or self.launch is not None


def in_profile(requirement: Requirement, profile: str) -> bool:
    """`hardened` holds every row, `documented` those of the flow as it was documented."""
    return profile == "hardened" or requirement.documented


def groups_of(profile: str) -> tuple[str, ...]:
    """The groups in which a profile has rows, in the catalogue's order."""
    held = {row.group for row in REQUIREMENTS.values() if in_profile(row, profile)}
    return tuple(group for group in GROUPS if group in held)


def load(path: str | Path, environ: Mapping[str, str], *, url: str | None = None) -> Target:
    """The target that a file describes; `url` stands over the file's. Raises TargetError."""
    text = _text_of(Path(path))
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as trouble:
        raise TargetError(f"{path} is not TOML: {trouble}.") from None
    if url is not None:
        document["url"] = url
    try:
        return _build(document, environ, Path(path).parent)
    except strict.SlipsError as several:
        raise TargetError("\n".join(_told(several.slips, path, text))) from None


def from_url(url: str, environ: Mapping[str, str]) -> Target:
    """A target of which only the address is known, with customers from the environment.

    AUTH_CONFORMANCE_CUSTOMER_1 and AUTH_CONFORMANCE_PASSWORD_1, then _2: two, or none at all.
    """
    try:
        return _build(
            {"url": url, "customers": _customers_of(environ)}, environ, Path(), lonely=True
        )
    except strict.SlipError as slip:
        raise TargetError(_ended(slip.sentence)) from None
    except strict.SlipsError as several:
        raise TargetError("\n".join(_ended(s.sentence) for s in several.slips)) from None


def with_profile(target: Target, profile: str) -> Target:
    """The same target held to another profile; groups it named stay, and must have rows there."""
    if not target.claims_named and target.claims == groups_of(target.profile):
        return replace(target, profile=profile, claims=groups_of(profile))
    try:
        return replace(target, profile=profile, claims=_claims(list(target.claims), profile))
    except strict.SlipError as slip:
        raise TargetError(_ended(f"--profile {profile}: {slip.sentence}")) from None


def _told(slips: Iterable[strict.SlipError], path: str | Path, text: str) -> Iterator[str]:
    """A sentence for each slip, in the order of the file."""
    lines = strict.lines_of(text)
    placed = [(strict.line_of(slip.path, lines) or 0, slip.sentence) for slip in slips]
    for line, sentence in sorted(placed, key=lambda slip: slip[0]):
        yield f"{path}{f', line {line}' if line else ''}: {_ended(sentence)}"


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith("?") else sentence + "."


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise TargetError(f"{path} is not a text in UTF-8: save it as UTF-8.") from None
    except OSError as trouble:
        raise TargetError(f"{path} cannot be read: {trouble.strerror}.") from None


def _customers_of(environ: Mapping[str, str]) -> list[dict[str, str]]:
    customers = []
    for number in ("1", "2"):
        email = environ.get(f"AUTH_CONFORMANCE_CUSTOMER_{number}", "")
        password = environ.get(f"AUTH_CONFORMANCE_PASSWORD_{number}", "")
        if bool(email) != bool(password):
            absent = "CUSTOMER" if password else "PASSWORD"
            raise strict.SlipError((), f"AUTH_CONFORMANCE_{absent}_{number} is not set: export it")
        if email:
            customers.append({"email": email, "password": password})
    return customers


def _build(
    document: Mapping[str, Any], environ: Mapping[str, str], folder: Path, lonely: bool = False
) -> Target:
    """The target of a document; `lonely` allows one without any customer."""
    slips = strict.Slips()
    found = strict.read(document, target_keys.TABLES, environ, slips)
    parts: dict[str, Callable[[], Any]] = {
        "name": lambda: found["name"] or urlsplit(found["url"]).netloc,
        "version": lambda: found["version"],
        "url": lambda: found["url"],
        "environment": lambda: found["environment"],
        "profile": lambda: found["profile"],
        "claims": lambda: _claims(found["claims"], found["profile"]),
        "claims_named": lambda: found["claims"] is not None,
        "http": lambda: _http(found["http"], environ, folder),
        "customers": lambda: _customers(found["customers"], lonely),
        "secret": lambda: found["signing"] and found["signing"]["secret"],
        "table": lambda: found["table"] and _table(found["table"], environ),
        "clock": lambda: _clock(found["clock"], folder),
        "lifetimes": lambda: _lifetimes(found["lifetimes"]),
        "features": lambda: Features(**found["features"]),
        "protected_query": lambda: found["protected"] and found["protected"]["query"],
        "odd_logins": lambda: tuple(OddLogin(**odd) for odd in found["odd_logins"]),
        "faults": lambda: found["faults"] and FaultAddress(**found["faults"]),
        "log_file": lambda: found["log"] and target_files.log_file(found["log"]["file"], folder),
        "launch": lambda: found["launch"] and Launch(**found["launch"]),
        "logins_per_minute": lambda: found["limits"]["logins_per_minute"],
        "known_failures": lambda: _known_failures(found["known_failures"]),
    }
    values = {}
    for name, make in parts.items():
        with slips.noted():
            values[name] = make()
    slips.end()
    return Target(**values)


def _claims(named: Any, profile: str) -> tuple[str, ...]:
    offered = groups_of(profile)
    for group in named or ():
        if group not in GROUPS:
            hint = strict.did_you_mean(group, GROUPS)
            raise strict.SlipError(("claims",), f'claims names "{group}", which is no group{hint}')
        if group not in offered:
            remedy = 'take it out, or set profile = "hardened"'
            sentence = f'claims names {group}, of which profile "{profile}" has no row: {remedy}'
            raise strict.SlipError(("claims",), sentence)
    return tuple(group for group in offered if named is None or group in named)


def _http(found: dict[str, Any], environ: Mapping[str, str], folder: Path) -> Http:
    headers = {
        name: _header(("http", "headers", name), value, environ)
        for name, value in found["headers"].items()
    }
    return Http(headers, target_files.ca_file(found["ca_file"], folder), found["timeout"])


def _header(path: strict.Path, value: Any, environ: Mapping[str, str]) -> str:
    text = (
        strict.from_environment(path, value["env"], environ) if isinstance(value, dict) else value
    )
    if not text.isascii() or not text.isprintable() or text != text.strip():
        right = "plain ASCII on one line, without spaces around it"
        raise strict.SlipError(path, f"{strict.dotted(path)} must be {right}")
    return str(text)


def _customers(found: list[dict[str, str]], lonely: bool) -> tuple[Credentials, ...]:
    customers = tuple(Credentials(**customer) for customer in found)
    if lonely and not customers:
        return ()
    emails = [customer.email.casefold() for customer in customers]
    for place, email in enumerate(emails):
        if email in emails[:place]:
            raise strict.SlipError(
                ("customers", place, "email"),
                f"the customer {customers[place].email} is given twice: name two different ones",
            )
    if len(customers) < 2:
        raise strict.SlipError(
            ("customers", 0),
            f"two different customers are needed, and {len(customers) or 'none'} is given",
        )
    return customers


def _known_failures(found: list[dict[str, Any]]) -> tuple[KnownFailure, ...]:
    ids = [one["id"] for one in found]
    for place, name in enumerate(ids):
        if name in ids[:place]:
            raise strict.SlipError(
                ("known_failures", place, "id"),
                f"the known failure {name} is listed twice: keep one of the two",
            )
    return tuple(KnownFailure(**one) for one in found)


def _table(found: dict[str, Any], environ: Mapping[str, str]) -> TableAddress:
    region = found["region"] or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise strict.SlipError(("table",), "table has no region: add it, or export AWS_REGION")
    return TableAddress(found["name"], region, found["endpoint_url"])


def _clock(found: dict[str, Any], folder: Path) -> ClockAddress:
    if found["http"] and found["faketime"]:
        raise strict.SlipError(
            ("clock", "faketime"), "clock has http and faketime: keep one of them"
        )
    faketime = found["faketime"] and str(folder / found["faketime"])
    return ClockAddress(found["http"], faketime, found["max_wait"])


def _lifetimes(found: dict[str, int]) -> Lifetimes:
    lifetimes = Lifetimes(**found)
    if not lifetimes.access < lifetimes.refresh < lifetimes.extended:
        raise strict.SlipError(
            ("lifetimes",), "lifetimes must be in the order access < refresh < extended"
        )
    return lifetimes
