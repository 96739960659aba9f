"""The way out of all that a command prints: it holds no secret, and may end before the command.

What is printed after that is lost, and no problem.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from conformance_tests import redaction


class SafeStream:
    """A text stream without secrets, that goes on when nobody reads it any more, or has no room.

    `problem` says what it met first.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal knows every sign
        self._redactor = redaction.current()
        self.problem: OSError | None = None

    def as_text(self) -> TextIO:
        """The same, for those who ask for a text stream by its type."""
        return cast(TextIO, self)

    def write(self, text: str) -> int:
        """Print the text, if there is still somewhere to print it."""
        with self._whatever_becomes_of_it():
            self._stream.write(self._redactor.redact_printed(text))
        return len(text)

    def flush(self) -> None:
        """Hand on what is held back."""
        with self._whatever_becomes_of_it():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _whatever_becomes_of_it(self) -> Iterator[None]:
        try:
            self._wait_for_readers()
            yield
        except OSError as problem:
            self.problem = self.problem or problem
            self._into_nothing()

    def _wait_for_readers(self) -> None:
        """Node and others leave a pipe that fails instead, as soon as its reader is slow."""
        with suppress(AttributeError, OSError):  # not everywhere, and not every stream has a file
            os.set_blocking(self._stream.fileno(), True)

    def _into_nothing(self) -> None:
        """What is held back must go somewhere, or it is problem again when the stream ends."""
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self._stream.fileno())
        os.close(nothing)


@contextmanager
def safe_output() -> Iterator[None]:
    """While this lasts, nothing secret is printed, and no end of a reader stops what prints.

    A full disk is told on stderr. A stream that was closed before the command began is one that
    leads nowhere.
    """
    with ExitStack() as ends:
        ends.enter_context(redaction.of_a_command())
        out, errors = (
            SafeStream(stream or ends.enter_context(Path(os.devnull).open("w")))
            for stream in (sys.stdout, sys.stderr)
        )
        ends.enter_context(redirect_stdout(out.as_text()))
        ends.enter_context(redirect_stderr(errors.as_text()))
        try:
            yield
        finally:
            out.flush()
            _tell(out.problem)


def _tell(problem: OSError | None) -> None:
    if problem is not None and not isinstance(problem, BrokenPipeError):
        told = f"auth-conformance: the output cannot be printed: {problem.strerror}."
        print(told, file=sys.stderr)
