"""What stands after `--` is for pytest: it is checked before the run begins."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Final

import pytest

from conformance_tests.commands.usage import UsageError
from conformance_tests.marks import declare_marker
from conformance_tests.runner.pytest_output import refuse_what_shows_secrets
from conformance_tests.runner.run import SETTINGS, pytest_main

_MARK: Final = "error: "


class _Declares:
    """The suite's own marker, so that nothing but the arguments can be wrong."""

    def pytest_configure(self, config: pytest.Config) -> None:
        declare_marker(config)
        refuse_what_shows_secrets(config)


def check(arguments: Sequence[str]) -> None:
    """UsageError where pytest would not run the suite with these arguments."""
    said = io.StringIO()
    words = [*SETTINGS, *arguments, "--collect-only"]
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
        try:
            code = pytest_main(words, [_Declares()])
        except (ImportError, OSError) as error:
            raise _not_understood(str(error)) from None
    if code == pytest.ExitCode.USAGE_ERROR:
        raise _not_understood(said.getvalue())


def _not_understood(told: str) -> UsageError:
    """What pytest says is wrong."""
    lines = told.strip().splitlines() or ["it says nothing more"]
    named = next((line for line in reversed(lines) if _MARK in line.lower()), lines[0])
    what = named[named.lower().find(_MARK) + len(_MARK) :] if _MARK in named.lower() else named
    return UsageError(f"pytest does not take what stands after --: {what}")
