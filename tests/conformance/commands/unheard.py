"""A command whose output nobody reads: the pipe that it writes to is closed already."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

#: A device on which nothing can be written; not every system has one.
FULL = Path("/dev/full")


def unheard(*argv: str) -> subprocess.CompletedProcess[str]:
    """The command, as in `auth-conformance … | true`, with what it said on stderr."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return printing_to(writer, *argv)
    finally:
        os.close(writer)


def printing_to(out: int | IO[str], *argv: str) -> subprocess.CompletedProcess[str]:
    """The command, with its output held back and then sent there, and what it said on stderr."""
    return subprocess.run(
        [sys.executable, "-m", "conformance_tests.commands.cli", *argv],
        stdout=out,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
        text=True,
        timeout=60,
        check=False,
    )
