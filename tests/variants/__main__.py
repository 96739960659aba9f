"""`python -m tests.variants NAME [ID …]`: judge one variant and print what is red."""

from __future__ import annotations

import sys

from conformance_tests.report.verdict import LEFT_OUT
from tests.variants.every import CATALOGUE
from tests.variants.judged import judged


def main(name: str, *only: str) -> None:
    report = judged(CATALOGUE[name], only)
    for row in report.rows:
        if row.claimed and row.detail != LEFT_OUT:
            print(row.requirement.id, row.status, row.detail or "")
            for card in row.cards:
                print(*card.transcript, sep="\n    ")
    print(report.run.duration_s, "s", report.exit, report.untested)


if __name__ == "__main__":
    main(*sys.argv[1:])
