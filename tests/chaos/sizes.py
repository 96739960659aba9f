"""How much trouble: seconds of it in `nox -s deep`, minutes of it in `nox -s chaos`."""

from __future__ import annotations

import os

LONG = os.environ.get("CHAOS") == "long"
SEED = int(os.environ.get("CHAOS_SEED", "6"))


def size(short: int, long: int) -> int:
    """The first number in `nox -s deep`, the second in the long form."""
    return long if LONG else short
