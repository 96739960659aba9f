"""What the flow leaves open is open: no variant breaks a row of the documented profile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance_tests.report.exit_codes import CONFORMANT
from tests.mutants.judged import server
from tests.variants.every import CATALOGUE
from tests.variants.judged import SERVE, judged, rows_of


@pytest.fixture(scope="module")
def command() -> Iterator[tuple[str, ...]]:
    """What starts any variant as a process of its own."""
    with server(SERVE) as words:
        yield words


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_permitted_variant_stays_green(command: tuple[str, ...], name: str) -> None:
    """Each row that looks at the difference passes, and the verdict is conformant."""
    variant = CATALOGUE[name]
    report = judged(variant, command=command)
    told = {row.requirement.id: row for row in report.claimed}
    rows = [told[id_] for id_ in rows_of(variant) if told[id_].status != "not-applicable"]
    fallen = {row.requirement.id: (row.status, row.detail) for row in rows if row.status != "pass"}
    assert fallen.keys() == variant.partly, fallen
    assert all(row.passed for row in rows)
    assert report.exit == CONFORMANT
