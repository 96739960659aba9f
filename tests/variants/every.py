"""Every variant: importing this fills the catalogue."""

from __future__ import annotations

from tests.variants import answers, sessions  # noqa: F401
from tests.variants.catalogue import CATALOGUE

__all__ = ["CATALOGUE"]
