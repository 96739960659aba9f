"""How much trouble: seconds of it in the test command, minutes of it in `nox -s chaos`."""

from __future__ import annotations

import os

LONG = os.environ.get("CHAOS") == "long"
SEED = int(os.environ.get("CHAOS_SEED", "6"))


def size(short: int, long: int) -> int:
    """The first number in the test command, the second in the long form."""
    return long if LONG else short
