"""`init` finds out what it can, and its file is a target file down to the last comment."""

from __future__ import annotations

import re
import shutil
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import certifi
import pytest

from conformance_tests.commands import cli
from conformance_tests.commands.init import text
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http.documents import DEVELOPMENT_OPERATIONS, OPERATIONS
from conformance_tests.report import exit_codes
from conformance_tests.target.load import load
from conformance_tests.target.parts import Lifetimes
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
    shutil.copy(certifi.where(), tmp_path / "ca.pem")
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
        if asked in names and "noSuchField" not in query:
            if development:
                return says({"data": {asked: None}})
            error = {"message": "No", "extensions": {"category": "graphql-authorization"}}
            return says({"data": {asked: None}, "errors": [error]})
        if asked in names:
            return says({"errors": [{"message": f"No noSuchField on the type of {asked}."}]}, 400)
        if "__schema" in query:
            return says({"errors": [{"message": "Introspection is off."}]}, 400)
        if "noSuchField" in query:
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
        assert cli.main(["init", url]) == exit_codes.CONFORMANT
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


class LoggingIn:
    """The flow's operations, with a customer who can log in, and who logs out in the end."""

    def __init__(
        self,
        claims: Mapping[str, int] | None = None,
        lives: tuple[int, int, int] = (300, 600, 7200),
        refresh_token: str = "{:0128x}",
    ) -> None:
        self._refresh_token = refresh_token
        self.sessions: set[str] = set()
        self._claims = claims
        self._access, self._normal, self._extended = lives

    def __call__(self, request: dict[str, Any]) -> Reply:
        given = request.get("variables") or {}
        if "generateCustomerToken" in request["query"] and given.get("password") == "one":
            return says({"data": {"generateCustomerToken": self._pair(given)}})
        if "revokeCustomerToken" in request["query"] and "refresh_token" in given:
            self.sessions.discard(given["refresh_token"])
            return says({"data": {"revokeCustomerToken": {"result": True}}})
        return schema(*FLOW)(request)

    def _pair(self, given: dict[str, Any]) -> dict[str, str]:
        now = int(time.time())
        left = self._extended if REMEMBER in given else self._normal
        lives = {"exp": now + self._access, "refresh_expiry": now + left}
        claims = {"customer_id": 7, "iat": now, **lives} if self._claims is None else self._claims
        self.sessions.add(refresh_token := self._refresh_token.format(len(self.sessions)))
        return {"token": Forge("k" * 32).mint(claims), "refresh_token": refresh_token}


REMEMBER = "remember_me"
EXPORTED = {
    f"AUTH_CONFORMANCE_{what}_{number}": value
    for number, both in (("1", ("alice@example.com", "one")), ("2", ("bob@example.com", "two")))
    for what, value in zip(("CUSTOMER", "PASSWORD"), both, strict=True)
}


@pytest.fixture
def initialise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """What `init` prints of a deployment, with these variables exported."""

    def printed(speak: Speak, **exported: str) -> str:
        for name in EXPORTED:
            monkeypatch.delenv(name, raising=False)
        for name, value in exported.items():
            monkeypatch.setenv(name, value)
        with serving(speak) as url:
            assert cli.main(["init", url]) == exit_codes.CONFORMANT
        return capsys.readouterr().out

    return printed


def test_a_login_shows_the_lifetimes_and_is_ended_again(
    initialise: Callable[..., str],
) -> None:
    """In minutes, with the customer's own address; both sessions are over."""
    deployment = LoggingIn()
    shown = initialise(deployment, **EXPORTED)
    document = tomllib.loads(shown)
    assert document["lifetimes"] == {"access": 5, "refresh": 10, "extended": 120}
    assert document["customers"][0]["email"] == "alice@example.com"
    assert "The lifetimes are those that two logins showed." in shown
    assert deployment.sessions == set()


def test_refresh_tokens_of_another_make_leave_wire_out(initialise: Callable[..., str]) -> None:
    """The claims are all others of the profile; where tokens may be derived, none are named."""
    derived, opaque = (
        initialise(LoggingIn(refresh_token=form), **EXPORTED) for form in ("{:0128x}", "rt_{}")
    )
    assert "claims" not in tomllib.loads(derived)
    assert tomllib.loads(opaque)["claims"] == ["CORE", "STORE", "DEV", "GQL"]
    assert "# Refresh tokens are of another make than WIRE says" in opaque


@pytest.mark.parametrize("shift", range(11))
def test_an_expiry_that_moved_down_is_no_other_lifetime(
    initialise: Callable[..., str], shift: int
) -> None:
    """Logins of the same second may move it by ten seconds: fourteen minutes stay what they are."""
    shown = initialise(LoggingIn(lives=(840 - shift, 900, 7200)), **EXPORTED)
    assert tomllib.loads(shown)["lifetimes"]["access"] == 14


@pytest.mark.parametrize("lives", [(15, 20, 40), (785, 1805, 86_435), (50, 100, 110)])
def test_lifetimes_that_make_no_whole_minutes_can_be_loaded(
    initialise: Callable[..., str], tmp_path: Path, lives: tuple[int, int, int]
) -> None:
    """To the second: a file that the reader refuses would be worse than none."""
    path = tmp_path / "target.toml"
    path.write_text(initialise(LoggingIn(lives=lives), **EXPORTED))
    assert load(path, ENVIRON).lifetimes == Lifetimes(*lives)


def test_lifetimes_that_were_not_seen_are_told_with_their_reason(
    initialise: Callable[..., str],
) -> None:
    """Nothing exported, a wrong password, or tokens that do not tell; each has its own remedy."""
    silent = LoggingIn(claims={})
    wrong = {**EXPORTED, "AUTH_CONFORMANCE_PASSWORD_1": "wrong"}
    told = {
        "export AUTH_CONFORMANCE_CUSTOMER_1, ": initialise(LoggingIn()),
        "the login of alice@example.com was refused: check ": initialise(LoggingIn(), **wrong),
        "the tokens of a login do not tell them: write them below.": initialise(silent, **EXPORTED),
    }
    for why, shown in told.items():
        assert f"# Lifetimes were not seen: {why}" in shown
        assert shown.count("Lifetimes were not seen") == 1
        assert "lifetimes" not in tomllib.loads(shown)
    assert silent.sessions == set()


def test_nobody_there_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence, with no file."""
    assert cli.main(["init", "http://127.0.0.1:9/graphql"]) == exit_codes.UNTESTED
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "cannot be reached" in shown.err
