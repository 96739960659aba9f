"""The recorder prints each secret by its name, whatever form the secret comes in."""

from __future__ import annotations

import json
import shlex

import pytest

from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http.recorder import SHOWN_LINE, Exchange, Recorder
from tests.conformance.fakes import SECRET, pair

PASSWORD = 'Pass"word\\ ünd 1'
TOKEN = Forge(SECRET).mint({"customer_id": 7, "exp": 1, "refresh_expiry": 2})


def exchange(**changes: object) -> Exchange:
    usual = {
        "request_line": "POST http://deployment.test/graphql",
        "request_headers": (("authorization", f"Bearer {TOKEN}"),),
        "request_body": json.dumps({"variables": {"password": PASSWORD}}),
        "status_line": "HTTP 200 OK",
        "answer_body": json.dumps({"data": {"x": pair(TOKEN, "a-random-one")}}),
    }
    return Exchange(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder()
    recorder.add_secret("password", PASSWORD)
    recorder.start_test()
    return recorder


def test_a_transcript_names_what_it_does_not_show(recorder: Recorder) -> None:
    """Header, body and answer show names in place of tokens and password."""
    recorder.record(exchange())
    told = "\n".join(recorder.transcript())
    for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], TOKEN, "a-random-one"):
        assert secret not in told
    assert "> authorization: Bearer <access#1>" in told
    assert "<password#1>" in told
    assert "<refresh#1>" in told


def test_equality_stays_visible(recorder: Recorder) -> None:
    """A token that comes back has the same name; another one has the next."""
    recorder.record(exchange())
    recorder.record(exchange(answer_body=json.dumps({"data": {"token": f"{TOKEN}2"}})))
    assert recorder.redact(f"{TOKEN} {TOKEN}2 {TOKEN}") == "<access#1> <access#2> <access#1>"


def test_what_may_be_a_token_is_not_shown(recorder: Recorder) -> None:
    """What an error says under a token's key is not printed, and is known as no token either."""
    recorder.record(exchange(answer_body=json.dumps({"errors": [{"extensions": pair("x1y2")}]})))
    assert "x1y2" not in "\n".join(recorder.transcript())
    assert "x1y2" not in recorder.secrets("access", "refresh", "hash")


def test_each_answer_of_a_batch_is_learned_from(recorder: Recorder) -> None:
    """The tokens of a list of answers are known as such."""
    recorder.learn(json.dumps([{"data": {"x": pair("one")}}, {"data": {"x": pair("two")}}]))
    assert {"one", "two"} <= recorder.secrets("access").keys()


def test_a_token_that_nobody_introduced_is_known_by_its_shape() -> None:
    """A JWT, or a long hex text, in a message is not shown either, nor is a part of it."""
    told = Recorder().redact(f"got {TOKEN} and {'0f' * 64} and {'AB' * 40}")
    assert told == "got <jwt#1> and <hex#1> and <hex#2>"


def test_a_known_secret_inside_a_longer_text_leaves_no_rest(recorder: Recorder) -> None:
    """A hex text that continues a known one is hidden whole."""
    recorder.add_secret("refresh", "ab" * 64)
    told = recorder.redact(f"{'ab' * 64}{'cd' * 40}")
    assert "abab" not in told
    assert "cdcd" not in told


def test_a_transcript_is_of_one_test(recorder: Recorder) -> None:
    """What was recorded before a test began is not in its transcript."""
    recorder.record(exchange())
    recorder.start_test()
    assert recorder.transcript() == ()
    assert recorder.curl() is None
    assert len(recorder.history) == 1


def test_the_curl_line_is_a_shell_command_without_secrets(recorder: Recorder) -> None:
    """It can be split as a shell would, and holds names where the secrets go."""
    recorder.record(exchange())
    curl = recorder.curl()
    assert curl is not None
    words = shlex.split(curl)
    assert words[:5] == ["curl", "-sS", "-X", "POST", "http://deployment.test/graphql"]
    assert "authorization: Bearer <access#1>" in words
    assert TOKEN not in curl
    assert "Pass" not in curl


def test_a_long_page_is_cut(recorder: Recorder) -> None:
    """An answer that is a whole page is shown from its beginning, and how much more there is."""
    recorder.record(exchange(answer_body="<p>" + "word " * SHOWN_LINE))
    assert all(len(line) < SHOWN_LINE + 60 for line in recorder.transcript())
    assert "characters more" in recorder.transcript()[-1]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"query": "mutation", "variables": {"refresh_token": "Q" + "random" * 6}}),
        json.dumps({"query": 'mutation { x(refresh_token: "' + "Q" + "random" * 6 + '") }'}),
    ],
)
def test_a_spoiled_token_is_not_shown_either(recorder: Recorder, body: str) -> None:
    """It still tells most of the good one, whatever it looks like; a word is shown."""
    spoiled = (("authorization", "Bearer Qrandom-access-token-of-any-form"),)
    recorder.record(exchange(request_headers=spoiled, request_body=body))
    word = json.dumps({"variables": {"refresh_token": "junk"}})
    recorder.record(exchange(request_headers=(("authorization", "Bearer x"),), request_body=word))
    told = "\n".join(recorder.transcript())
    assert "random" not in told
    assert told.count("<presented#1>") == told.count("<presented#2>") == 1
    assert '"junk"' in told
    assert "Bearer x" in told


def test_an_empty_secret_hides_nothing() -> None:
    """A target without a secret does not turn every text into a name."""
    recorder = Recorder()
    recorder.add_secret("secret", "")
    assert recorder.redact("plain text") == "plain text"


@pytest.mark.parametrize("body", ["", "<html>", "[" * 5000, '{"token": 7}', "null"])
def test_odd_answers_teach_nothing(body: str) -> None:
    """What is no JSON, or holds no text under a token's key, names no secret."""
    recorder = Recorder()
    recorder.record(exchange(request_headers=(), answer_body=body))
    assert recorder.secrets() == {}


def test_a_note_stands_between_the_exchanges(recorder: Recorder) -> None:
    """In the order of what happened, without its secrets; it is no exchange to be judged."""
    recorder.record(Exchange("POST /1", (), "", "HTTP 200"))
    recorder.note(f"moved for {PASSWORD}")
    recorder.record(Exchange("POST /2", (), "", "HTTP 200"))
    told = [line for line in recorder.transcript() if line.startswith(("> POST", "*"))]
    assert told == ["> POST /1", "* moved for <password#1>", "> POST /2"]
    assert len(recorder.exchanges()) == 2


def test_a_note_uses_up_no_exchange(recorder: Recorder) -> None:
    """Of a long test as many exchanges are shown, with the notes among them."""
    for number in range(50):
        recorder.note(f"note {number}")
        recorder.record(Exchange(f"POST /{number}", (), "", "HTTP 200"))
    shown = recorder.transcript()
    assert sum(line.startswith("> POST") for line in shown) == 40
    assert "… 10 exchanges more …" in shown
    assert {"* note 0", "* note 19", "* note 49"} <= set(shown)
    assert "* note 25" not in shown


def test_of_a_long_test_the_middle_is_left_out(recorder: Recorder) -> None:
    """Twenty exchanges are shown from each end, and how many stand between."""
    recorder.start_test()
    for number in range(50):
        recorder.record(Exchange(f"POST /{number}", (), "", "HTTP 200"))
    shown = recorder.transcript()
    assert shown[0] == "> POST /0"
    assert "> POST /49" in shown
    assert "… 10 exchanges more …" in shown
    assert "> POST /25" not in shown
