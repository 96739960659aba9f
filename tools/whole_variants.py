"""`python -m tools.whole_variants [NAME…]`: hold every variant to the whole documented profile.

The test command judges each by the rows that look at its difference; this is what those were
picked from. It ends with 1 where a row fails, or one that looks at the difference is seen in part.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from conformance_tests.report.exit_codes import CONFORMANT
from conformance_tests.report.verdict import LEFT_OUT
from conformance_tests.requirements import REQUIREMENTS
from tests.mutants.judged import server
from tests.variants.catalogue import Variant
from tests.variants.every import CATALOGUE
from tests.variants.judged import SERVE, judged, rows_of


def main(names: Iterable[str]) -> int:
    """Judge them one after the other, each told as it comes."""
    with server(SERVE) as command:
        kept = [_told(CATALOGUE[name], command) for name in names or CATALOGUE]
    return 0 if all(kept) else 1


def _told(variant: Variant, command: tuple[str, ...]) -> bool:
    report = judged(variant, documented(variant), command)
    told = [row for row in report.claimed if row.detail != LEFT_OUT]
    unseen = {row.requirement.id for row in told if row.status == "not-testable"}
    fallen = {row.requirement.id: row.detail for row in report.failed}
    kept = report.exit == CONFORMANT and unseen & {*rows_of(variant)} == variant.partly
    passed = sum(row.status == "pass" for row in told)
    print(f"{'=' if kept else '≠'} {variant.name}  {passed} pass, {report.run.duration_s} s")
    if unseen:
        print(f"    seen in part: {' '.join(sorted(unseen))}")
    for id_, detail in fallen.items():
        print(f"    failed: {id_} {detail or ''}")
    sys.stdout.flush()
    return kept


def documented(variant: Variant) -> tuple[str, ...]:
    """Every documented row of the groups that it claims."""
    rows = (row for row in REQUIREMENTS.values() if row.documented and row.group in variant.claims)
    return tuple(row.id for row in rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
