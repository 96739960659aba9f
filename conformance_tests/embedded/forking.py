"""Starts copies of the embedded reference quickly: as forks of a process that has imported it.

Workers of a run are forked by multiprocessing's fork server. The servers that tests start are
programs of their own, so they are forked by a server of ours, which `fork_client.py` asks:
`python -m conformance_tests.embedded.forking [--at-once] SOCKET MODULE:FUNCTION IMPORTED…`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import multiprocessing
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

if TYPE_CHECKING:
    import argparse

#: What a terminal sends to each process of a run: only the first of them heeds it.
FROM_A_TERMINAL: Final = (signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
#: A socket's name has 107 bytes at most; up to 32 of them come after the folder.
LONGEST_FOLDER: Final = 75
SHORT_FOLDER: Final = "/tmp"
#: Whether forking a process with threads is sound here.
FORKS: Final = sys.platform == "linux"
AT_ONCE: Final = "--at-once"
CLIENT: Final = Path(__file__).with_name("fork_client.py")
Main = Callable[[list[str]], int | None]


# -- the workers of a run --------------------------------------------------------------------------


def in_parallel(arguments: argparse.Namespace) -> bool:
    """Whether all of the embedded reference is judged, by our own report: that needs workers."""
    narrowed = (
        *(arguments.target, arguments.url, arguments.only, arguments.pytest_args),
        arguments.parallel,
    )
    return not any(narrowed)


@contextmanager
def own_environment(*, unless: object = None) -> Iterator[None]:
    """While this lasts, nothing of the user's environment reaches the embedded reference.

    unless: another target that is judged instead, for which the environment is meant.
    """
    from reference_auth.store import own_environment as reference

    if unless:
        yield
        return
    with reference.own_environment(), room_for_sockets():
        yield


@contextmanager
def room_for_sockets() -> Iterator[None]:
    """While this lasts, temporary files are in a folder whose sockets have short enough names."""
    usual = tempfile.gettempdir()
    too_long = len(os.fsencode(usual)) > LONGEST_FOLDER and os.access(SHORT_FOLDER, os.W_OK)
    with patch.object(tempfile, "tempdir", SHORT_FOLDER if too_long else usual):
        yield


def process_context() -> Any:
    """What starts workers: forks of one process that has imported everything, or new processes.

    That process begins to import at the first call; a core is idle while its caller still does so.
    """
    if not FORKS:
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(["conformance_tests.embedded.preloaded"])
    resource_tracker.ensure_running()  # it would let interrupts through again
    # Each would print a traceback at an interrupt.
    with block_signals(*FROM_A_TERMINAL):
        forkserver.ensure_running()
    return chosen


@contextmanager
def block_signals(*numbers: signal.Signals) -> Iterator[None]:
    """They arrive here when this is over, and never at a program that is started in here."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def uninterrupted_import() -> AbstractContextManager[None]:
    """An interrupt waits until this is over: Python may drop one that falls into an import."""
    return block_signals(signal.SIGINT)


# -- the servers that tests start ------------------------------------------------------------------


@contextmanager
def fork_server(
    folder: Path, program: str, *imported: str, at_once: bool = False
) -> Iterator[tuple[str, ...]]:
    """Gives the command that starts the program; what it started ends with the context.

    at_once: import now what it needs, and not for the first caller: many a run never has one.
    """
    path = str(folder / "forks")
    words = [*([AT_ONCE] * at_once), path, program, *imported]
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance_tests.embedded.forking", *words],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        try:
            yield (sys.executable, "-I", "-S", str(CLIENT), path)
        finally:
            process.kill()  # after an interrupt too: its folder goes before it has begun


@contextmanager
def starting_reference(folder: Path, *, at_once: bool = False) -> Iterator[tuple[str, ...]]:
    """The command that starts the reference; a fork where that is sound, else from nothing."""
    if FORKS:
        imported = ("reference_auth.serve.server", "conformance_tests.embedded.warm_boto3")
        program = "reference_auth.serve.cli:main"
        with fork_server(folder, program, *imported, at_once=at_once) as command:
            yield command
    else:
        yield (sys.executable, "-m", "reference_auth")


def serve(path: str, program: str, *imported: str, at_once: bool = False) -> None:
    """Fork for every caller, until whoever started it closes its input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(path)
        except FileNotFoundError:
            return  # whoever started it was interrupted meanwhile, and its folder is gone
        listener.listen()
        if at_once:
            main_of(program, *imported)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            caller, _ = listener.accept()
            main = main_of(program, *imported)
            with caller:
                if os.fork() == 0:
                    os._exit(run_child(listener, caller, main))


def main_of(program: str, *imported: str) -> Main:
    """The program's function, with the modules that it will need."""
    for name in imported:
        importlib.import_module(name)
    module, _, function = program.partition(":")
    main: Main = getattr(importlib.import_module(module), function)
    return main


def run_child(listener: socket.socket, caller: socket.socket, main: Main) -> int:
    """In the fork: become what the caller asks for, and tell it the exit code."""
    listener.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, streams, _, _ = socket.recv_fds(caller, 4, 3)
    asked = json.loads(caller.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.environ.clear()
    os.environ.update(asked["environ"])
    threading.Thread(target=end_with, args=(caller,), daemon=True).start()
    code = exit_code(main, asked["words"])
    sys.stdout.flush()
    sys.stderr.flush()
    with contextlib.suppress(OSError):
        caller.sendall(str(code).encode())
    return code


def exit_code(main: Main, words: list[str]) -> int:
    """What the interpreter would make of the program's end."""
    try:
        return main(words) or 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0


def end_with(caller: socket.socket) -> None:
    """End this process when the caller is gone."""
    with contextlib.suppress(OSError):
        caller.recv(1)
    os._exit(1)


if __name__ == "__main__":
    words = sys.argv[1:]
    serve(*(word for word in words if word != AT_ONCE), at_once=AT_ONCE in words)
