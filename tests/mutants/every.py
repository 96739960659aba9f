"""Every mutant: importing this fills the catalogue."""

from __future__ import annotations

from tests.mutants import (  # noqa: F401
    derivation,
    development,
    discretion,
    documents,
    doors,
    elsewhere,
    ended,
    faults,
    forged_tokens,
    grace,
    later,
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
