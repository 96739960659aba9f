from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted


@pytest.fixture
def booted() -> Iterator[Booted]:
    """The embedded reference, its table one that nobody throws away."""
    with boot.embedded_reference(over_http=False) as (target, wiring):
        assert target.table is not None
        lasting = replace(target.table, ends_with_run=False)
        yield Booted(replace(target, table=lasting), wiring)
