"""No command tells a secret, whatever it is made of, in whatever form a deployment repeats it."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance_tests.commands import cli
from conformance_tests.redaction import Skeleton
from conformance_tests.report import exit_codes
from tests.chaos.sizes import size
from tests.conformance.small_server import Reply, says, serving
from tests.conformance.test_redaction import FORMS, SECRETS, over_lines

SIGNING = 'f00dfeed-signing-secret\'s "of" the-target'
HEADER = "gateway-bypass-'value'"
IDS = {"alice@example.com": 11, "bob@example.com": 22}
PASSWORDS = {
    "quotes": ("Correct-Horse-'99'-Battery", 'Two"double"quotes-99'),
    "backslashes and line ends": ("C:\\new\\table-\n-9", "Tab\tand\\\\more-77"),
    "base64's own signs": ("aGVsbG8/d29ybGQ+eHl6==", "q+w/e=r&t%41y"),
    "beyond ASCII": ("pässwörd-Zürich-✓", "парольпароль-1"),
    "few letters": ("p@'$\"!", "#'7\\&<"),
    "very many": ("Lorem-Ipsum-'Dolor'-" * 15, "x" * 150 + "'" + "y" * 149),
}
#: What a variable of the environment can hold.
GENERATED = SECRETS.filter(lambda text: "\0" not in text)
ROWS = ("CORE-02", "CORE-05", "CORE-16", "WIRE-05", "WIRE-12", "GQL-10")


class Gossip:
    """A deployment that repeats every secret that it ever heard or gave, in every form."""

    def __init__(self, *known: str, lets_in: bool = True) -> None:
        self.heard: list[str] = list(known)
        self.lets_in = lets_in

    @property
    def tokens(self) -> set[str]:
        """Those that it gave."""
        return {word for word in self.heard if word.startswith(("eyJ", "opaque."))}

    def __call__(self, request: dict[str, Any]) -> Reply:
        given = request.get("variables") or {}
        self.heard += [str(value) for value in given.values() if isinstance(value, str)]
        latest = dict.fromkeys(reversed(self.heard[:2] + self.heard[-8:]))
        forms = [form(text) for text in latest for form in (*FORMS.values(), over_lines)]
        error = {
            "message": "\n".join(forms),
            "extensions": {"category": "graphql-authentication", "sent": list(latest)},
        }
        query = request.get("query", "")
        if "__typename" in query and "Token" not in query:
            return says({"data": {"__typename": "Query"}})
        if "generateCustomerToken" not in query or not self.lets_in:
            return says({"data": {"generateCustomerToken": None}, "errors": [error]})
        place = len(self.heard)
        claims = {"customer_id": IDS.get(given.get("email", ""), 33), "exp": 2_000_000_000 + place}
        token = jwt.encode({**claims, "refresh_expiry": 2_000_000_100}, SIGNING)
        pair = {"token": token, "refresh_token": f"opaque.{place:08}+/~{place * 7919:012}"}
        self.heard += pair.values()
        return says({"data": {"generateCustomerToken": pair}})


def in_toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def target_file(folder: Path, url: str, passwords: tuple[str, str]) -> Path:
    path = folder / "target.toml"
    customers = "".join(
        f"[[customers]]\nemail = {json.dumps(email)}\npassword = {in_toml(password)}\n"
        for email, password in zip(IDS, passwords, strict=True)
    )
    path.write_text(
        f'url = "{url}"\n[http]\nheaders = {{ X-Bypass = {json.dumps(HEADER)} }}\n'
        f"{customers}[signing]\nsecret = {json.dumps(SIGNING)}\n"
    )
    return path


def told(folder: Path, capfd: pytest.CaptureFixture[str]) -> dict[str, str]:
    """All that a command has printed, and written beside the target file."""
    shown = capfd.readouterr()
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "target.toml"]
    written = {file.name: file.read_text() for file in files}
    return {"stdout": shown.out, "stderr": shown.err, **written}


@lru_cache(64)  # each text is asked for every secret
def letters_of(text: str) -> str:
    return Skeleton(text).text


@lru_cache(64)
def unescaped(text: str) -> str:
    return html.unescape(text).replace("\\/", "/")


def holds(text: str, secret: str) -> bool:
    """Whether a secret stands in a text in one of the forms, or in one of the text's own forms."""
    letters = letters_of(secret)
    if len(letters) >= 8 and letters in letters_of(text):
        return True
    written = {form(secret) for form in FORMS.values()} | {secret}
    written = {form for form in written if len(form) < 2 * len(secret) + 8 or secret in form}
    plain = unescaped(text)
    return any(form in text or form in plain for form in written)


def assert_silent(outputs: dict[str, str], *secrets: str) -> None:
    assert any(outputs.values())
    for name, text in outputs.items():
        for secret in secrets:
            assert not holds(text, secret), f"{name} holds {secret[:30]!r}"


@pytest.mark.parametrize("kind", PASSWORDS)
def test_no_report_holds_a_secret(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Terminal, JSON, HTML, JUnit, Markdown and the known failures of a run that is all red."""
    gossip = Gossip(*PASSWORDS[kind], SIGNING, HEADER)
    with serving(gossip) as url:
        path = target_file(tmp_path, url, PASSWORDS[kind])
        before = path.read_text()
        argv = ["run", "--target", str(path), "--write-known-failures", "--only", *ROWS]
        for form in ("json", "html", "junit", "markdown"):
            argv += [f"--{form}", str(tmp_path / f"report.{form}")]
        assert cli.main(argv) == exit_codes.FAILED
    outputs = told(tmp_path, capfd)
    outputs["known failures"] = path.read_text().removeprefix(before.rstrip())
    assert len(gossip.tokens) > 6
    assert_silent(outputs, *PASSWORDS[kind], SIGNING, HEADER, *gossip.tokens)
    assert "<password#" in outputs["report.json"]


@pytest.mark.parametrize("kind", PASSWORDS)
@pytest.mark.parametrize("command", ["run", "doctor"])
def test_a_refused_login_tells_no_secret(
    command: str, kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor does the sentence that says why nobody could log in, though the refusal repeats it."""
    with serving(Gossip(*PASSWORDS[kind], lets_in=False)) as url:
        path = target_file(tmp_path, url, PASSWORDS[kind])
        forms = [f"--{form}={tmp_path / form}" for form in ("json", "html", "junit", "markdown")]
        more = forms if command == "run" else []
        assert cli.main([command, "--target", str(path), *more]) == exit_codes.UNTESTED
    outputs = told(tmp_path, capfd)
    assert_silent(outputs, *PASSWORDS[kind], SIGNING, HEADER)
    assert "was refused" in outputs["stdout"]


@pytest.mark.parametrize("url_of", ["html", "redirect"])
def test_an_address_that_is_none_tells_no_secret(
    url_of: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`init` and `doctor` say what answered instead of GraphQL, and not the header it repeats."""
    password = PASSWORDS["quotes"][0]
    for number, email in enumerate(IDS, start=1):
        monkeypatch.setenv(f"AUTH_CONFORMANCE_CUSTOMER_{number}", email)
        monkeypatch.setenv(f"AUTH_CONFORMANCE_PASSWORD_{number}", password)
    reply: dict[str, Reply] = {
        "html": (200, f"text/{password}", password, {}),
        "redirect": (302, "text/plain", "", {"location": f"https://x.test/?p={password}"}),
    }
    with serving(lambda request: reply[url_of]) as url:
        for command in ("init", "doctor", "run"):
            assert cli.main([command, url]) == exit_codes.UNTESTED
    assert_silent(told(tmp_path, capfd), password)


# -- whatever the secret is --------------------------------------------------------------------


def test_no_command_tells_a_secret_that_anybody_thinks_of(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command and every form of a report, for generated passwords of 3 to 300 characters.

    A short one may be a word of the suite's own: it counts where another password's run lacks it.
    """
    usual = outputs_of_every_command(PASSWORDS["quotes"], tmp_path, capfd, monkeypatch)

    @settings(
        max_examples=size(30, 300),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(passwords=st.tuples(GENERATED, GENERATED))
    @example(passwords=PASSWORDS["few letters"])
    @example(passwords=PASSWORDS["very many"])
    def silent(passwords: tuple[str, str]) -> None:
        outputs = outputs_of_every_command(passwords, tmp_path, capfd, monkeypatch)
        words = [word for word in passwords if not any(holds(t, word) for t in usual.values())]
        assert_silent(outputs, *words, SIGNING, HEADER)

    silent()


def outputs_of_every_command(
    passwords: tuple[str, str],
    folder: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """All that the six commands print and write about a deployment that repeats everything."""
    for number, (email, password) in enumerate(zip(IDS, passwords, strict=True), start=1):
        monkeypatch.setenv(f"AUTH_CONFORMANCE_CUSTOMER_{number}", email)
        monkeypatch.setenv(f"AUTH_CONFORMANCE_PASSWORD_{number}", password)
    with serving(Gossip(*passwords)) as url:
        path = str(target_file(folder, url, passwords))
        reports = [f"--{form}={folder / form}" for form in ("json", "html", "junit", "markdown")]
        assert cli.main(["run", "--target", path, "--only", "CORE-02", *reports]) == 1
        cli.main(["doctor", "--target", path])
        cli.main(["init", url])
    report = str(folder / "json")
    cli.main(["compare", report, report, report, "--html", str(folder / "page")])
    cli.main(["list"])
    cli.main(["explain", "CORE-05"])
    return told(folder, capfd)


# -- what passes through `--` ------------------------------------------------------------------


def test_pytests_own_outputs_hold_no_secret(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its report, its logs on the screen and in a file, its JUnit file: nothing of a token."""
    gossip = Gossip(*PASSWORDS["quotes"])
    with serving(gossip) as url:
        path = target_file(tmp_path, url, PASSWORDS["quotes"])
        own = ["-rA", "-vv", "--tb=long", "--log-cli-level=DEBUG", "--log-file-level=DEBUG"]
        own += [f"--log-file={tmp_path / 'log'}", f"--junitxml={tmp_path / 'junit.xml'}"]
        code = cli.main(["run", "--target", str(path), "--only", *ROWS, "--", *own])
        assert code == exit_codes.FAILED
    outputs = told(tmp_path, capfd)
    assert {"log", "junit.xml"} <= outputs.keys()
    assert_silent(outputs, *PASSWORDS["quotes"], SIGNING, HEADER, *gossip.tokens)


@pytest.mark.parametrize("module", ["conformance_tests.suite", "httpx"])
def test_a_log_line_is_written_without_its_secrets(
    module: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library's is not written at all; anybody else's holds a name in the secret's place."""
    import logging

    password = PASSWORDS["quotes"][0]

    class Chatty(Gossip):
        def __call__(self, request: dict[str, Any]) -> Reply:
            logging.getLogger(module).warning("sent %r", password, exc_info=ValueError(password))
            return super().__call__(request)

    with serving(Chatty(password)) as url:
        path = target_file(tmp_path, url, PASSWORDS["quotes"])
        own = ["--log-cli-level=DEBUG", f"--log-file={tmp_path / 'log'}"]
        cli.main(["run", "--target", str(path), "--only", "CORE-05", "--", *own])
    outputs = told(tmp_path, capfd)
    assert_silent(outputs, password)
    assert ("<password#1>" in outputs["log"]) is (module != "httpx")


@pytest.mark.parametrize(
    "option",
    ["--showlocals", "-l", "--full-trace", "--debug", "--pdb", "--trace", "--pastebin=all"],
)
def test_an_option_that_shows_values_is_refused(
    option: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one sentence, before anybody is asked anything; so is one that an ini option brings."""
    monkeypatch.chdir(tmp_path)
    path = target_file(tmp_path, "http://127.0.0.1:9/graphql", PASSWORDS["quotes"])
    for own in ([f"--override-ini=addopts={option}"], [option]):
        assert cli.main(["run", "--target", str(path), "--", *own]) == exit_codes.USAGE
    assert "would show passwords and tokens: leave it out" in capfd.readouterr().err


@pytest.mark.parametrize("option", ["-rA", "--full-trace"])
def test_plain_pytest_tells_no_secret(option: str, tmp_path: Path) -> None:
    """Nor does `pytest --pyargs conformance_tests`, in whatever detail it is asked to report."""
    gossip = Gossip(*PASSWORDS["quotes"])
    with serving(gossip) as url:
        path = target_file(tmp_path, url, PASSWORDS["quotes"])
        own = [option, "-p", "no:cacheprovider", "--log-cli-level=DEBUG"]
        own += [f"--junitxml={tmp_path / 'junit.xml'}", "-k", "wrong_credentials or same_form"]
        command = [
            "-m",
            "pytest",
            "--pyargs",
            "conformance_tests",
            f"--conformance-target={path}",
            *own,
        ]
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    outputs = {"stdout": done.stdout, "stderr": done.stderr}
    if option == "-rA":
        assert "FAILED" in done.stdout
        outputs["junit"] = (tmp_path / "junit.xml").read_text()
    else:
        assert "would show passwords and tokens" in done.stderr
    assert_silent(outputs, *PASSWORDS["quotes"], SIGNING, HEADER, *gossip.tokens)


# -- values ------------------------------------------------------------------------------------


def test_values_hide_what_is_secret_in_their_repr() -> None:
    """A token, a password and whatever was sent or answered shows in no repr of the suite's own."""
    from conformance_tests.actors.pool import Customers
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.http.answer import Answer
    from conformance_tests.deployment.http.odd_documents import Fields
    from conformance_tests.deployment.http.recorder import Exchange, Note, Recorder
    from conformance_tests.expect.disclosure import Guarded
    from tests.conformance import fakes

    secret = "never-to-be-seen-0123456789"
    judged = fakes.deployment(fakes.logins(), secret=True, table=True)
    customer = Customers(judged).made_up()
    recorder = Recorder()
    recorder.add_secret("password", secret)
    recorder.record(Exchange(secret, (("authorization", secret),), secret, secret))
    values = [
        Session(customer, secret, secret),
        Answer("x", 200, {"x": secret}, secret, secret.encode()),
        Exchange(secret, (), secret, secret),
        Note(secret),
        recorder,
        Fields(["x"], {"refresh_token": secret}),
        Guarded.by(recorder),
        judged,
        customer,
        fakes.target(secret=secret),
    ]
    for value in values:
        assert secret not in repr(value), type(value).__name__
        assert fakes.SECRET not in repr(value), type(value).__name__
