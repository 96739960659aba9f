"""The script of a failure makes its calls again, from the login on, and holds no secret."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest

from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.deployment.http.script import script
from conformance_tests.target.parts import Http
from tests.conformance.small_server import Reply, Speaker, listening, says

PASSWORD = 'it\'s $HOME, `date` \\ and "more"'
TOKENS = ("access-of-more-than-twenty", "refresh-of-more-than-twenty")
#: What the server was asked: path, header and body.
Asked = tuple[str, str, str]


class Shop(Speaker):
    """Gives a pair at the login, and repeats it at a refresh."""

    asked: ClassVar[list[Asked]] = []

    def reply(self) -> Reply:
        body = self.heard().decode()
        self.asked.append((self.path, self.headers.get("authorization", ""), body))
        operation = next((n for n in ("generate", "refresh") if f"{n}CustomerToken" in body), "")
        pair = dict(zip(("token", "refresh_token"), TOKENS, strict=True))
        return says({"data": {f"{operation}CustomerToken": pair}})


@pytest.fixture
def asked() -> list[Asked]:
    """What the server is asked."""
    Shop.asked.clear()
    return Shop.asked


def test_a_script_makes_the_calls_again(asked: list[Asked], tmp_path: Path) -> None:
    """Tokens come from the answers, the password from the environment, the clock is set too."""
    recorder = Recorder()
    recorder.add_secret("password", PASSWORD)
    with listening(Shop) as url:
        recorder.start_test()
        with closing(Client(url, Http(), recorder)) as client:
            client.log_in("alice@example.com", PASSWORD)
            recorder.note("the clock was moved by 842 s")
            client.refresh(*TOKENS)
            client.post({"query": "{ long }", "padding": "x" * 200_000})
        text = script("CORE-05: a title\nof two lines", recorder.steps(), f"{url}/clock")
        first = list(asked)
        asked.clear()
        file = tmp_path / "CORE-05.sh"
        file.write_text(text)
        inside_json = json.dumps(PASSWORD)[1:-1]
        environment = {**os.environ, "PASSWORD_1": inside_json}
        done = subprocess.run(["sh", file], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for secret in (*TOKENS, PASSWORD, inside_json):
        assert secret not in text
    clocks = [json.loads(body)["now"] for path, _, body in asked if path.endswith("/clock")]
    assert [type(moment) for moment in clocks] == [int, type(None)]
    calls = [call for call in asked if not call[0].endswith("/clock")]
    assert [(path, header) for path, header, _ in calls] == [call[:2] for call in first]
    assert [json.loads(body) for *_, body in calls] == [json.loads(body) for *_, body in first]
    assert done.stdout.count(TOKENS[0]) == len(calls)


def test_a_script_names_what_has_to_be_set() -> None:
    """A token that no answer of these calls gave, such as a forged one."""
    recorder = Recorder()
    recorder.start_test()
    recorder.add_secret("access", TOKENS[0])
    with listening(Shop) as url, closing(Client(url, Http(), recorder)) as client:
        client.refresh(TOKENS[0], "x")
    text = script("a title", recorder.steps(), None)
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True)
    assert done.returncode != 0
    assert "ACCESS_1: set it" in done.stderr


def test_too_many_calls_make_no_script() -> None:
    """A race of hundreds of requests is nothing that a shell could make again."""
    recorder = Recorder()
    recorder.start_test()
    with listening(Shop) as url, closing(Client(url, Http(), recorder)) as client:
        for _ in range(41):
            client.trivial()
    assert script("a title", recorder.steps(), None) == ""
