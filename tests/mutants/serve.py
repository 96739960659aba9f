"""The reference's own command with one mutant: `[--briefly] NAME serve …`, run by a fork server.

So the rows that start a deployment of their own meet the mutant too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from reference_auth.serve import cli
from tests.mutants.every import CATALOGUE
from tests.mutants.judged import BRIEFLY, Change, derive_briefly


def main(words: Sequence[str]) -> int:
    """Serve the reference with the mutant that the words name."""
    return serve(CATALOGUE, words)


def serve(catalogue: Mapping[str, Change], words: Sequence[str]) -> int:
    """Serve the reference with the change of this catalogue that the words name."""
    with pytest.MonkeyPatch.context() as patch:
        if words[0] in BRIEFLY:
            derive_briefly(patch)
            words = words[1:]
        catalogue[words[0]].patch(patch)
        return cli.main(words[1:])
