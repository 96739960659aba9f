"""The deployment's log: what it wrote since a mark, and whom that names.

Wording is not judged. A security event is a line that names the customer, beyond those that an
ordinary refusal (the control) writes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from conformance_tests import redaction
from conformance_tests.deployment.http.leaks import mentions
from conformance_tests.outcomes import NotTestable

LARGEST = 16 * 1024 * 1024
SETTLE_SECONDS = 2.0
PAUSE_SECONDS = 0.02
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Source(Protocol):
    """Something that a deployment writes to: a file, or the output of a launched process."""

    def position(self) -> int:
        """How many bytes it has written."""

    def since(self, position: int) -> bytes:
        """What it has written after that."""


#: No other trouble: a log that may not be read must not pass for an empty one.
NOT_THERE: Final = (FileNotFoundError, NotADirectoryError)


@dataclass(frozen=True, slots=True)
class LogFile:
    """The log file of a deployment; one that is not there, or not yet, is empty."""

    path: Path

    def position(self) -> int:
        """Its present size."""
        try:
            return self.path.stat().st_size
        except NOT_THERE:
            return 0

    def since(self, position: int) -> bytes:
        """What was written after `position`, or all of it where it was begun anew since."""
        try:
            with self.path.open("rb") as file:
                file.seek(position if position <= self.position() else 0)
                return file.read(LARGEST)
        except NOT_THERE:
            return b""


@dataclass(frozen=True, slots=True, repr=False)
class Excerpt:
    """The lines that were written in one window."""

    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Excerpt({len(self.lines)} lines)"

    def naming(self, customer_id: str | int) -> list[str]:
        """The lines in which this customer's id stands."""
        return [line for line in self.lines if mentions(line, customer_id)]


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in the log: how far each source had got."""

    positions: tuple[int, ...]


class Log:
    """Everything that a deployment writes, from one or more sources."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = tuple(sources)

    def mark(self) -> Mark:
        """Now, as a point to read from."""
        return Mark(tuple(source.position() for source in self._sources))

    def since(
        self,
        mark: Mark,
        until: Callable[[Excerpt], bool] | None = None,
        seconds: float = SETTLE_SECONDS,
    ) -> Excerpt:
        """What was written after the mark; with `until`, waits for that to become true."""
        end = time.monotonic() + seconds
        while True:
            excerpt = self._read(mark)
            if until is None or until(excerpt) or time.monotonic() > end:
                return excerpt
            time.sleep(PAUSE_SECONDS)

    def event(
        self,
        mark: Mark,
        customer_id: str | int,
        control: Excerpt,
        seconds: float = SETTLE_SECONDS,
    ) -> bool:
        """Whether more lines name the customer since the mark than in the control."""
        usual = len(control.naming(customer_id))

        def told(excerpt: Excerpt) -> bool:
            return len(excerpt.naming(customer_id)) > usual

        return told(self.since(mark, told, seconds))

    def _read(self, mark: Mark) -> Excerpt:
        lines: list[str] = []
        for source, position in zip(self._sources, mark.positions, strict=True):
            text = source.since(position).decode("utf-8", "replace")
            lines += (line for line in COLOUR.sub("", text).splitlines() if line.strip())
        return Excerpt(tuple(lines))


@dataclass(frozen=True, slots=True)
class RunLog:
    """The log of one run: everything that the deployment wrote since the run began.

    started: the outputs of the servers that the suite started, which are not the one under test:
    no event is looked for in them, but no secret may stand in them either.
    """

    log: Log
    begun: Mark
    started: list[Source] = field(default_factory=list)

    @classmethod
    def of(cls, file: str) -> RunLog:
        """The log of a run that begins now."""
        log = Log([LogFile(Path(file))])
        return cls(log, log.mark())

    def add_output(self, output: Source) -> None:
        """Read this output too, from its beginning."""
        self.started.append(output)

    def need_lines(self) -> None:
        """NotTestable where nothing was ever written: it may not be the deployment's log."""
        if not any(self.log.mark().positions):
            raise NotTestable("log", "nothing was ever written to the log; check [log] file")

    def read(self) -> Excerpt:
        """The log so far."""
        return self.log.since(self.begun)

    def read_started(self) -> Excerpt:
        """What the servers that the suite started have written so far."""
        started = tuple(self.started)
        return Log(started).since(Mark((0,) * len(started)))


def forms(secret: str) -> set[str]:
    """The ways in which a log may write a secret; none for an empty one."""
    return {secret, *redaction.written(secret)} if secret else set()
