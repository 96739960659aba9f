"""What the tests of the clients share: an installed copy, a server without grace, one with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.examples.clients import copy, install
from tests.examples.served import Reference, serving


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the copied examples, with what one of them needs installed."""
    folder = copy(tmp_path_factory.mktemp("clients"))

    @cache
    def ready(library: str) -> Path:
        install(folder, library)
        return folder

    return ready


@pytest.fixture(scope="session")
def without_grace() -> Iterator[Reference]:
    with serving(grace=0) as reference:
        yield reference


@pytest.fixture(scope="session")
def with_grace() -> Iterator[Reference]:
    with serving(grace=30) as reference:
        yield reference
