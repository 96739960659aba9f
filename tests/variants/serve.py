"""The reference's own command with one variant: `[--briefly] NAME serve …`."""

from __future__ import annotations

from collections.abc import Sequence

from tests.mutants.serve import serve
from tests.variants.every import CATALOGUE


def main(words: Sequence[str]) -> int:
    """Serve the reference with the variant that the words name."""
    return serve(CATALOGUE, words)
