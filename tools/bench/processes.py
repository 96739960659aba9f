"""The programs of one run: the table engine, the servers and the load, each a process of its own.

What they spend is read from the outside: CPU time and resident memory, children included.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import psutil

ROOT = Path(__file__).parent.parent.parent
LONGEST_START = 20.0  # seconds
MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Program:
    """A running process, where it answers, and how long it took to."""

    name: str
    process: subprocess.Popen[str]
    origin: str = ""
    ready_seconds: float = 0.0
    derivations: Path | None = None  # a file with a byte for each

    def derived(self) -> int | None:
        """How many keys it has derived, if they are counted."""
        return self.derivations.stat().st_size if self.derivations else None

    def cpu_seconds(self) -> float:
        """What it and its children have spent."""
        times = [member.cpu_times() for member in self._members()]
        return float(sum(spent.user + spent.system for spent in times))

    def memory(self) -> float:
        """What it and its children keep resident, in MiB."""
        return sum(float(member.memory_info().rss) for member in self._members()) / MEBIBYTE

    def _members(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


@contextmanager
def running(name: str, command: Sequence[str]) -> Iterator[Program]:
    """Run a program with pipes for its input and output until the block ends."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Program(name, process)
    finally:
        end(process)


@contextmanager
def answering(
    name: str, command: Sequence[str], port: int, path: str, settings: Mapping[str, str]
) -> Iterator[Program]:
    """Run a server until the block ends; its output goes to a file that is shown if it dies."""
    origin = f"http://127.0.0.1:{port}"
    with TemporaryDirectory() as folder, (Path(folder) / "output").open("w+") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
            stdout=output,
            stderr=output,
            text=True,
        )
        try:
            wait_until_it_answers(process, origin + path, Path(folder) / "output")
            yield Program(name, process, origin, time.perf_counter() - began)
        finally:
            end(process)


def wait_until_it_answers(process: subprocess.Popen[str], url: str, output: Path) -> None:
    """Return at its first answer, or raise RuntimeError with what it printed."""
    deadline = time.monotonic() + LONGEST_START
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), urlopen(url, timeout=1):
            return
        time.sleep(0.005)
    raise RuntimeError(f"{process.args!r} does not answer:\n{output.read_text()[-2000:]}")


def end(process: subprocess.Popen[str]) -> None:
    """Ask it to end, and make it end if it does not."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def ministack(port: int) -> tuple[list[str], Mapping[str, str]]:
    """The command of the table engine and its settings; MINISTACK names the program."""
    program = shutil.which(os.environ.get("MINISTACK") or "ministack")
    if program is None:
        raise SystemExit("ministack is missing: run `nox -s bench`, or name it in MINISTACK.")
    return [program], {
        "SERVICES": "dynamodb",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "WARNING",
    }


def python(*words: str) -> list[str]:
    return [sys.executable, *words]
