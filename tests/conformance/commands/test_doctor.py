"""The doctor says in twelve lines whether a run would get anywhere, and what to mend."""

from __future__ import annotations

import re
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from conformance_tests.commands import cli, doctor
from conformance_tests.commands.doctor import Line
from conformance_tests.deployment import opening
from conformance_tests.deployment.http.documents import OPERATIONS
from conformance_tests.embedded import boot
from conformance_tests.report import exit_codes
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from conformance_tests.target.parts import (
    ClockAddress,
    Credentials,
    FaultAddress,
    Launch,
    Lifetimes,
    TableAddress,
)
from tests.conformance.small_server import Reply, Speak, refusing, says, serving

SECRET = "0123456789abcdef0123456789abcdef"
CUSTOMERS = (Credentials("alice@example.com", "pass-a"), Credentials("bob@example.com", "pass-b"))


def answering(ids: dict[str, int], ahead: float = 0.0, refresh_token: str = "a" * 128) -> Speak:
    """A deployment that logs everybody in by these ids, its clock so far ahead."""

    def speak(request: dict[str, Any]) -> Reply:
        query, given = request.get("query", ""), request.get("variables", {})
        if "__schema" in query:
            fields = {"fields": [{"name": name} for name in OPERATIONS]}
            return says({"data": {"__schema": {"queryType": fields, "mutationType": fields}}})
        if "generateCustomerToken" in query:
            now = int(time.time() + ahead)
            claims = {"customer_id": ids[given["email"]], "iat": now, "exp": now + 840}
            token = jwt.encode({**claims, "refresh_expiry": now + 900}, SECRET)
            pair = {"token": token, "refresh_token": refresh_token}
            return says({"data": {"generateCustomerToken": pair}})
        if "getUserAuth" in query:
            return says({"data": {"getUserAuth": None}})
        return says({"data": {"__typename": "Query"}})

    return speak


TWO_IDS = {"alice@example.com": 1, "bob@example.com": 2}
ONE_ID = dict.fromkeys(TWO_IDS, 7)


def looked(target: Target) -> dict[str, Line]:
    """Every line by what it is about."""
    with ExitStack() as ends:
        return {line.what: line for line in doctor.examine(target, ends)}


def at(url: str, **changes: Any) -> Target:
    """A target at this address."""
    return Target(**{"url": url, "name": "small", "customers": CUSTOMERS, **changes})


def test_a_sound_deployment_can_be_judged() -> None:
    """Nothing bad; what was not offered is named with what it would show."""
    with serving(answering(TWO_IDS)) as url:
        lines = looked(at(url, secret=SECRET, environment="development"))
    assert len(lines) == 12
    assert {line.sign for line in lines.values()} == {"ok", "-"}
    assert lines["customers"].says == "alice@example.com and bob@example.com can log in"
    assert lines["environment"].says == "development, as declared"
    assert lines["table"].says.startswith("not given: [table]")


def test_refresh_tokens_of_another_make_are_noted() -> None:
    """The secret is good, and the line says which claims to make."""
    with serving(answering(TWO_IDS, refresh_token="rt_opaque")) as url:
        line = looked(at(url, secret=SECRET))["secret"]
    assert line.sign == "note"
    assert line.says.endswith("name claims without WIRE")


BAD: dict[str, tuple[Speak, dict[str, Any], str, str]] = {
    "a wrong password": (refusing(), {}, "customers", r"check \[\[customers\]\]"),
    "no customers": (
        answering(TWO_IDS),
        {"customers": ()},
        "customers",
        r"add two \[\[customers\]\]",
    ),
    "two customers who are one": (answering(ONE_ID), {}, "customers", "name different ones"),
    "a wrong secret": (answering(TWO_IDS), {"secret": "x" * 32}, "secret", r"check \[signing\]"),
    "a table that is not there": (
        answering(TWO_IDS),
        {"table": TableAddress("auth", "ap-southeast-2", "http://127.0.0.1:9")},
        "table",
        r"mend \[table\] or leave it out",
    ),
    "a fault proxy where others could reach it": (
        answering(TWO_IDS),
        {"faults": FaultAddress("0.0.0.0:9123", "http://127.0.0.1:8000")},
        "faults",
        r"mend \[faults\] or leave it out",
    ),
    "a clock that does not answer": (
        answering(TWO_IDS),
        {"clock": ClockAddress(http="http://127.0.0.1:9/clock")},
        "clock",
        r"mend \[clock\] or leave it out",
    ),
    "a clock that moves nothing": (
        answering(TWO_IDS),
        {"clock": ClockAddress(http="own")},
        "clock",
        "the deployment's time by [0-5] s;",  # as much as really passes
    ),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.replace(" ", "-"))
def test_each_bad_thing_is_one_sentence_with_what_to_do(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only that line is bad."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    speak, changes, what, sentence = BAD[case]
    with serving(speak) as url:
        if changes.get("clock") == ClockAddress(http="own"):
            changes = {"clock": ClockAddress(http=url)}
        lines = looked(at(url, **changes))
    assert lines[what].sign == "bad"
    assert re.search(sentence, lines[what].says)
    assert [line.what for line in lines.values() if line.sign == "bad"] == [what]


def test_an_environment_that_was_declared_wrongly_is_noted() -> None:
    """The development operations answer in what is called production."""
    with serving(answering(TWO_IDS)) as url:
        line = looked(at(url))["environment"]
    assert line.sign == "note"
    assert 'set environment = "development"' in line.says


def test_a_run_says_of_the_environment_what_the_doctor_says() -> None:
    """Its red rows are explained; where the target says what it is, there is nothing to say."""
    with serving(answering(TWO_IDS)) as url:
        told = looked(at(url))["environment"].says
        judged = [at(url), at(url, environment="development")]
        remarks = [run_suite(target, Options(only=("GQL-04",))).remark for target in judged]
    assert remarks == [told, None]


def test_lifetimes_that_were_declared_wrongly_are_noted_by_the_run_too() -> None:
    """Which otherwise looks like a deployment whose sessions end at the wrong time."""
    told = "a login showed access 14 and refresh 15 minutes; the target says 13 and 15"
    with serving(answering(TWO_IDS)) as url:
        wrong = at(url, environment="development", lifetimes=Lifetimes(access=780))
        noted, right = looked(wrong)["lifetimes"], looked(at(url))["lifetimes"]
        remark = run_suite(wrong, Options(only=("GQL-04",))).remark
    assert noted == Line("note", "lifetimes", f"{told}: mend [lifetimes]")
    assert remark == noted.says
    assert right.sign == "ok"


def test_the_doctor_leaves_with_the_run_s_own_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """3 where a run would be 3; the lines are plain text without a secret."""
    with serving(refusing()) as url:
        path = tmp_path / "target.toml"
        customers = "".join(
            f'[[customers]]\nemail = "{one.email}"\npassword = "{one.password}"\n'
            for one in CUSTOMERS
        )
        path.write_text(f'url = "{url}"\n{customers}')
        assert cli.main(["doctor", "--target", str(path)]) == exit_codes.UNTESTED
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == (
        "Fix the items marked bad; until then a run is incomplete or exits 3."
    )
    assert "pass-a" not in shown


def test_the_embedded_reference_is_in_good_health(capsys: pytest.CaptureFixture[str]) -> None:
    """With neither URL nor target the doctor looks at it, and at every capability."""
    assert cli.main(["doctor"]) == exit_codes.CONFORMANT
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:-1]].count("ok") == 11
    assert lines[-1] == "A run can begin."


def test_what_stands_in_for_a_table_is_told() -> None:
    """In development the secret is enough to write and to list the rows of made-up customers."""
    with boot.embedded_reference(behind_proxy=False) as (target, _):
        alone = replace(target, table=None, clock=ClockAddress(), launch=None, instances={})
        developed = looked(alone)["table"]
        unsigned = looked(replace(alone, secret=None))["table"]
    assert (developed.sign, unsigned.sign) == ("-", "-")
    assert "the operations for development stand in" in developed.says
    assert unsigned.says == "not given: [table] lets the session rows be seen"


@pytest.mark.parametrize(
    "endpoint, ttl, sign",
    [("http://127.0.0.1:1", True, "note"), ("http://127.0.0.1:1", False, "ok"), (None, True, "ok")],
)
def test_a_table_that_an_emulator_empties_is_noted(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, ttl: bool, sign: str
) -> None:
    """DynamoDB itself deletes days late, and is not warned of."""
    monkeypatch.setattr(opening, "open_table", lambda deployment, ends: None)
    table = SimpleNamespace(deletes_expired_rows=lambda: ttl)
    deployment = SimpleNamespace(
        target=at("http://127.0.0.1:1", table=TableAddress("auth", "region", endpoint)),
        need_table=lambda: table,
    )
    line = doctor._table(SimpleNamespace(deployment=deployment))  # type: ignore[arg-type]
    assert line.sign == sign
    assert ("turn its TTL off" in line.says) is (sign == "note")


#: An instance whose clock is as far ahead as the file says, if it reads it.
STARTED = """
import http.server, json, os, sys, time
from email.utils import formatdate
class Tell(http.server.BaseHTTPRequestHandler):
    def date_time_string(self, timestamp=None):
        ahead = float(open(sys.argv[1]).read()) if len(sys.argv) > 1 else 0
        return formatdate(time.time() + ahead, usegmt=True)
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"data": {"__typename": "Query"}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Tell).serve_forever()
"""


@pytest.mark.parametrize("shared, told", [(True, "follows it"), (False, "reads real time")])
def test_the_clock_of_what_launch_starts_is_told(tmp_path: Path, shared: bool, told: str) -> None:
    """It is started once, while the clock of [clock] is moved."""
    file = tmp_path / "faketimerc"
    file.write_text("+0")

    def speak(request: dict[str, Any]) -> Reply:
        return answering(TWO_IDS, ahead=float(file.read_text()))(request)

    command = (sys.executable, "-c", STARTED, *([str(file)] if shared else []))
    launch = Launch(command=command, url="http://127.0.0.1:{port}/graphql")
    with serving(speak) as url:
        line = looked(at(url, clock=ClockAddress(faketime=str(file)), launch=launch))["clock"]
    assert (line.sign, line.says) == ("ok", f"faketime: it moves; what [launch] starts {told}")
