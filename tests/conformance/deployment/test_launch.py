"""A deployment is started under the environment that was asked for, and ended with all its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance_tests.deployment.launch import (
    FROM_TARGET,
    KEPT,
    FromTarget,
    Launcher,
    LaunchError,
    Output,
)
from conformance_tests.target.parts import Launch

SECRET = "a-secret-of-the-target-of-32-bytes"
LAUNCH = Launch(
    command=(sys.executable, "-c", ""),
    url="http://127.0.0.1:{port}/graphql",
    environment_variable="AUTH_MODE",
    secret_variable="AUTH_SECRET",
)
# A deployment that tells its environment, and will not start without a secret.
SERVER = """
import http.server, json, os, subprocess, sys
if not os.environ.get("AUTH_SECRET"):
    sys.exit("AUTH_SECRET is missing.")
class Tell(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
print("ready", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Tell).serve_forever()
"""
PARENT = """
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


def launcher(program: str, **more: Any) -> Launcher:
    return Launcher(replace(LAUNCH, command=(sys.executable, "-c", program)), SECRET, **more)


def environment_of(url: str) -> dict[str, str]:
    request = urllib.request.Request(url, b"{}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), AnyStatus)
    with opener.open(request, timeout=5) as answer:
        told: dict[str, str] = json.load(answer)
    return told


class AnyStatus(urllib.request.HTTPErrorProcessor):
    """An answer is an answer, whatever its status."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response


def gone(pid: int) -> bool:
    """Whether a process has ended (one that waits to be reaped has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def soon(question: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not question() and time.monotonic() < end:
        time.sleep(0.02)
    return question()


def test_a_deployment_answers_while_it_is_needed() -> None:
    """It is reachable inside the block, whatever it says, and gone after it."""
    with launcher(SERVER).start() as launched:
        assert launched.answers
        assert environment_of(launched.url)
    with pytest.raises(OSError, match="refused"):
        environment_of(launched.url)


@pytest.mark.parametrize("mode", [None, "", "Development", " development", "development"])
def test_the_mode_is_exactly_the_one_asked_for(
    mode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unset, empty and misspelt modes arrive as such, whatever the suite's own is."""
    monkeypatch.setenv("AUTH_MODE", "the suite's")
    with launcher(SERVER).start(mode=mode) as launched:
        assert environment_of(launched.url).get("AUTH_MODE") == mode


def test_the_rest_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment gets the target's secret, what is added, and else the suite's environment."""
    monkeypatch.setenv("AUTH_MODE", "inherited")
    with launcher(SERVER, environ={"AWS_ENDPOINT_URL_DYNAMODB": "http://x"}).start() as launched:
        told = environment_of(launched.url)
    assert told["AUTH_MODE"] == "inherited"
    assert told["AUTH_SECRET"] == SECRET
    assert told["AWS_ENDPOINT_URL_DYNAMODB"] == "http://x"
    assert told["PATH"] == os.environ["PATH"]


def test_the_development_mode_is_the_targets() -> None:
    """The word that opens the development operations comes from the target file."""
    assert Launcher(replace(LAUNCH, development_value="dev"), SECRET).development == "dev"


@pytest.mark.parametrize("secret", [None, ""])
def test_a_refusal_to_start_is_seen(secret: str | None) -> None:
    """A deployment that ends by itself is no error: its exit and its last words are there."""
    with launcher(SERVER).start(secret=secret) as launched:
        assert not launched.answers
        assert launched.exit == 1
    assert b"AUTH_SECRET is missing." in launched.output.since(0)


@pytest.mark.parametrize("secret", [FROM_TARGET, "short"])
def test_another_secret_is_passed(secret: str | FromTarget) -> None:
    """A short secret arrives as it is; without one the target's own does."""
    with launcher(SERVER).start(secret=secret) as launched:
        told = environment_of(launched.url)["AUTH_SECRET"]
    assert told == (SECRET if isinstance(secret, FromTarget) else secret)


def test_the_port_may_stand_in_the_command() -> None:
    """A deployment that takes its port as an argument gets it there."""
    command = (sys.executable, "-c", "import sys; sys.exit(int(sys.argv[1]) > 1023)", "{port}")
    with Launcher(replace(LAUNCH, command=command), SECRET).start() as launched:
        assert launched.exit == 1


def test_a_death_by_signal_has_its_number() -> None:
    """A deployment that is killed on the way up ends with the negative signal."""
    with launcher("import os; os.kill(os.getpid(), 9)").start() as launched:
        assert launched.exit == -9


def test_one_that_neither_answers_nor_ends_is_a_sentence() -> None:
    """The wait is bounded, and says who did not answer and where."""
    slow = launcher("import time; time.sleep(60)", seconds=0.5)
    started = time.monotonic()
    with pytest.raises(LaunchError, match=r"neither answered at http.* nor ended within 0\.5 s\."):
        slow.start().__enter__()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("command", ["no-such-command", "true\0"])
def test_a_command_that_is_not_there_is_a_sentence(command: str) -> None:
    """A misspelt command is named."""
    with (
        pytest.raises(LaunchError, match=re.escape(f"{command!r} cannot be started")),
        Launcher(replace(LAUNCH, command=(command,)), SECRET).start(),
    ):
        pass


def test_only_this_machine_is_waited_for() -> None:
    """A launched deployment whose address is elsewhere is refused before it is started."""
    elsewhere = replace(LAUNCH, url="http://auth.example.com:{port}/")
    with pytest.raises(LaunchError, match="not on this machine"), Launcher(elsewhere, "").start():
        pass


def test_what_it_started_ends_with_it() -> None:
    """The children of a deployment end with it, also where it ended first."""
    with launcher(PARENT).start() as launched:
        child = int(launched.output.since(0).split()[0])
        assert not gone(child)
    assert soon(lambda: gone(child))


def test_one_that_will_not_stop_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment deaf to SIGTERM is killed when its time is up."""
    monkeypatch.setattr("conformance_tests.deployment.launch.END_SECONDS", 0.3)
    program = STUBBORN + "import os; print(os.getpid(), flush=True)\n" + SERVER
    with launcher(program).start() as launched:
        pid = int(launched.output.since(0).split()[0])
        assert not gone(pid)
    assert gone(pid)


def test_nothing_else_is_ended() -> None:
    """Ending one deployment leaves another alone."""
    with launcher(SERVER).start() as first:
        with launcher(SERVER).start() as second:
            assert second.url != first.url
        assert environment_of(first.url)


def test_several_start_at_once() -> None:
    """Deployments started in parallel have ports of their own, and each its own mode."""

    def mode_of(mode: str) -> str:
        with launcher(SERVER).start(mode=mode) as launched:
            return environment_of(launched.url)["AUTH_MODE"]

    modes = ["one", "two", "three", "four"]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(mode_of, modes)) == modes


def test_what_it_writes_is_heard_however_it_ends() -> None:
    """Whoever wants to hear is shown the output of one that answers and of one that never does."""
    heard: list[Output] = []
    with launcher(SERVER, on_output=heard.append).start():
        pass
    mute = "print('waiting', flush=True); import time; time.sleep(60)"
    assert not launcher(mute, on_output=heard.append, seconds=1.5).comes_up(mode=None, secret=None)
    assert [output.since(0).split()[0] for output in heard] == [b"ready", b"waiting"]


def test_output_is_read_like_a_log() -> None:
    """What was written after a position is given; the oldest goes when it is too much."""
    output = Output()
    output.add(b"before")
    position = output.position()
    output.add(b"after")
    assert output.since(position) == b"after"
    output.add(b"x" * KEPT)
    assert output.position() == KEPT + 11
    assert output.since(0) == b"x" * KEPT


def test_a_talkative_deployment_is_not_held_up() -> None:
    """Output beyond the buffer is read on, so that nobody waits for a full pipe."""
    program = "import sys; sys.stdout.write('x' * 3_000_000); sys.stdout.flush()\n" + SERVER
    with launcher(program).start() as launched:
        assert launched.answers
        assert soon(lambda: b"ready\n" in launched.output.since(3_000_000))


def test_a_launched_deployment_prints_no_secret() -> None:
    """Neither the launcher nor what it launched shows the secret when printed."""
    start = launcher(SERVER)
    with start.start() as launched:
        assert SECRET not in repr(launched) + repr(start)


SUITE = """
import sys, time
from conformance_tests.deployment.launch import Launcher
from conformance_tests.target.parts import Launch
server = (sys.executable, "-c", sys.argv[1])
with Launcher(Launch(server, "http://127.0.0.1:{port}/"), "secret").start() as launched:
    print(launched.output.since(0).decode().split()[0], flush=True)
    time.sleep(60)
"""


def test_what_was_started_ends_with_a_suite_that_is_killed() -> None:
    """Nothing can be cleaned up then; the deployment and its own children end all the same."""
    started = [sys.executable, "-c", SUITE, PARENT + SERVER.replace("AUTH_SECRET", "PATH")]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True) as suite:
        assert suite.stdout is not None
        child = int(suite.stdout.readline())
        assert not gone(child)
        suite.kill()
    assert soon(lambda: gone(child))
