"""Other instances of a deployment are found or started once, and ended with the run."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance_tests.deployment.clock import FaketimeClock
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.client import open_client
from conformance_tests.deployment.instances import Instances
from conformance_tests.deployment.log import RunLog
from conformance_tests.outcomes import NotApplicable, NotTestable
from conformance_tests.target.parts import Launch
from tests.conformance.fakes import SECRET, deployment

# A deployment that tells its mode, and will not start in one that it does not know.
SERVER = """
import http.server, json, os, sys
mode = os.environ.get("AUTH_MODE", "unset")
if mode == "strange":
    sys.exit("no such mode")
class Tell(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"data": {"__typename": mode}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Tell).serve_forever()
"""
LAUNCH = Launch(
    command=(sys.executable, "-c", SERVER),
    url="http://127.0.0.1:{port}/graphql",
    environment_variable="AUTH_MODE",
    development_value="making",
)


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    with ExitStack() as ends:
        yield ends


def instances(ends: ExitStack, **changes: Any) -> Instances:
    return Instances(deployment(**{"environment": "production", **changes}), ends)


def mode_of(instance: Deployment | None) -> object:
    """The mode that an instance says it runs in; None for one that did not start."""
    return instance and instance.client.trivial().value


def test_the_target_itself_is_the_instance_of_its_environment(ends: ExitStack) -> None:
    """Nothing is started for the environment that the target runs in."""
    found = instances(ends, launch=LAUNCH)
    assert found.in_environment("production") is found.main


def test_without_launch_there_is_no_other(ends: ExitStack) -> None:
    """The other environment is not applicable, and a chosen mode not testable."""
    found = instances(ends)
    with pytest.raises(NotApplicable, match="runs in production"):
        found.in_environment("development")
    with pytest.raises(NotTestable, match=r"\[launch\]"):
        found.in_mode("any")


@pytest.mark.parametrize("mine, other, word", [
    ("production", "development", "making"),
    ("development", "production", "production"),
])  # fmt: skip
def test_the_other_environment_is_started(
    ends: ExitStack, mine: str, other: str, word: str
) -> None:
    """Development is the word that the target gives it; anything else is production."""
    found = instances(ends, launch=LAUNCH, environment=mine)
    assert mode_of(found.in_environment(other)) == word


def test_modes_are_started_together_and_once(ends: ExitStack) -> None:
    """Each mode asked for has its own instance, the same whenever it is asked for."""
    found = instances(ends, launch=LAUNCH)
    modes = (None, "", " making", "making")
    first = [found.in_mode(mode, among=modes) for mode in modes]
    assert [mode_of(instance) for instance in first] == ["unset", "", " making", "making"]
    assert [found.in_mode(mode) for mode in modes] == first


def test_a_mode_in_which_it_does_not_start(ends: ExitStack) -> None:
    """A deployment that ends by itself is no instance, and spoils no other."""
    found = instances(ends, launch=LAUNCH)
    assert found.in_mode("strange", among=("making",)) is None
    assert mode_of(found.in_mode("making")) == "making"


@pytest.mark.parametrize("program, told", [
    (f"print('starting', flush=True); import sys; sys.exit('no table, but {SECRET}\\n')",
     "exit code 1, and its last line was 'no table, but <secret#1>'"),
    ("import sys; sys.exit(3)", "exit code 3 and wrote nothing"),
    (f"import sys; sys.exit('x' * 192 + '{SECRET}')", "x<secret#…'"),
])  # fmt: skip
def test_a_deployment_that_does_not_start_says_why(
    ends: ExitStack, program: str, told: str
) -> None:
    """Its last line is there, without a secret in it, even where it is cut; else how it ended."""
    found = instances(ends, launch=replace(LAUNCH, command=(sys.executable, "-c", program)))
    found.main.recorder.add_secret("secret", SECRET)
    with pytest.raises(NotTestable, match="does not start in mode 'making'") as unseen:
        found.in_environment("development")
    assert told in str(unseen.value)
    with pytest.raises(NotTestable) as again, found.one_more():
        pass
    assert told in str(again.value)


def test_what_is_started_is_read_for_secrets_too(ends: ExitStack, tmp_path: Path) -> None:
    """What a started server prints is in the run's run_log, in whatever way it was started."""
    found = instances(ends, launch=replace(LAUNCH, command=(sys.executable, "-c", "print('hm')")))
    found.main.run_log = run_log = RunLog.of(str(tmp_path / "deployment.log"))
    assert found.in_mode("making") is None
    assert not found.launcher().comes_up(mode=None, secret=None)
    with pytest.raises(NotTestable), found.one_more():
        pass
    assert run_log.read_started().lines == ("hm",) * 3


def test_a_command_that_is_none_is_not_testable(ends: ExitStack) -> None:
    """What cannot be started is a sentence, again each time it is asked for."""
    found = instances(ends, launch=replace(LAUNCH, command=("no-such-program",)))
    for _ in range(2):
        with pytest.raises(NotTestable, match="no-such-program"):
            found.in_environment("development")


def test_all_that_was_started_ends_with_the_run() -> None:
    """Nothing is left to answer."""
    with ExitStack() as ends:
        found = instances(ends, launch=LAUNCH)
        started = [found.in_mode(mode, among=("one", "two")) for mode in ("one", "two")]
        urls = [instance.client.url for instance in started if instance]
    assert len(urls) == 2
    for url in urls:
        with closing(open_client(found.main.target, found.main.recorder, url=url)) as client:
            assert client.trivial().status is None


@pytest.mark.parametrize(
    "ahead, shared, now",
    [(0.0, False, 0), (3600.0, True, 3600), (7200.0, False, 7200)],
    ids=["real time", "under the same faketime file", "under a clock of its own"],
)
def test_an_instance_is_judged_by_the_clock_that_it_has(
    ends: ExitStack, tmp_path: Path, ahead: float, shared: bool, now: int
) -> None:
    """A pair that is made for it is live there, however far the suite has moved its own clock."""
    found = instances(ends)
    found.main.clock = FaketimeClock(str(tmp_path / "faketimerc"))
    found.main.clock.move_to(time.time() + 3600)
    client: Any = SimpleNamespace(trivial=lambda: None, skew=ahead)
    instance = found._by_its_clock(replace(found.main, client=client))
    assert (instance.clock is found.main.clock) is shared
    assert instance.clock.now() - time.time() == pytest.approx(now, abs=2)
