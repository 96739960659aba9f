"""`auth-conformance run`: from the arguments to a judged run and its reports.

Whatever happens on the way, what is known is judged, written and printed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shlex
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from conformance_tests import redaction
from conformance_tests.commands import known_failures, pytest_args
from conformance_tests.commands.usage import UsageError, requirement_or_group
from conformance_tests.deployment.wiring import NO_WIRING, Wiring
from conformance_tests.embedded import forking, parallel
from conformance_tests.report import (
    files,
    html,
    json,
    junit,
    markdown,
    scripts,
    suite_failure,
    terminal,
    verdict,
)
from conformance_tests.report.progress import ProgressDisplay
from conformance_tests.report.verdict import Report, Run, Terms
from conformance_tests.runner.options import WALKS, WALKS_EMBEDDED, Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.load import TargetError, from_url, load, with_profile
from conformance_tests.target.model import Target

#: The report flags, and what makes the text of each.
FORMS: Final[dict[str, Callable[[Report], str]]] = {
    "json": json.text,
    "html": html.text,
    "junit": junit.text,
    "markdown": markdown.text,
}
#: What stands in the reports where the embedded reference did not even start.
EMBEDDED: Final = Target(url="embedded", name="embedded reference", profile="hardened")
_EMBEDDED_NEEDS: Final = ("moto", "strawberry", "uvicorn", "argon2")


def run(arguments: argparse.Namespace) -> int:
    """Judge, write every report that was asked for, print one, and give the exit code."""
    terms = _terms(arguments)
    try:
        target = named_target(arguments)
    except TargetError:
        _report_paths(arguments)  # so that no old report is taken for this run's
        raise
    asked = _report_paths(arguments, target)
    if arguments.pytest_args:
        pytest_args.check(arguments.pytest_args)
    out = terminal.console()
    progress = ProgressDisplay(out, quiet=bool(arguments.pytest_args))
    unwritten: list[str] = []
    with ExitStack() as stack:
        target, found = _carry_out(target, arguments, stack, progress)
        report = verdict.judge(target, found, terms)
        for form, path in asked.items():
            with _noted(unwritten):
                files.write_report(path, FORMS[form](report))
        if arguments.scripts:
            with _noted(unwritten):
                scripts.write(arguments.scripts, report)
        terminal.show(report, out)
    if arguments.write_known_failures:
        with _noted(unwritten):
            known_failures.write(report, arguments.target)
    if unwritten:
        raise files.ReportPathError("\n".join(unwritten))
    return report.exit


def _report_paths(arguments: argparse.Namespace, target: Target | None = None) -> dict[str, Path]:
    """The path of each report that was asked for; what an earlier run left there is gone."""
    asked = {form: path for form in FORMS if (path := getattr(arguments, form)) is not None}
    inputs = [arguments.target] if arguments.target else []
    files.make_way(asked.values(), inputs=[*inputs, *(target.files if target else ())])
    return asked


@contextmanager
def _noted(unwritten: list[str]) -> Iterator[None]:
    """A file that cannot be written is noted, and the others are written all the same."""
    try:
        yield
    except files.ReportPathError as problem:
        unwritten.append(str(problem))


def named_target(arguments: argparse.Namespace) -> Target | None:
    """The target that the arguments name; None is the embedded reference."""
    if arguments.target is not None:
        target = load(arguments.target, os.environ, url=arguments.url)
    elif arguments.url is not None:
        target = from_url(arguments.url, os.environ)
    else:
        _need_embedded()
        return None
    redaction.current().add_given(target.secrets())
    return _as_asked(target, arguments)


def _as_asked(target: Target, arguments: argparse.Namespace) -> Target:
    """The target as other arguments change it."""
    profile, parallel = (getattr(arguments, name, None) for name in ("profile", "parallel"))
    target = with_profile(target, profile) if profile else target
    return replace(target, parallel=parallel) if parallel else target


def _need_embedded() -> None:
    if not all(find_spec(name) for name in _EMBEDDED_NEEDS):
        raise UsageError(
            "Without a URL the embedded reference is judged, and it is not installed here: "
            "name a URL, or pip install 'reference-auth[embedded]'."
        )
    if not find_spec("_bz2"):
        raise UsageError(
            "This Python was built without bz2, which the embedded reference needs: use another "
            "Python, or build it anew with libbz2-dev installed."
        )


def _terms(arguments: argparse.Namespace) -> Terms:
    arguments.only = [requirement_or_group(word) for word in arguments.only]
    return Terms(
        strict=arguments.strict,
        require_complete=arguments.require_complete,
        claimed_only=arguments.claimed_only,
        only=tuple(arguments.only),
        verbose=arguments.verbose,
    )


def _carry_out(
    target: Target | None,
    arguments: argparse.Namespace,
    stack: ExitStack,
    progress: ProgressDisplay,
) -> tuple[Target, Run]:
    """The run; one that breaks or is interrupted still gives what was found until then."""
    started, begun = dt.datetime.now(dt.UTC), time.monotonic()
    stopped = _handle_signals()
    judged = target or EMBEDDED
    try:
        in_shares = forking.in_parallel(arguments)
        progress.looking_at(judged.name, parallel.WORKERS if in_shares else 1)
        if in_shares:
            judged, found = parallel.run(_options(arguments), arguments.profile, progress)
        else:
            booted, wiring = (target, NO_WIRING) if target else _booted(stack)
            judged = _as_asked(booted, arguments)
            found = run_suite(judged, _options(arguments), progress, wiring=wiring)
    except TargetError:
        raise
    except KeyboardInterrupt:
        found = Run(tuple(progress.findings), started, interrupted=True)
    except Exception as problem:
        told = suite_failure.describe(problem, judged)
        found = Run(tuple(progress.findings), started, crashed=told)
    finally:
        progress.finished()
    command = shlex.join(["auth-conformance", *arguments.given])
    duration = found.duration_s or time.monotonic() - begun
    interrupted = found.interrupted or stopped.is_set()
    return judged, replace(found, command=command, duration_s=duration, interrupted=interrupted)


def _booted(stack: ExitStack) -> tuple[Target, Wiring]:
    from conformance_tests.embedded import boot

    return stack.enter_context(boot.embedded_reference())


def _options(arguments: argparse.Namespace) -> Options:
    return Options(
        only=tuple(arguments.only),
        claimed_only=arguments.claimed_only,
        allow_destructive=arguments.allow_destructive,
        pytest_args=tuple(arguments.pytest_args),
        rerun=_rerun(arguments),
        strict=arguments.strict,
        max_seconds=60 * arguments.max_duration,
        walks=_seconds_of_walks(arguments),
        seed=arguments.seed,
    )


def _seconds_of_walks(arguments: argparse.Namespace) -> float:
    """The time for walks: none beside a few requirements, unless it is asked for."""
    if arguments.walks is not None:
        return float(arguments.walks)
    if arguments.only:
        return 0.0
    return WALKS if arguments.target or arguments.url else WALKS_EMBEDDED


def _rerun(arguments: argparse.Namespace) -> str:
    """The command that a card repeats for its one row."""
    words = ["auth-conformance", "run"]
    words += [arguments.url] if arguments.url else []
    words += ["--target", str(arguments.target)] if arguments.target else []
    words += ["--profile", arguments.profile] if arguments.profile else []
    words += ["--allow-destructive"] if arguments.allow_destructive else []
    return shlex.join(words)


def _handle_signals() -> threading.Event:
    """SIGTERM, as CI sends it, and a terminal's end stop a run as Ctrl-C does: with its reports.

    The event is needed because Python drops an interrupt that falls into a finalizer.
    """
    stopped = threading.Event()

    def stop(number: int, frame: object) -> None:
        stopped.set()
        signal.default_int_handler(number, None)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, stop)  # nohup has it ignored
    return stopped
