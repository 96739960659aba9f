"""Twelve cells, four states."""

from __future__ import annotations

from itertools import product

import pytest

from reference_auth.core import states
from reference_auth.core.states import Access, Refresh, State


def test_every_cell_has_one_state() -> None:
    """Three verdicts by four are twelve cells, and all four states occur."""
    assert set(states.CELLS) == set(product(Access, Refresh))
    assert set(states.CELLS.values()) == set(State)


@pytest.mark.parametrize("access, refresh", list(product(Access, Refresh)))
def test_a_state_is_named_after_its_two_verdicts(access: Access, refresh: Refresh) -> None:
    """Live is valid, matching is valid, and a forged access token vouches for no refresh token."""
    access_valid = access is Access.LIVE
    refresh_valid = refresh is Refresh.MATCHES and access is not Access.FORGED
    words = {True: "VALID", False: "INVALID"}
    expected = f"ACCESS_{words[access_valid]}_REFRESH_{words[refresh_valid]}"
    assert states.state_of(access, refresh).value == expected
    assert states.state_of(access, refresh).name == expected


def test_the_table_cannot_be_changed() -> None:
    """Diagrams, SPEC.md and notebooks read the one table that the flow reads."""
    with pytest.raises(TypeError):
        states.CELLS[Access.FORGED, Refresh.MATCHES] = State.ACCESS_VALID_REFRESH_VALID  # type: ignore[index]
