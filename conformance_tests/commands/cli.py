"""The command line: it reads the arguments, and only then imports what the command needs."""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conformance_tests import __version__
from conformance_tests.printable import printable
from conformance_tests.report import exit_codes
from conformance_tests.report.safe_output import safe_output

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

#: Minutes after which a run stops, where nothing else is said.
MOST_MINUTES: Final = 60.0
OVERRIDES: Final = "Flags override the target file; the file overrides the defaults."
PROFILES: Final = ("documented", "hardened")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; bad input never makes a traceback."""
    with safe_output():
        return _main(list(sys.argv[1:] if argv is None else argv))


def _main(given: list[str]) -> int:
    own, pytest_args = _split(given)
    arguments = parser().parse_args(own)
    arguments.pytest_args = pytest_args
    arguments.given = given
    try:
        return _carry_out(arguments)
    except KeyboardInterrupt:
        print("auth-conformance: interrupted.", file=sys.stderr)
        return exit_codes.UNTESTED


def _carry_out(arguments: argparse.Namespace) -> int:
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        _need_folder()
        return command(arguments)
    except Exception as problem:
        if not _is_usage(problem):
            return _suite_failed(problem)
        for told in printable(str(problem)).splitlines():
            print(f"auth-conformance: {told}{'' if told[-1:] in '.?!' else '.'}", file=sys.stderr)
        return exit_codes.USAGE


def _need_folder() -> None:
    """UsageError where the working directory is gone: pytest and every relative path need one."""
    from conformance_tests.commands.usage import UsageError

    try:
        Path.cwd()
    except OSError:
        raise UsageError("The working directory is gone: change to another one.") from None


def _need_temporary_folder(arguments: argparse.Namespace) -> None:
    """UsageError where the embedded reference, which keeps files meanwhile, can keep none."""
    from conformance_tests.commands.usage import UsageError

    try:
        if not arguments.url and not arguments.target:
            tempfile.gettempdir()
    except OSError:
        told = "There is no folder for temporary files: set TMPDIR to one that can be written."
        raise UsageError(told) from None


def _is_usage(problem: Exception) -> bool:
    from conformance_tests.commands.usage import UsageError
    from conformance_tests.report.files import ReportPathError
    from conformance_tests.target.load import TargetError

    return isinstance(problem, UsageError | TargetError | ReportPathError)


def _suite_failed(problem: Exception) -> int:
    from conformance_tests.report import suite_failure

    print(f"auth-conformance: {printable(suite_failure.describe(problem))}", file=sys.stderr)
    return exit_codes.BROKEN_SUITE


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """What stands after a bare `--` is for pytest."""
    if "--" not in argv:
        return argv, []
    place = argv.index("--")
    return argv[:place], argv[place + 1 :]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="auth-conformance",
        description="Judge a deployment of the token flow, requirement by requirement.",
        epilog=_exit_table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for add in (
        _add_run,
        _add_init,
        _add_doctor,
        _add_cleanup,
        _add_list,
        _add_explain,
        _add_compare,
    ):
        add(commands)
    return top


def _exit_table() -> str:
    lines = [f"  {code}  {meaning}" for code, meaning in exit_codes.EXITS.items()]
    order = "Precedence: 2, 4, 1, 5, 3, 0. A run that stopped exits 3, or 1 if a MUST failed."
    return "\n".join(["exit codes:", *lines, order])


def _command(commands: Commands, name: str, says: str, epilog: str = "") -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=says,
        description=f"{says[0].upper()}{says[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        epilog=epilog,
    )


def _add_target(command: argparse.ArgumentParser) -> None:
    command.add_argument("url", nargs="?", metavar="URL", help="the GraphQL endpoint")
    command.add_argument("--target", type=Path, metavar="FILE", help="the target file")


def _add_run(commands: Commands) -> None:
    run = _command(
        commands,
        "run",
        "judge a deployment; without URL and target file, judge the embedded reference",
        epilog=f"{OVERRIDES}\n\n{_exit_table()}",
    )
    run.set_defaults(command=_run)
    _add_target(run)
    run.add_argument("--profile", choices=PROFILES, help="which rows the target is held to")
    run.add_argument(
        "--only", nargs="+", action="extend", default=[], metavar="ID|GROUP", help="these rows only"
    )
    flags = {
        "--claimed-only": "leave out what the target does not claim",
        "--strict": "a SHOULD that fails counts as a MUST",
        "--require-complete": "not-testable rows of the claim are exit 3",
        "--allow-destructive": "burn, fault and load also on a production target",
        "--write-known-failures": "add the present failures to FILE as [[known_failures]]; "
        "print them where no --target names one",
    }
    for flag, says in flags.items():
        run.add_argument(flag, action="store_true", help=says)
    run.add_argument(
        "-v", "--verbose", action="store_true", help="every failure in full, with its calls"
    )
    run.add_argument(
        "--max-duration",
        type=_minutes,
        default=MOST_MINUTES,
        metavar="MINUTES",
        help=f"stop the run after so long ({MOST_MINUTES:g}); what was not reached is not judged",
    )
    run.add_argument(
        "--walks",
        type=_seconds,
        metavar="SECONDS",
        help="time for walks: long histories that are compared with a model of the flow (5 for the "
        "embedded reference, 60 for others, 0 with --only); 0 is none",
    )
    run.add_argument(
        "--seed", type=int, default=0, metavar="N", help="which walks (0): the same for the same N"
    )
    run.add_argument(
        "--parallel",
        type=_at_least_one,
        metavar="N",
        help="run so many tests at once; 1 runs one after the other, as do arguments after --",
    )
    run.add_argument(
        "--scripts", type=Path, metavar="FOLDER", help="write a shell script for each failure"
    )
    for form in ("json", "html", "junit", "markdown"):
        run.add_argument(f"--{form}", type=Path, metavar="FILE", help=f"write a {form} report")


def _minutes(text: str) -> float:
    """A number of minutes above zero; ValueError otherwise."""
    minutes = float(text)
    if not 0 < minutes < math.inf:
        raise ValueError(text)
    return minutes


def _seconds(text: str) -> float:
    """A number of seconds, perhaps zero; ValueError otherwise."""
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ValueError(text)
    return seconds


def _at_least_one(text: str) -> int:
    """A whole number above zero; ValueError otherwise."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _add_init(commands: Commands) -> None:
    init = _command(commands, "init", "print a commented target file from what can be found out")
    init.set_defaults(command=_init)
    init.add_argument("url", metavar="URL", help="the GraphQL endpoint")


def _add_doctor(commands: Commands) -> None:
    says = "is the deployment reachable, can we log in, does its clock agree"
    doctor = _command(commands, "doctor", says)
    doctor.set_defaults(command=_doctor)
    _add_target(doctor)


def _add_cleanup(commands: Commands) -> None:
    says = "remove what a run that was killed left: rows of made-up customers, a moved clock"
    cleanup = _command(commands, "cleanup", says)
    cleanup.set_defaults(command=_cleanup)
    cleanup.add_argument(
        "--target", type=Path, metavar="FILE", required=True, help="the target file"
    )


def _add_list(commands: Commands) -> None:
    listing = _command(commands, "list", "every requirement, and whether it is tested")
    listing.set_defaults(command=_list)
    listing.add_argument("--group", action="append", default=[], metavar="G", help="one group")
    listing.add_argument("--format", choices=("table", "json"), default="table")


def _add_explain(commands: Commands) -> None:
    explain = _command(
        commands, "explain", "one requirement: sentence, why, test, mutant, notebook"
    )
    explain.set_defaults(command=_explain)
    explain.add_argument("id", metavar="ID")


def _add_compare(commands: Commands) -> None:
    says = "what changed between two reports (exit 1 if anything broke), or a grid of more"
    compare = _command(commands, "compare", says)
    compare.set_defaults(command=_compare)
    compare.add_argument("reports", nargs="+", type=Path, metavar="REPORT.json")
    compare.add_argument("--html", type=Path, metavar="FILE", help="write the grid as a page")


def _run(arguments: argparse.Namespace) -> int:
    from conformance_tests.embedded import forking

    if arguments.url is None and arguments.only and "://" in arguments.only[-1]:
        arguments.url = arguments.only.pop()  # `run --only ID URL`: --only takes all it can get
    _need_temporary_folder(arguments)
    with forking.own_environment(unless=arguments.url or arguments.target):
        if forking.in_parallel(arguments):
            forking.process_context()
        with forking.uninterrupted_import():
            from conformance_tests.commands import run as running

        return running.run(arguments)


def _init(arguments: argparse.Namespace) -> int:
    from conformance_tests.commands import init

    return init.init(arguments.url)


def _doctor(arguments: argparse.Namespace) -> int:
    from conformance_tests.embedded import forking

    with forking.uninterrupted_import():
        from conformance_tests.commands import doctor
        from conformance_tests.commands import run as running

    _need_temporary_folder(arguments)
    with forking.own_environment(unless=arguments.url or arguments.target):
        return doctor.doctor(running.named_target(arguments))


def _cleanup(arguments: argparse.Namespace) -> int:
    from conformance_tests.commands import cleanup
    from conformance_tests.target.load import load

    return cleanup.cleanup(load(arguments.target, os.environ))


def _list(arguments: argparse.Namespace) -> int:
    from conformance_tests.commands import explain

    return explain.list_rows(arguments.group, arguments.format)


def _explain(arguments: argparse.Namespace) -> int:
    from conformance_tests.commands import explain

    return explain.explain(arguments.id)


def _compare(arguments: argparse.Namespace) -> int:
    from conformance_tests.commands import compare

    return compare.compare(arguments.reports, arguments.html)


if __name__ == "__main__":
    sys.exit(main())
