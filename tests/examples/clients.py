"""The clients of examples/clients as programs: installed, started, and told what to do."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

CLIENTS = Path(__file__).parents[2] / "examples" / "clients"
DRIVE = Path(__file__).parent / "drive"
#: Each is a module in the installed folder; the recipe is a library's own, for comparison.
LIBRARIES = ("fetch", "urql", "apollo", "python")
RECIPE = "urql/recipe"
EMAIL, PASSWORD = "alice@example.com", "alice-demo-password"
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
SECONDS = 60

Reply = Mapping[str, Any]


class Begun(Protocol):
    def result(self, timeout: float | None = None) -> Reply:
        """{"value": …} or {"error": {"over", "category", "message"}}."""


class Tab(Protocol):
    def send(self, name: str, **given: Any) -> Begun:
        """Begin a command."""


class Program:
    """A driver: takes a command a line, and answers in any order."""

    def __init__(self, *command: str | Path) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([*command], stdin=pipe, stdout=pipe, text=True)
        self.ids = itertools.count()
        self.waiting: dict[int, Future[Reply]] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, tab: int, name: str, **given: Any) -> Future[Reply]:
        id, future = next(self.ids), Future[Reply]()
        self.waiting[id] = future
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"id": id, "tab": tab, "name": name, **given}) + "\n")
        self.process.stdin.flush()
        return future

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            reply = json.loads(line)
            self.waiting.pop(reply.pop("id")).set_result(reply)
        for future in self.waiting.values():
            future.set_exception(ConnectionError("the driver has ended"))

    def end(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=20)


class ProgramTab:
    def __init__(self, program: Program, number: int) -> None:
        self.program, self.number = program, number

    def send(self, name: str, **given: Any) -> Future[Reply]:
        return self.program.send(self.number, name, **given)


def do(tab: Tab, name: str, **given: Any) -> Any:
    """What a command that succeeds gives."""
    reply = tab.send(name, **given).result(SECONDS)
    assert "error" not in reply, reply
    return reply["value"]


def log_in(*tabs: Tab) -> None:
    """Log in in the first tab; then all are opened, as if new."""
    for tab in tabs:
        do(tab, "open")
    do(tabs[0], "log_in", email=EMAIL, password=PASSWORD)
    for tab in tabs:
        do(tab, "open")


def install(folder: Path, library: str) -> None:
    """What the README of an example says, without scripts and noise."""
    if library == "python":
        venv = folder / "python" / ".venv"
        uv = [str(Path(sys.executable).with_name("uv")), *("-q", "--no-config")]
        subprocess.run([*uv, "venv", "--python", sys.executable, venv], check=True)
        needed = folder / "python" / "requirements.txt"
        target = ("--python", venv / "bin" / "python")
        subprocess.run([*uv, "pip", "install", *target, "-r", needed], check=True, timeout=120)
    else:
        subprocess.run(["npm", "install", *QUIET], cwd=folder / library, check=True, timeout=120)


def copy(folder: Path) -> Path:
    """The examples in a folder of their own, as a reader copies them."""
    copied = folder / "clients"
    shutil.copytree(CLIENTS, copied, ignore=shutil.ignore_patterns("node_modules", ".venv"))
    return copied


@contextmanager
def two_tabs(folder: Path, library: str, url: str, *, locked: bool = True) -> Iterator[list[Tab]]:
    """Two tabs that share a storage: of one Node process, or two processes in Python."""
    lock = "locked" if locked else "unlocked"
    with ExitStack() as ends:

        def program(*command: str | Path) -> Program:
            started = Program(*command)
            ends.callback(started.end)
            return started

        if library == "python":
            python, drive = folder / "python" / ".venv" / "bin" / "python", DRIVE / "drive.py"
            file = folder / "python" / f"{os.urandom(4).hex()}.json"
            yield [ProgramTab(program(python, drive, folder, file, url, lock), 0) for _ in "ab"]
        else:
            module = library if "/" in library else f"{library}/client"
            node = program("node", DRIVE / "drive.mjs", folder, module, url, lock)
            yield [ProgramTab(node, 0), ProgramTab(node, 1)]
