"""When the suite itself breaks it says so in one sentence; a traceback is for those who ask."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, Final

from conformance_tests import redaction
from conformance_tests.printable import printable

if TYPE_CHECKING:
    from conformance_tests.target.model import Target

DEBUG: Final = "AUTH_CONFORMANCE_DEBUG"
OPENING: Final = "The suite itself failed: "
#: So many characters of what an exception says are shown.
SHOWN: Final = 200


def describe(problem: BaseException, target: Target | None = None) -> str:
    """What broke and where, without any secret; with DEBUG set the traceback goes to stderr."""
    redactor = redaction.current()
    if target is not None:
        redactor.add_given(target.secrets())
    if os.environ.get(DEBUG):
        trace = redactor.redact("".join(traceback.format_exception(problem)))
        print(printable(trace), file=sys.stderr)
    told = redactor.redact(" ".join(str(problem).split()), SHOWN).rstrip(".")
    asking = "" if os.environ.get(DEBUG) else f" Set {DEBUG}=1 for the traceback."
    return f"{OPENING}{type(problem).__name__}{_place(problem)}{told and f': {told}'}.{asking}"


def _place(problem: BaseException) -> str:
    frames = traceback.extract_tb(problem.__traceback__)
    if not frames:
        return ""
    name = frames[-1].filename.replace("\\", "/").rsplit("/", 1)[-1]
    return f" in {name}, line {frames[-1].lineno}"
