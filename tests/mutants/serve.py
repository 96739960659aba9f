"""`python -m tests.mutants.serve [--briefly] NAME serve …`: the reference's command, one defect.

So the rows that start a deployment of their own meet the mutant too.
"""

from __future__ import annotations

import sys

import pytest

from reference_auth import cli
from tests.mutants.every import CATALOGUE
from tests.mutants.judged import derive_briefly


def main(name: str, *words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        if name == "--briefly":
            derive_briefly(patch)
            name, *rest = words
            words = tuple(rest)
        CATALOGUE[name].patch(patch)
        return int(cli.main(list(words)) or 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
