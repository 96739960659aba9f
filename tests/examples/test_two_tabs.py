"""Two tabs that refresh at about the same time lose no session, with the lock or with grace.

Five sessions each; with CHAOS=long fifty. `python -m tests.examples.two_tabs` prints figures.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.examples.clients import LIBRARIES, RECIPE
from tests.examples.served import Reference
from tests.examples.two_tabs import add_recipe, loses_any, lost, tabs_of

pytestmark = pytest.mark.needs("npm")
RUNS = 50 if os.environ.get("CHAOS") == "long" else 5
each_library = pytest.mark.parametrize("library", LIBRARIES)
Installed = Callable[[str], Path]


@each_library
def test_the_lock_keeps_every_session(
    library: str, installed: Installed, without_grace: Reference
) -> None:
    """With the lock, two tabs lose no session although the server has no grace."""
    with tabs_of(library, installed(library), without_grace, locked=True) as tabs:
        assert lost(tabs, without_grace, RUNS) == 0


@each_library
def test_grace_keeps_every_session(
    library: str, installed: Installed, with_grace: Reference
) -> None:
    """With grace on the server, two tabs lose no session although they have no lock."""
    with tabs_of(library, installed(library), with_grace, locked=False) as tabs:
        assert lost(tabs, with_grace, RUNS) == 0


@each_library
def test_without_both_sessions_are_lost(
    library: str, installed: Installed, without_grace: Reference
) -> None:
    """With neither, sessions are lost: so the two tests above can fail."""
    with tabs_of(library, installed(library), without_grace, locked=False) as tabs:
        assert loses_any(tabs, without_grace)


def test_urql_s_own_recipe_loses_sessions(
    installed: Installed, without_grace: Reference, with_grace: Reference
) -> None:
    """A library's own recipe loses sessions in two tabs, unless the server has grace."""
    folder = installed("urql")
    add_recipe(folder)
    with tabs_of(RECIPE, folder, without_grace, locked=False) as tabs:
        assert loses_any(tabs, without_grace)
    with tabs_of(RECIPE, folder, with_grace, locked=False) as tabs:
        assert lost(tabs, with_grace, RUNS) == 0
