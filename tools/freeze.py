"""Freeze a version: `python -m tools.freeze 1.1` prints its file."""

from __future__ import annotations

import sys

from tests.conformance.frozen.rows import lines_of

if __name__ == "__main__":
    print("\n".join(lines_of(sys.argv[1])))
