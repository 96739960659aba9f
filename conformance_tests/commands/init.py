"""`auth-conformance init URL`: a target file with what was found out, and the rest as comments."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final

from conformance_tests.deployment import opening
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.expect.schema import FLOW_OPERATIONS, Operations, operations
from conformance_tests.printable import on_one_line
from conformance_tests.redaction import SHOWN
from conformance_tests.report import exit_codes
from conformance_tests.runner import discover
from conformance_tests.target.keys import TABLES
from conformance_tests.target.load import from_url
from conformance_tests.target.model import Target, groups_of
from conformance_tests.target.parts import Lifetimes
from conformance_tests.target.schema import REQUIRED, Key

Known = Mapping[str, Any]
_HEAD: Final = """\
# A target file for auth-conformance: what may be seen of this deployment, and what may be moved.
# A line that is commented out shows the default or an example: take its sign away to set it."""
_CUSTOMERS: Final = (
    {"email": "alice@example.com", "password_env": "AUTH_CONFORMANCE_PASSWORD_1"},
    {"email": "bob@example.com", "password_env": "AUTH_CONFORMANCE_PASSWORD_2"},
)


def init(url: str) -> int:
    """Print the file, or one sentence where nobody answers."""
    target = from_url(url, os.environ)
    with ExitStack() as ends:
        deployment = opening.assemble(target, ends)
        problem = opening.reach(deployment.client)
        try:
            found = None if problem else find_out(target, deployment.client)
        except Throttled as throttled:
            found, problem = None, str(throttled)
        if found is None:
            told = deployment.recorder.redact(str(problem), SHOWN)
            print(f"auth-conformance: {on_one_line(told)}.", file=sys.stderr)
            return exit_codes.UNTESTED
        print(text(*found), end="")
    return exit_codes.CONFORMANT


def find_out(target: Target, client: Any) -> tuple[dict[str, Known | tuple[Known, ...]], list[str]]:
    """The values by table, and a sentence about each thing that was looked for."""
    found = operations(client)
    environment = discover.environment(client)
    seen, sentence = _lifetimes(target, client)
    head: dict[str, Any] = {
        "name": target.name,
        "url": target.url,
        "environment": environment or "production",
    }
    told = [sentence]
    if _of_another_make(target, client):
        head["claims"] = [group for group in groups_of(target.profile) if group != "WIRE"]
        told.append("Refresh tokens are of another make than WIRE says: it is left out of claims.")
    known: dict[str, Known | tuple[Known, ...]] = {"": head, "customers": _customers(target)}
    if seen is not None and seen != Lifetimes():
        known["lifetimes"] = {
            name: _minutes(getattr(seen, name)) for name in ("access", "refresh", "extended")
        }
    return known, [*_remarks(found, environment), *told]


def _of_another_make(target: Target, client: Any) -> bool:
    """Whether a login's refresh token is opaque; False where nobody could log in to tell."""
    customer = next(iter(target.customers), None)
    try:
        return customer is not None and discover.of_another_make(client, customer)
    except discover.NoPairError:
        return False


def _lifetimes(target: Target, client: Any) -> tuple[Lifetimes | None, str]:
    """What the first customer's logins show, and a sentence about it."""
    unseen, customer = "Lifetimes were not seen", next(iter(target.customers), None)
    if customer is None:
        how = "export AUTH_CONFORMANCE_CUSTOMER_1, AUTH_CONFORMANCE_PASSWORD_1, and both _2"
        return None, f"{unseen}: {how}, and run this again."
    try:
        seen = discover.lifetimes(client, customer)
    except discover.NoPairError as problem:
        login = f"the login of {on_one_line(customer.email)} {problem}"
        names = "AUTH_CONFORMANCE_CUSTOMER_1 and AUTH_CONFORMANCE_PASSWORD_1"
        return None, f"{unseen}: {login}: check {names}, and run this again."
    if seen is None:
        return None, f"{unseen}: the tokens of a login do not tell them: write them below."
    return seen, "The lifetimes are those that two logins showed."


def _customers(target: Target) -> tuple[Known, ...]:
    return tuple(
        {**usual, **({"email": target.customers[place].email} if target.customers else {})}
        for place, usual in enumerate(_CUSTOMERS)
    )


def _minutes(seconds: int) -> float:
    return seconds // 60 if seconds % 60 == 0 else round(seconds / 60, 8)


def _remarks(operations: Operations, environment: str | None) -> Iterator[str]:
    if operations.there is None:
        yield "Which operations there are could not be told."
    else:
        names = ", ".join(sorted(operations.there)) or "none of the flow's"
        yield f"Operations, by {operations.how}: {names}."
    if missing := operations.missing(FLOW_OPERATIONS):
        yield f"Not found: {', '.join(missing)}. Is this the right endpoint?"
    if environment is None:
        yield "Whether it runs in development could not be told: production is assumed."
    else:
        yield f"A development operation answers as in {environment}."


def text(known: Mapping[str, Known | tuple[Known, ...]], remarks: list[str]) -> str:
    """The file: every key of the format, set or commented out."""
    parts = ["\n".join([_HEAD, *(f"# {on_one_line(remark)}" for remark in remarks)])]
    for name, table in TABLES.items():
        values = known.get(name)
        each = values if isinstance(values, tuple) else (values,)
        header = f"[[{name}]]" if table.many else f"[{name}]"
        for one in each:
            lines = [_line(key, one) for key in table.keys]
            opening = [header if one is not None else f"# {header}"] if name else []
            parts.append("\n".join(opening + lines))
    return "\n\n".join(parts) + "\n"


def _line(key: Key, values: Known | None) -> str:
    """`timeout = 10.0  # seconds to wait`, commented out where nothing is known."""
    for name in (key.name, f"{key.name}_env"):
        if values is not None and name in values:
            return f"{name} = {_literal(values[name])}{_says(key)}"
    name = f"{key.name}_env" if key.secret else key.name
    return f"# {name} = {_literal(_shown(key))}{_says(key)}"


def _says(key: Key) -> str:
    return f"  # {key.says}" if key.says else ""


def _shown(key: Key) -> Any:
    return key.example if key.example is not None or key.default is REQUIRED else key.default


def _literal(value: Any) -> str:
    """The value as TOML."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_literal(one)}' for name, one in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(one) for one in value)}]"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
