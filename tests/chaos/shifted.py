"""A platform whose import moves the server's `time.time` by what a file says: a clock that steps.

`--login-service tests.chaos.shifted:ANYONE`, with the file's path in CHAOS_CLOCK.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.chaos.platform import ANYONE

__all__ = ["ANYONE"]

FILE = Path(os.environ["CHAOS_CLOCK"])
REAL = time.time


def shifted() -> float:
    """Real time, and as many seconds more or less as the file says."""
    return REAL() + float(FILE.read_text())


time.time = shifted
