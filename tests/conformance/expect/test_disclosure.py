"""The judge of discretion: it hears every slip, and takes no innocent word for one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.recorder import Exchange
from conformance_tests.deployment.launch import Output
from conformance_tests.deployment.log import RunLog
from conformance_tests.expect.expect import Expect
from conformance_tests.outcomes import NotTestable, Violation
from conformance_tests.target.model import Target
from conformance_tests.target.parts import Instance, TableAddress
from tests.conformance.fakes import ALICE, SECRET, deployment

HASH = "ab" * 64
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJjdXN0b21lcl9pZCI6MX0.c2lnbmF0dXJl"
OPAQUE = {
    "access": "gT5-_access-of-another/9",
    "refresh": "rt_9fQ2:another-session.v1",
    "hash": "sha256$c2Vzc2lvbg==another",
}
OPAQUE_PAIR = {"token": OPAQUE["access"], "refresh_token": OPAQUE["refresh"]}
PAIR = {"data": {"login": {"token": TOKEN, "refresh_token": HASH}}}
ROW = {"data": {"getUserAuth": {"customer_id": "1", "refresh_token_hash": HASH, "ttl": "5"}}}


@pytest.fixture
def judged() -> Deployment:
    found = deployment(secret=True, table=True)
    found.target = with_table(found, "auth-sessions")
    found.recorder.add_secret("secret", SECRET)
    found.recorder.add_secret("password", ALICE.password)
    found.recorder.add_secret("password", "hunter2")
    for kind, value in OPAQUE.items():
        found.recorder.add_secret(kind, value)
    return found


def with_table(found: Deployment, name: str) -> Target:
    return replace(found.target, table=TableAddress(name, "region", "http://127.0.0.1:1"))


def said(
    body: object = None,
    *,
    text: str = "",
    asked: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Exchange:
    """An answer as it is recorded."""
    return Exchange(
        request_line="POST http://deployment.test/graphql",
        request_headers=(),
        request_body=asked,
        status_line=f"HTTP {status}",
        answer_headers=tuple((headers or {}).items()),
        answer_body=text or json.dumps(body),
        other_headers=tuple((headers or {}).items()),
    )


def complaint(message: str, **extensions: object) -> Exchange:
    return said({"data": None, "errors": [{"message": message, "extensions": extensions}]})


INNOCENT = {
    "a pair under its own names": said(PAIR),
    "a hash in a row that was asked for": said(ROW),
    "what the request said itself": said({"errors": [{"message": HASH}]}, asked=HASH),
    "an ordinary refusal": complaint("The session is over", category="graphql-authorization"),
    "a word that is part of another": complaint("auth-sessions2 and my-auth-sessionsX"),
    "a page": said(text="<html>look at DynamoDB</html>"),
    "a number": said({"data": {"n": 5}}),
    "nothing": said(text="no JSON", status=502),
    "an opaque pair under its own names": said({"data": {"login": OPAQUE_PAIR}}),
    "an opaque pair and its cookie": said(
        {"data": {"login": OPAQUE_PAIR}}, headers={"set-cookie": f"r={OPAQUE['refresh']}; Secure"}
    ),
    "an opaque hash in a row": said({"data": {"rows": [{"refresh_token_hash": OPAQUE["hash"]}]}}),
    "an opaque token that was asked about": said(
        {"errors": [{"message": f"no session {OPAQUE['refresh']}"}]},
        asked=json.dumps({"variables": {"refresh_token": OPAQUE["refresh"]}}),
    ),
    "a word where a token would stand": complaint("AccessTokenExpiredError", token="x"),
    "a word that is a password in a longer one": complaint("hunter25"),
}
LEAKING = {
    "the secret": complaint(f"cannot verify with {SECRET}"),
    "a password": complaint(f"{ALICE.password} is wrong"),
    "a hash": complaint(f"no row {HASH}"),
    "another's token": complaint("no", token=TOKEN),
    "a hash in a header": said(PAIR, headers={"x-row": HASH}),
    "the secret in a header": said(PAIR, headers={"x-debug": SECRET}),
    "a Python trace": complaint('Traceback (most recent call last):\n  File "app.py", line 3'),
    "a JavaScript trace": complaint("no", stack="Error\n    at verify (/app/src/a.js:10:5)"),
    "a page of a trace": said(text="Error<br>at x (/app/node_modules/y.js:1:1)", status=500),
    "an AWS error": complaint("ResourceNotFoundException: Requested resource not found"),
    "the table": complaint("cannot read auth-sessions"),
    "a token in data under another name": said({"data": {"debug": TOKEN}}),
    "a short password": complaint("the password hunter2 is wrong"),
    "a short password in a header": said(PAIR, headers={"x-debug": "alice:hunter2"}),
    **{f"an opaque {kind} in an error": complaint(f"not {v}") for kind, v in OPAQUE.items()},
    **{f"an opaque {kind} in a header": said(headers={"x": v}) for kind, v in OPAQUE.items()},
    "an opaque token beside a pair": said({"data": {"login": OPAQUE_PAIR, "was": OPAQUE["hash"]}}),
    "an opaque token in capitals": complaint(OPAQUE["refresh"].upper()),
}


@pytest.mark.parametrize("what", INNOCENT)
def test_an_innocent_answer_passes(judged: Deployment, what: str) -> None:
    """What belongs into an answer is no slip."""
    Expect(judged).leaks_nothing([INNOCENT[what]])


@pytest.mark.parametrize("what", LEAKING)
def test_a_slip_is_heard(judged: Deployment, what: str) -> None:
    """What only the inside knows is a slip wherever it stands."""
    with pytest.raises(Violation):
        Expect(judged).leaks_nothing([said(PAIR), LEAKING[what]])


def test_a_slip_is_called_what_it_is(judged: Deployment) -> None:
    """The card names what slipped, whose shape says nothing of it."""
    with pytest.raises(Violation, match="a refresh token in POST"):
        Expect(judged).leaks_nothing([complaint(f"not {OPAQUE['refresh']}")])


def test_what_an_error_says_of_its_token_is_no_token(judged: Deployment) -> None:
    """A word that stands under a token's key in an error may be said by any other."""
    told = complaint("no", token="AccessTokenExpiredError")
    judged.recorder.record(told)
    Expect(judged).leaks_nothing([told, complaint("AccessTokenExpiredError")])


def test_a_planted_text_is_a_slip(judged: Deployment) -> None:
    """The very words that the fault proxy answered must not come out."""
    Expect(judged).leaks_nothing([complaint("try again")], "canary 1f2e")
    with pytest.raises(Violation):
        Expect(judged).leaks_nothing([complaint("canary 1f2e")], "canary 1f2e")


@pytest.mark.parametrize(
    "message, names",
    [
        ("please auth again", False),
        ("graphql-auth", False),
        ("no such table: auth", True),
        ("table/auth is missing", True),
        ("cannot find 'auth'", True),
    ],
)
def test_a_plain_word_is_a_table_only_where_it_is_called_one(
    judged: Deployment, message: str, names: bool
) -> None:
    """A table called like an everyday word is named where it is quoted or called a table."""
    judged.target = with_table(judged, "auth")
    if names:
        with pytest.raises(Violation):
            Expect(judged).leaks_nothing([complaint(message)])
    else:
        Expect(judged).leaks_nothing([complaint(message)])


def test_tokens_are_counted_and_must_not_be_stored(judged: Deployment) -> None:
    """Each answer with a pair needs no-store, in any case and among other words."""
    sound = said(PAIR, headers={"cache-control": "private, No-Store"})
    assert Expect(deployment()).no_store([sound, said(ROW), complaint("no"), sound]) == 2
    for unsound in (said(PAIR), said(PAIR, headers={"cache-control": "no-cache"})):
        with pytest.raises(Violation):
            Expect(deployment()).no_store([sound, unsound])


@pytest.mark.parametrize(
    "line, leaks",
    [
        ("login of alice@example.com refused in 12 ms", False),
        (f"sha256 {'ab' * 32}", False),
        (f"password={ALICE.password}", True),
        (f"bearer {TOKEN}", True),
        (f"delete {HASH}", True),
        (f"secret {SECRET}", True),
        ("login with hunter2", True),
        ("hunter25 logs in", False),
        (f"session {OPAQUE['refresh']}", True),
    ],
)
def test_a_log_is_read_for_secrets(
    judged: Deployment, tmp_path: Path, line: str, leaks: bool
) -> None:
    """Only what was written since the run began is judged."""
    file = tmp_path / "deployment.log"
    file.write_text(f"an earlier run logged {HASH}\n")
    run_log = RunLog.of(str(file))
    with file.open("a") as log:
        log.write(f"{line}\n")
    if leaks:
        with pytest.raises(Violation):
            Expect(judged).no_secret_logged(run_log)
    else:
        Expect(judged).no_secret_logged(run_log)


def test_a_started_server_is_read_for_secrets(judged: Deployment, tmp_path: Path) -> None:
    """What the suite started itself keeps the secret too, whatever the log file is."""
    file = tmp_path / "deployment.log"
    for found in (file, tmp_path / "none.log"):
        run_log, output = RunLog.of(str(found)), Output()
        file.write_text("ready\n")
        output.add(b"listening\n")
        run_log.add_output(output)
        if found == file:
            Expect(judged).no_secret_logged(run_log)
        output.add(f"signing with {SECRET}\n".encode())
        with pytest.raises(Violation, match="secret#1"):
            Expect(judged).no_secret_logged(run_log)


def test_what_a_started_server_says_is_not_the_log(judged: Deployment, tmp_path: Path) -> None:
    """A wrong path is no clean log, even where a started server is heard."""
    run_log, output = RunLog.of(str(tmp_path / "none.log")), Output()
    output.add(b"listening\n")
    run_log.add_output(output)
    with pytest.raises(NotTestable):
        Expect(judged).no_secret_logged(run_log)


def test_a_log_that_says_nothing_shows_nothing(judged: Deployment, tmp_path: Path) -> None:
    """A wrong path is no clean log."""
    with pytest.raises(NotTestable):
        Expect(judged).no_secret_logged(RunLog.of(str(tmp_path / "none.log")))


@pytest.mark.parametrize(
    "url, told",
    [
        ("http://deployment.test/graphql", "POST http://deployment.test/graphql: HTTP 200"),
        ("http://127.0.0.1:7/graphql", "(the development instance): HTTP 200"),
        ("http://127.0.0.1:9/graphql", "(an instance that [launch] started): HTTP 200"),
    ],
)
def test_a_slip_says_whose_it_was(judged: Deployment, url: str, told: str) -> None:
    """A production target is not blamed without a word for what an instance beside it said."""
    judged.target = replace(
        judged.target,
        url="http://deployment.test/graphql",
        instances={"development": Instance("http://127.0.0.1:7/graphql")},
    )
    slip = replace(complaint(f"not {HASH}"), request_line=f"POST {url}")
    with pytest.raises(Violation) as violation:
        Expect(judged).leaks_nothing([slip])
    assert told in violation.value.actual
