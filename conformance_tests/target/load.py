"""Reads a target from a target file, or from an address and the environment.

The command line overrides the file; the file overrides the defaults.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance_tests.ordinary_file import read_bytes
from conformance_tests.requirements import GROUPS
from conformance_tests.target import files, schema
from conformance_tests.target.keys import TABLES
from conformance_tests.target.model import Target, groups_of
from conformance_tests.target.parts import (
    ClockAddress,
    Credentials,
    FaultAddress,
    Features,
    Http,
    KnownFailure,
    Launch,
    Lifetimes,
    OddLogin,
    TableAddress,
)
from conformance_tests.target.schema import TargetFileError, TargetFileErrors


class TargetError(Exception):
    """A target that cannot be used: a line for each error, with its key and the remedy."""


def load(path: str | Path, environ: Mapping[str, str], *, url: str | None = None) -> Target:
    """The target that a file describes; `url` overrides the file's. Raises TargetError."""
    text = _text_of(Path(path))
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise TargetError(f"{path} is nested too deeply.") from None
    except ValueError as problem:  # a TOMLDecodeError is one too
        raise TargetError(f"{path} is not TOML: {problem}.") from None
    if url is not None:
        document["url"] = url
    try:
        return _build(document, environ, Path(path).parent)
    except TargetFileErrors as several:
        raise TargetError("\n".join(_sentences(several.errors, path, text))) from None


def from_url(url: str, environ: Mapping[str, str]) -> Target:
    """A target known by its address only, with customers from the environment.

    AUTH_CONFORMANCE_CUSTOMER_1 and AUTH_CONFORMANCE_PASSWORD_1, then _2: two, or none at all.
    """
    try:
        return _build(
            {"url": url, "customers": _customers_of(environ)},
            environ,
            Path(),
            allow_no_customers=True,
        )
    except TargetFileError as error:
        raise TargetError(_sentence(error.sentence)) from None
    except TargetFileErrors as several:
        raise TargetError("\n".join(_sentence(s.sentence) for s in several.errors)) from None


def with_profile(target: Target, profile: str) -> Target:
    """The same target with another profile; groups that it names must have rows there."""
    if not target.claims_named and target.claims == groups_of(target.profile):
        return replace(target, profile=profile, claims=groups_of(profile))
    try:
        return replace(target, profile=profile, claims=_claims(list(target.claims), profile))
    except TargetFileError as error:
        raise TargetError(_sentence(f"--profile {profile}: {error.sentence}")) from None


def _sentences(errors: Iterable[TargetFileError], path: str | Path, text: str) -> Iterator[str]:
    """A sentence for each error, in the order of the file."""
    lines = schema.lines_of(text)
    placed = [(schema.line_of(error.path, lines) or 0, error.sentence) for error in errors]
    for line, sentence in sorted(placed, key=lambda error: error[0]):
        yield f"{path}{f', line {line}' if line else ''}: {_sentence(sentence)}"


def _sentence(sentence: str) -> str:
    return sentence if sentence.endswith("?") else sentence + "."


def _text_of(path: Path) -> str:
    try:
        text = read_bytes(path).decode("utf-8-sig")  # some editors begin a file with a mark
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise TargetError(f"{path} is not a text in UTF-8: save it as UTF-8.") from None
    except OSError as problem:
        raise TargetError(f"{path} cannot be read: {problem.strerror}.") from None


def _customers_of(environ: Mapping[str, str]) -> list[dict[str, str]]:
    def value_of(variable: str) -> str:
        return schema.environment_text((), variable, environ.get(variable, ""))

    customers = []
    for number in ("1", "2"):
        email = value_of(f"AUTH_CONFORMANCE_CUSTOMER_{number}")
        password = value_of(f"AUTH_CONFORMANCE_PASSWORD_{number}")
        if bool(email) != bool(password):
            absent = "CUSTOMER" if password else "PASSWORD"
            raise TargetFileError((), f"AUTH_CONFORMANCE_{absent}_{number} is not set: export it")
        if email:
            customers.append({"email": email, "password": password})
    return customers


def _build(
    document: Mapping[str, Any],
    environ: Mapping[str, str],
    folder: Path,
    allow_no_customers: bool = False,
) -> Target:
    """The target of a document; `allow_no_customers` allows one without any customer."""
    errors = schema.ErrorCollector()
    found = schema.read(document, TABLES, environ, errors)
    parts: dict[str, Callable[[], Any]] = {
        "name": lambda: found["name"] or urlsplit(found["url"]).netloc,
        "version": lambda: found["version"],
        "url": lambda: found["url"],
        "environment": lambda: found["environment"],
        "profile": lambda: found["profile"],
        "claims": lambda: _claims(found["claims"], found["profile"]),
        "claims_named": lambda: found["claims"] is not None,
        "http": lambda: _http(found["http"], environ, folder),
        "customers": lambda: _customers(found["customers"], allow_no_customers),
        "secret": lambda: found["signing"] and found["signing"]["secret"],
        "table": lambda: found["table"] and _table(found["table"], environ),
        "clock": lambda: _clock(found["clock"], folder),
        "lifetimes": lambda: _lifetimes(found["lifetimes"]),
        "features": lambda: Features(**found["features"]),
        "protected_query": lambda: found["protected"] and found["protected"]["query"],
        "odd_logins": lambda: tuple(OddLogin(**odd) for odd in found["odd_logins"]),
        "faults": lambda: found["faults"] and FaultAddress(**found["faults"]),
        "log_file": lambda: found["log"] and files.log_file(found["log"]["file"], folder),
        "launch": lambda: found["launch"] and Launch(**found["launch"]),
        "logins_per_minute": lambda: found["limits"]["logins_per_minute"],
        "parallel": lambda: found["limits"]["parallel"],
        "known_failures": lambda: _known_failures(found["known_failures"]),
    }
    values = {}
    for name, make in parts.items():
        with errors.collected():
            values[name] = make()
    errors.raise_any()
    return Target(**values)


def _claims(named: Any, profile: str) -> tuple[str, ...]:
    offered = groups_of(profile)
    for group in named or ():
        if group not in GROUPS:
            hint = schema.did_you_mean(group, GROUPS)
            raise TargetFileError(("claims",), f'claims names "{group}", which is no group{hint}')
        if group not in offered:
            remedy = 'take it out, or set profile = "hardened"'
            sentence = f'claims names {group}, of which profile "{profile}" has no row: {remedy}'
            raise TargetFileError(("claims",), sentence)
    return tuple(group for group in offered if named is None or group in named)


def _http(found: dict[str, Any], environ: Mapping[str, str], folder: Path) -> Http:
    headers = {
        name: _header(("http", "headers", name), value, environ)
        for name, value in found["headers"].items()
    }
    return Http(headers, files.ca_file(found["ca_file"], folder), found["timeout"])


def _header(path: schema.Path, value: Any, environ: Mapping[str, str]) -> str:
    text = (
        schema.from_environment(path, value["env"], environ) if isinstance(value, dict) else value
    )
    if not text.isascii() or not text.isprintable() or text != text.strip():
        right = "plain ASCII on one line, without spaces around it"
        raise TargetFileError(path, f"{schema.dotted(path)} must be {right}")
    return str(text)


def _customers(found: list[dict[str, str]], allow_no_customers: bool) -> tuple[Credentials, ...]:
    customers = tuple(Credentials(**customer) for customer in found)
    if allow_no_customers and not customers:
        return ()
    emails = [customer.email.casefold() for customer in customers]
    for place, email in enumerate(emails):
        if email in emails[:place]:
            raise TargetFileError(
                ("customers", place, "email"),
                f"the customer {customers[place].email} is given twice: name two different ones",
            )
    if len(customers) < 2:
        raise TargetFileError(
            ("customers", 0),
            f"two different customers are needed, and {len(customers) or 'none'} is given",
        )
    return customers


def _known_failures(found: list[dict[str, Any]]) -> tuple[KnownFailure, ...]:
    ids = [one["id"] for one in found]
    for place, name in enumerate(ids):
        if name in ids[:place]:
            raise TargetFileError(
                ("known_failures", place, "id"),
                f"the known failure {name} is listed twice: keep one of the two",
            )
    return tuple(KnownFailure(**one) for one in found)


def _table(found: dict[str, Any], environ: Mapping[str, str]) -> TableAddress:
    region = found["region"] or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise TargetFileError(("table",), "table has no region: add it, or export AWS_REGION")
    return TableAddress(found["name"], region, found["endpoint_url"])


def _clock(found: dict[str, Any], folder: Path) -> ClockAddress:
    if found["http"] and found["faketime"]:
        raise TargetFileError(
            ("clock", "faketime"), "clock has http and faketime: keep one of them"
        )
    faketime = found["faketime"] and str(folder / found["faketime"])
    return ClockAddress(found["http"], faketime, found["max_wait"])


def _lifetimes(found: dict[str, int]) -> Lifetimes:
    lifetimes = Lifetimes(**found)
    if not lifetimes.access < lifetimes.refresh < lifetimes.extended:
        raise TargetFileError(
            ("lifetimes",), "lifetimes must be in the order access < refresh < extended"
        )
    return lifetimes
