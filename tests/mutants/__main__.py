"""`python -m tests.mutants NAME [ID …]`: judge one mutant, whole or by some rows, and print it."""

from __future__ import annotations

import sys

from tests.mutants.every import CATALOGUE
from tests.mutants.judged import judged


def main(name: str, *only: str) -> None:
    found = judged(CATALOGUE[name], only)
    for row, findings in sorted(found.red.items()):
        for finding in findings:
            card = finding.card
            told = f"expected {card.expected}, was {card.actual}" if card else finding.detail
            print(f"{row} {finding.status} {finding.test}: {told}")
    print("\n".join(found.trouble))
    print("red:", *sorted(found.red))


if __name__ == "__main__":
    main(*sys.argv[1:])
