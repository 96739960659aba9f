"""One machine-made mutant before the suite, in a process of its own, until a row turns red."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance_tests.embedded.forking import fork_server
from conformance_tests.report.finding import Finding
from conformance_tests.runner.options import Options, Silence
from conformance_tests.runner.run import run_suite
from tools.mutation import mutated

if TYPE_CHECKING:
    from conformance_tests.deployment.wiring import Wiring
    from conformance_tests.target.model import Target
    from tools.mutation.made import Made  # it stands on the reference: not in a mutant's process

RED = ("fail", "warn")
#: Seconds. A row that no answer comes for is red long before: this ends what hangs by itself.
LONGEST_PROCESSOR, LONGEST = 90, 400.0


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant.

    end: "killed" by a row; "door": nobody could log in, or the reference did not start; "survived";
    "trouble": neither the suite nor the mutant came to an end, which is no verdict.
    by: the row that turned red, or what was said instead.
    """

    end: str
    by: str = ""
    rows: int = 0
    processor: float = 0.0


@dataclass(frozen=True)
class Asked:
    """What a mutant's process is told; `command` starts one more server of any mutant."""

    command: tuple[str, ...]
    module: str
    source: str
    rows: tuple[str, ...]
    briefly: bool


class UntilRed(Silence):
    """Ends the run at the first row that turns red."""

    red: Finding | None = None

    def finding(self, finding: Finding) -> None:
        if self.red is None and finding.status in RED:
            self.red = finding

    def testing(self, ids: tuple[str, ...], name: str) -> None:
        if self.red is not None:
            pytest.exit("a row is red")


class Judge:
    """Judges mutants, each in a fork of a process that has loaded all but the reference."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tools.mutation.preloaded"])

    def __call__(self, mutant: Made, rows: Iterable[str], *, briefly: bool = True) -> Verdict:
        """The verdict of these rows.

        briefly: derive keys in few rounds, on both sides; some mutants can only be seen at length.
        """
        ours, theirs = self._context.Pipe(duplex=False)
        asked = Asked(self._command, mutant.module, mutant.source, tuple(sorted(rows)), briefly)
        process = self._context.Process(target=_judge, args=(asked, theirs))
        process.start()
        theirs.close()
        try:
            if not ours.poll(LONGEST):
                return Verdict("trouble", f"not done in {LONGEST:.0f} s", len(asked.rows))
            verdict: Verdict = ours.recv()
            return verdict
        except EOFError:
            return Verdict("trouble", "its process ended without a word", len(asked.rows))
        finally:
            process.kill()
            process.join()


@contextmanager
def judging() -> Iterator[Judge]:
    """What judges; the servers that rows start end with it."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        program = "tools.mutation.mutated:main"
        with fork_server(Path(folder), program, "tools.mutation.preloaded") as command:
            yield Judge(command)


def _judge(asked: Asked, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_PROCESSOR, LONGEST_PROCESSOR))
    began = time.process_time()
    with ExitStack() as ends:
        ends.enter_context(contextlib.redirect_stderr(io.StringIO()))
        end, by = _end_of(asked, ends)
    answer.send(Verdict(end, by, len(asked.rows), round(time.process_time() - began, 2)))


def _end_of(asked: Asked, ends: ExitStack) -> tuple[str, str]:
    try:
        target, wiring = _booted(asked, ends)
    except Exception as error:  # whatever a mutant may do while it is loaded
        return "door", f"does not start: {type(error).__name__}"
    progress = UntilRed()
    run = run_suite(target, Options(only=asked.rows), progress, wiring=wiring)
    if run.unreachable is not None:
        return "door", run.unreachable
    if progress.red is not None:
        return "killed", progress.red.requirement
    errors = [f"{one.requirement}: {one.detail}" for one in run.findings if one.status == "error"]
    trouble = [*filter(None, [run.crashed]), *errors]
    return ("trouble", trouble[0]) if trouble else ("survived", "")


def _booted(asked: Asked, ends: ExitStack) -> tuple[Target, Wiring]:
    """The mutant as a target; what rows start of it is the mutant too."""
    folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="mutant-")))
    path = folder / f"{asked.module}.py"
    path.write_text(asked.source, encoding="utf-8")
    mutated.load(asked.module, asked.source)
    from conformance_tests.embedded import boot
    from tests.mutants.judged import derive_briefly

    if asked.briefly:
        derive_briefly(ends.enter_context(pytest.MonkeyPatch.context()))
    briefly = mutated.BRIEFLY if asked.briefly else ()
    command = (*asked.command, *briefly, asked.module, str(path))
    return ends.enter_context(boot.embedded_reference(over_http=False, command=command))
