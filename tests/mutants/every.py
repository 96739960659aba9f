"""Every mutant: importing this fills the catalogue."""

from __future__ import annotations

from tests.mutants import core  # noqa: F401
from tests.mutants.catalogue import CATALOGUE

__all__ = ["CATALOGUE"]
