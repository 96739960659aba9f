"""The exit codes of `auth-conformance run` and what each means: `--help` prints this table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CONFORMANT, FAILED, USAGE, UNTESTED, BROKEN_SUITE, STALE_LIST = range(6)
#: The exit codes and what each means: `--help` prints this table.
EXITS: Final[Mapping[int, str]] = {
    CONFORMANT: "conformant to what was claimed, as far as it could be tested",
    FAILED: "at least one MUST failed (or a SHOULD under --strict)",
    USAGE: "usage or target file wrong",
    UNTESTED: "could not test: unreachable, cannot log in, stopped answering, or nothing evaluated",
    BROKEN_SUITE: "the suite itself failed",
    STALE_LIST: "a known failure passed, is overdue, has no reason or names no requirement",
}
