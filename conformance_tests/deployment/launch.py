"""Starts the deployment under another environment, and ends what it started and nothing else."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from conformance_tests.loopback import is_loopback

if TYPE_CHECKING:
    from conformance_tests.target.parts import Launch

START_SECONDS = 15.0
END_SECONDS = 5.0
PAUSE_SECONDS = 0.02
LAST_WORDS_SECONDS = 1.0
KEPT = 1024 * 1024
PORTS = range(12_000, 32_768)  # below those that Linux and macOS give out by themselves
WATCHER = Path(__file__).with_name("watcher.py")
PROBE = b'{"query":"{__typename}"}'


class LaunchError(Exception):
    """One sentence on a deployment that could not be started."""


class FromTarget:
    """The value that the target file gives."""


FROM_TARGET: Final = FromTarget()


class Output:
    """What a process writes, its last megabyte kept; readable as a log."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._dropped = 0
        self._lock = threading.Lock()

    def add(self, piece: bytes) -> None:
        """Keep what was written, and drop the oldest."""
        with self._lock:
            self._kept += piece
            surplus = max(len(self._kept) - KEPT, 0)
            del self._kept[:surplus]
            self._dropped += surplus

    def position(self) -> int:
        """How many bytes have been written."""
        with self._lock:
            return self._dropped + len(self._kept)

    def since(self, position: int) -> bytes:
        """What was written after `position`, as far as it is kept."""
        with self._lock:
            return bytes(self._kept[max(position - self._dropped, 0) :])


@dataclass
class Launched:
    """A started deployment: its address, whether it answers, how it ended, what it wrote."""

    url: str
    output: Output = field(default_factory=Output, repr=False)
    exit: int | None = None

    @property
    def answers(self) -> bool:
        """Whether it came up; otherwise it ended by itself and `exit` says how."""
        return self.exit is None

    @property
    def last_line(self) -> str:
        """The last line that it wrote, raw: not for printing before it is redacted."""
        lines = self.output.since(0).decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


class Launcher:
    """Starts a target's deployment, each time on a port of its own."""

    def __init__(
        self,
        launch: Launch,
        secret: str | None,
        *,
        environ: Mapping[str, str] | None = None,
        seconds: float = START_SECONDS,
        on_output: Callable[[Output], object] = lambda output: None,
    ) -> None:
        """`environ` is added to the suite's own environment, which the deployment inherits.

        on_output: is called with the output of each process, before anything is written to it.
        """
        self._launch = launch
        self._secret = secret
        self._environ = dict(environ or {})
        self._seconds = seconds
        self._on_output = on_output

    @property
    def development(self) -> str:
        """The mode that opens the development operations."""
        return self._launch.development_value

    @contextmanager
    def start(
        self,
        *,
        mode: str | FromTarget | None = FROM_TARGET,
        secret: str | FromTarget | None = FROM_TARGET,
        port: int | None = None,
    ) -> Iterator[Launched]:
        """A deployment that answers or has ended by itself; on a free port, if none is named.

        None leaves the variable unset; a mode that is not given is inherited, a secret that is
        not given is the target's (inherited, where the target does not name it).
        Raises LaunchError where it cannot be started, or neither answers nor ends in time.
        """
        port = _free_port() if port is None else port
        url = self._launch.url.replace("{port}", str(port))
        if not is_loopback(urlsplit(url).hostname):
            raise LaunchError(f"[launch] url {self._launch.url!r} is not on this machine.")
        process = self._process(port, self._environment(port, mode, secret))
        launched = Launched(url)
        self._on_output(launched.output)
        reading = threading.Thread(target=_read, args=(process, launched.output), daemon=True)
        reading.start()
        with _watched(process):
            try:
                self._await(process, launched)
                if not launched.answers:
                    reading.join(LAST_WORDS_SECONDS)
                yield launched
            finally:
                _end(process)
                reading.join(END_SECONDS)

    def comes_up(self, *, mode: str | FromTarget | None, secret: str | FromTarget | None) -> bool:
        """Whether it answers when it is started so; one that neither answers nor ends does not."""
        try:
            with self.start(mode=mode, secret=secret) as launched:
                return launched.answers
        except LaunchError:
            return False

    def _environment(
        self, port: int, mode: str | FromTarget | None, secret: str | FromTarget | None
    ) -> dict[str, str]:
        chosen = {
            self._launch.environment_variable: mode,
            self._launch.secret_variable: self._own_secret
            if isinstance(secret, FromTarget)
            else secret,
        }
        environment = {**os.environ, **self._environ, self._launch.port_variable: str(port)}
        for name, value in chosen.items():
            if value is None:
                environment.pop(name, None)
            elif not isinstance(value, FromTarget):
                environment[name] = value
        return environment

    @property
    def _own_secret(self) -> str | FromTarget:
        """The target's; one that does not name it leaves the deployment with its own."""
        return FROM_TARGET if self._secret is None else self._secret

    def _process(self, port: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        command = [part.replace("{port}", str(port)) for part in self._launch.command]
        try:
            return subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:  # as of a NUL in it
            reason = getattr(error, "strerror", None) or error
            raise LaunchError(
                f"[launch] command {command[0]!r} cannot be started: {reason}."
            ) from error

    def _await(self, process: subprocess.Popen[bytes], launched: Launched) -> None:
        end = time.monotonic() + self._seconds
        while time.monotonic() < end:
            launched.exit = _exit_of(process)
            if launched.exit is not None or _answers(launched.url):
                return
            time.sleep(PAUSE_SECONDS)
        raise LaunchError(
            f"[launch] {self._launch.command[0]!r} neither answered at {launched.url} "
            f"nor ended within {self._seconds:g} s."
        )


_given_out: set[int] = set()
_choosing = threading.Lock()


def _free_port() -> int:
    """A port that is free and was not given to another deployment of this run.

    Not one that the system gives to whoever asks for any: it could give it to somebody else before
    the deployment listens, and that other's answers would be taken for the deployment's.
    """
    with _choosing:
        while True:
            port = secrets.choice(PORTS)
            if port not in _given_out and _is_free(port):
                _given_out.add(port)
                return port


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


def _answers(url: str) -> bool:
    """Whether an HTTP server is there, whatever it says."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=1)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", parts.path or "/", PROBE, headers)
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _read(process: subprocess.Popen[bytes], output: Output) -> None:
    assert process.stdout is not None
    with process.stdout as pipe, contextlib.suppress(OSError, ValueError):
        while piece := os.read(pipe.fileno(), 65536):
            output.add(piece)


@contextmanager
def _watched(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """A process of its own ends this one's group, should the suite be killed before it can."""
    words = [sys.executable, "-I", "-S", str(WATCHER), str(process.pid)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True) as watcher:
        try:
            yield
        finally:
            watcher.communicate(b".")


def _exit_of(process: subprocess.Popen[bytes]) -> int | None:
    """How the process ended. It is not reaped, so its group id cannot be reused."""
    state = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if state is None:
        return None
    return state.si_status if state.si_code == os.CLD_EXITED else -state.si_status


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group: SIGTERM first, then SIGKILL."""
    _signal(process, signal.SIGTERM)
    end = time.monotonic() + END_SECONDS
    while _exit_of(process) is None and time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)
    _signal(process, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
