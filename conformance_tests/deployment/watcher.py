"""Ends a process group once whoever started it is gone: `python watcher.py GROUP < PIPE`.

A byte on the pipe says that the group has ended in the usual way.
"""

from __future__ import annotations

import os
import signal
import sys
import time

PATIENCE_SECONDS = 2.0


def main(group: int) -> None:
    """Wait for the pipe's end, and then end the group."""
    if os.read(sys.stdin.fileno(), 1):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(group, number)
        except OSError:
            return
        time.sleep(PATIENCE_SECONDS)


if __name__ == "__main__":
    main(int(sys.argv[1]))
