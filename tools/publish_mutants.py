"""`python -m tools.publish_mutants`: what the suite tells of the mutants, into its package.

`auth-conformance explain` shows which defects each row has been seen to catch.
"""

from __future__ import annotations

import json
from collections import defaultdict

from conformance_tests.commands.proofs import MUTANTS
from tests.mutants.every import CATALOGUE


def text() -> str:
    """By row, the sentence of each mutant that it owns, the sharpest first."""
    owned: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for one in sorted(CATALOGUE.values(), key=lambda one: (one.owner, len(one.reds), one.name)):
        owned[one.owner][one.name] = one.sentence
    return json.dumps(owned, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    MUTANTS.write_text(text(), encoding="utf-8")
