"""The process that copies of the embedded reference are forked from, where that is sound."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import argparse

FORKS: Final = sys.platform == "linux"


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether all of the embedded reference is judged, by our own report: that is worth several."""
    narrowed = (arguments.target, arguments.url, arguments.only, arguments.pytest_args)
    return not any(narrowed)


def context() -> Any:
    """What starts copies: forks of one process that has imported everything, or new processes.

    That process begins to import at the first call; a core is idle while its caller still does so.
    """
    if not FORKS:
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(["conformance_tests.embedded.preloaded"])
    resource_tracker.ensure_running()  # it would let interrupts through again
    with block_signals(
        signal.SIGINT
    ):  # a terminal sends it to all, who would each print a traceback
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
