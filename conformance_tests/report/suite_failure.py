"""When the suite itself breaks it says so in one sentence; a traceback is for those who ask."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from conformance_tests.deployment.http.recorder import Recorder
    from conformance_tests.target.model import Target

DEBUG: Final = "AUTH_CONFORMANCE_DEBUG"
OPENING: Final = "The suite itself failed: "


def describe(problem: BaseException, target: Target | None = None) -> str:
    """What broke and where, without any secret; with DEBUG set the traceback goes to stderr."""
    redact = _recorder(target).redact
    if os.environ.get(DEBUG):
        print(redact("".join(traceback.format_exception(problem))), file=sys.stderr)
    told = " ".join(str(problem).split())[:200]
    asking = "" if os.environ.get(DEBUG) else f" Set {DEBUG}=1 for the traceback."
    return redact(
        f"{OPENING}{type(problem).__name__}{_place(problem)}"
        f"{': ' + told.rstrip('.') if told else ''}.{asking}"
    )


def _place(problem: BaseException) -> str:
    frames = traceback.extract_tb(problem.__traceback__)
    if not frames:
        return ""
    name = frames[-1].filename.replace("\\", "/").rsplit("/", 1)[-1]
    return f" in {name}, line {frames[-1].lineno}"


def _recorder(target: Target | None) -> Recorder:
    """A recorder that knows every secret of the target, and the shapes of all others."""
    from conformance_tests.deployment.http.recorder import Recorder

    recorder = Recorder()
    if target is not None:
        for password in target.passwords:
            recorder.add_secret("password", password)
        recorder.add_secret("secret", target.secret or "")
        for value in target.http.headers.values():
            recorder.add_secret("header", value)
    return recorder
