"""`init` finds out what it can, and its file is a target file down to the last comment."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conformance_tests import cli, exits
from conformance_tests.documents import DEVELOPMENT_OPERATIONS, OPERATIONS
from conformance_tests.init import text
from conformance_tests.target import Lifetimes, load
from tests.conformance.small_server import Reply, Speak, says, serving

ENVIRON = {
    "AUTH_CONFORMANCE_PASSWORD_1": "one",
    "AUTH_CONFORMANCE_PASSWORD_2": "two",
    "JWT_PRIVATE_KEY": "k" * 32,
    "GHOST_PASSWORD": "boo",
    "BYPASS": "gate",
}
KNOWN: dict[str, Any] = {
    "": {"url": "http://127.0.0.1:1/graphql"},
    "customers": (
        {"email": "alice@example.com", "password_env": "AUTH_CONFORMANCE_PASSWORD_1"},
        {"email": "bob@example.com", "password_env": "AUTH_CONFORMANCE_PASSWORD_2"},
    ),
}


def commented_out(line: str) -> bool:
    """A line that would set something if its sign were taken away."""
    return bool(re.match(r"# (\[|\w+ = )", line))


def test_every_line_of_the_file_is_good_once_its_sign_is_taken_away(tmp_path: Path) -> None:
    """Defaults and examples load, both customers and every table at once (but for one clock)."""
    lines = text(KNOWN, []).splitlines()
    kept = [
        line[2:] if commented_out(line) else line
        for line in lines
        if not line.startswith("# faketime")
    ]
    path = tmp_path / "target.toml"
    path.write_text("\n".join(kept))
    (tmp_path / "ca.pem").write_text("")
    target = load(path, ENVIRON)
    assert target.launch is not None
    assert target.faults is not None
    assert target.lifetimes == Lifetimes()
    assert target.known_failures[0].id == "HARD-22"


def schema(*names: str, open_: bool = True, development: bool = False) -> Speak:
    """A deployment with these operations, introspection open or not."""

    def speak(request: dict[str, Any]) -> Reply:
        query = str(request["query"])
        if "__schema" in query and open_:
            fields = {"fields": [{"name": name} for name in names]}
            return says({"data": {"__schema": {"queryType": fields, "mutationType": fields}}})
        asked = next((name for name in OPERATIONS if name in query), None)
        if asked in names and "no_such_argument" not in query:
            if development:
                return says({"data": {asked: None}})
            error = {"message": "No", "extensions": {"category": "graphql-authorization"}}
            return says({"data": {asked: None}, "errors": [error]})
        if asked in names:
            return says({"errors": [{"message": f"Unknown argument on field {asked}."}]}, 400)
        if "__schema" in query:
            return says({"errors": [{"message": "Introspection is off."}]}, 400)
        if "no_such_argument" in query:
            name = query.split("{ ")[1].split("(")[0]
            return says({"errors": [{"message": f"No field {name} on this type."}]}, 400)
        return says({"data": {"__typename": "Query"}})

    return speak


FLOW = [name for name in OPERATIONS if name not in DEVELOPMENT_OPERATIONS]
CASES = {
    "introspection, development": (
        schema(*OPERATIONS, development=True),
        f"Operations, by introspection: {', '.join(sorted(OPERATIONS))}.",
        "development",
    ),
    "probing, production": (
        schema(*FLOW, "getUserAuth", open_=False),
        f"Operations, by probing: {', '.join(sorted([*FLOW, 'getUserAuth']))}.",
        "production",
    ),
    "an operation is missing": (
        schema(*FLOW[1:]),
        "Not found: generateCustomerToken. Is this the right endpoint?",
        "production",
    ),
    "nothing can be told": (
        schema(open_=False),
        "Which operations there are could not be told.",
        "production",
    ),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "-"))
def test_what_is_found_out_stands_in_the_file(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Operations and environment, by introspection or by how a name is refused."""
    speak, remark, environment = CASES[case]
    with serving(speak) as url:
        assert cli.main(["init", url]) == exits.CONFORMANT
    shown = capsys.readouterr().out
    assert f"# {remark}\n" in shown
    document = tomllib.loads(shown)
    assert (document["url"], document["environment"]) == (url, environment)


def test_the_printed_file_can_be_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once the two passwords are exported."""
    with serving(schema(*FLOW)) as url:
        cli.main(["init", url])
    path = tmp_path / "target.toml"
    path.write_text(capsys.readouterr().out)
    assert len(load(path, ENVIRON).customers) == 2


def test_nobody_there_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence, with no file."""
    assert cli.main(["init", "http://127.0.0.1:9/graphql"]) == exits.UNTESTED
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "cannot be reached" in shown.err
