"""The process that copies of the embedded reference are forked from, where that is sound."""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing import forkserver
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import argparse

FORKS: Final = sys.platform == "linux"


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether all of the embedded reference is judged, by our own report: that is worth several."""
    narrowed = (arguments.target, arguments.url, arguments.only, arguments.pytest_args)
    return not any(narrowed)


def context() -> Any:
    """What starts copies: forks of one process that has imported everything, or new processes."""
    if not FORKS:
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(["conformance_tests.preloaded"])
    return chosen


def load_ahead() -> None:
    """Let that process import on a core that is idle while its caller still imports as well."""
    if FORKS:
        context()
        forkserver.ensure_running()
