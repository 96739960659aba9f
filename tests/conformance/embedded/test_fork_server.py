"""The fork server: its processes are like any that a command starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance_tests.embedded.forking import fork_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are sound on Linux alone")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, ...]]:
    (tmp_path / "program.py").write_text(
        "import os, sys, time\n"
        "def main(words):\n"
        "    print(os.environ.get('MOOD'), *words, flush=True)\n"
        "    if words[0] == 'stay':\n"
        "        time.sleep(30)\n"
        "    if words[0] == 'complain':\n"
        "        sys.exit('something is wrong')\n"
        "    return 3\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with fork_server(tmp_path, "program:main") as found:
        yield found


def test_a_fork_has_the_environment_words_output_and_exit_code(command: tuple[str, ...]) -> None:
    """What the caller gives arrives, and what the program says and returns comes back."""
    environ = {**os.environ, "MOOD": "calm"}
    done = subprocess.run([*command, "a", "b"], env=environ, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("calm a b\n", 3)


def test_a_program_that_exits_with_a_sentence_fails_with_it(command: tuple[str, ...]) -> None:
    """An exit with words writes them and ends with 1, as any Python program does."""
    done = subprocess.run([*command, "complain"], capture_output=True, text=True)
    assert (done.stderr, done.returncode) == ("something is wrong\n", 1)


def test_a_fork_ends_with_its_caller(command: tuple[str, ...]) -> None:
    """When the command is killed the program's output is closed: nobody holds it any more."""
    with subprocess.Popen([*command, "stay"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"None stay\n"
        process.kill()
        began = time.monotonic()
        assert process.stdout.read() == b""
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("why", [KeyboardInterrupt, ValueError])
def test_whatever_ends_the_context_ends_the_server(
    why: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has not begun yet would say with a traceback that its folder is gone."""
    started: list[subprocess.Popen[bytes]] = []

    class Kept(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Kept)
    with pytest.raises(why), fork_server(tmp_path, "program:main"):
        raise why
    assert [process.wait(timeout=30) for process in started] == [-signal.SIGKILL]


def test_a_server_whose_folder_is_gone_says_nothing(tmp_path: Path) -> None:
    """Its caller was interrupted while starting it, and could not kill it."""
    gone = str(tmp_path / "gone" / "forks")
    done = subprocess.run(
        [sys.executable, "-m", "conformance_tests.embedded.forking", gone, "program:main"],
        capture_output=True,
        text=True,
    )
    assert (done.stderr, done.returncode) == ("", 0)
