"""Whatever a deployment answers, no password, token, secret or header value reaches any output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from conformance_tests.commands import cli
from conformance_tests.report import exit_codes
from tests.conformance.small_server import Reply, says, serving

SECRET = "f00dfeed-signing-secret-of-the-target"
PASSWORDS = ("Correct-Horse-1", "Correct-Horse-2")
HEADER = "gateway-bypass-value"
ROWS = ("CORE-02", "CORE-05", "CORE-16", "CORE-23", "WIRE-05")
IDS = {"alice@example.com": 11, "bob@example.com": 22}


class Gossip:
    """A deployment that repeats every token and password that it ever saw, in every answer."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, request: dict[str, Any]) -> Reply:
        given = request.get("variables") or {}
        self.heard += [str(value) for value in given.values() if isinstance(value, str)]
        error = {"message": f"I know {' '.join(self.heard[-40:])} and {SECRET} and {HEADER}"}
        if "generateCustomerToken" not in request.get("query", ""):
            return says({"data": {"__typename": "Query"}, "errors": [error]})
        place = len(self.heard)
        claims = {"customer_id": IDS.get(given.get("email", ""), 33), "exp": 2_000_000_000 + place}
        token = jwt.encode({**claims, "refresh_expiry": 2_000_000_100}, SECRET)
        pair = {"token": token, "refresh_token": f"{place:0128x}"}
        self.heard += pair.values()
        return says({"data": {"generateCustomerToken": pair}})


def test_no_output_holds_a_secret(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Terminal, JSON, HTML, JUnit, Markdown and the block of known failures, all of them red."""
    monkeypatch.setenv("BYPASS", HEADER)
    gossip = Gossip()
    with serving(gossip) as url:
        path = tmp_path / "target.toml"
        customers = "".join(
            f"[[customers]]\nemail = {json.dumps(email)}\npassword = {json.dumps(password)}\n"
            for email, password in zip(IDS, PASSWORDS, strict=True)
        )
        path.write_text(
            f'url = "{url}"\n[http]\nheaders = {{ X-Bypass = {{ env = "BYPASS" }} }}\n'
            f'{customers}[signing]\nsecret = "{SECRET}"\n'
        )
        argv = ["run", "--target", str(path), "--write-known-failures", "--only", *ROWS]
        for form in ("json", "html", "junit", "markdown"):
            argv += [f"--{form}", str(tmp_path / f"report.{form}")]
        assert cli.main(argv) == exit_codes.FAILED
    shown = capfd.readouterr()
    written = {file.name: file.read_text() for file in tmp_path.glob("report.*")}
    written |= {"stdout": shown.out, "stderr": shown.err}
    written["known failures"] = path.read_text().split("[signing]")[1].split("\n", 2)[2]
    tokens = {word for word in gossip.heard if len(word) > 60}
    assert len(tokens) > 6
    for name, text in written.items():
        for secret in (*tokens, *PASSWORDS, SECRET, HEADER):
            assert secret not in text, f"{name} holds {secret[:12]}…"
    assert "<refresh#" in written["stdout"]
