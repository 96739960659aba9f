"""Every mutant: importing this fills the catalogue."""

from __future__ import annotations

from tests.mutants import (  # noqa: F401
    derivation,
    development,
    discretion,
    documents,
    doors,
    ended,
    faults,
    forged_tokens,
    grace,
    login,
    nobody,
    older_rows,
    protected,
    races,
    refresh,
    replay,
    revoke,
    rolling,
    storage,
    tokens,
)
from tests.mutants.catalogue import CATALOGUE

__all__ = ["CATALOGUE"]
