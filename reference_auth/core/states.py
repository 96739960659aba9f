"""The table of states: three access verdicts by four refresh verdicts, and the state of each cell.

The documented module describes ACCESS_VALID_REFRESH_VALID and ACCESS_INVALID_REFRESH_INVALID with
their meanings swapped. Its names are right, and are used here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Access(Enum):
    """The access verdict. FORGED: it fails a check other than its expiry."""

    LIVE = "live"
    EXPIRED = "expired"
    FORGED = "forged"


class Refresh(Enum):
    """The refresh verdict: the first of mismatch, expired and absent that applies, else matches.

    MATCHES: it belongs to the access token, and its row is there.
    MISMATCH: it does not belong to the access token.
    EXPIRED: it belongs, and it or its row has expired.
    ABSENT: it belongs, and its row is gone: rotated, revoked, burned or never written.
    """

    MATCHES = "matches"
    MISMATCH = "mismatch"
    EXPIRED = "expired"
    ABSENT = "absent"


class State(Enum):
    ACCESS_VALID_REFRESH_VALID = "ACCESS_VALID_REFRESH_VALID"
    ACCESS_INVALID_REFRESH_VALID = "ACCESS_INVALID_REFRESH_VALID"
    ACCESS_VALID_REFRESH_INVALID = "ACCESS_VALID_REFRESH_INVALID"
    ACCESS_INVALID_REFRESH_INVALID = "ACCESS_INVALID_REFRESH_INVALID"


# Nothing can be said of a refresh token beside a forged access token: it is always the last state.
CELLS: Mapping[tuple[Access, Refresh], State] = MappingProxyType(
    {
        (Access.LIVE, Refresh.MATCHES): State.ACCESS_VALID_REFRESH_VALID,
        (Access.LIVE, Refresh.MISMATCH): State.ACCESS_VALID_REFRESH_INVALID,
        (Access.LIVE, Refresh.EXPIRED): State.ACCESS_VALID_REFRESH_INVALID,
        (Access.LIVE, Refresh.ABSENT): State.ACCESS_VALID_REFRESH_INVALID,
        (Access.EXPIRED, Refresh.MATCHES): State.ACCESS_INVALID_REFRESH_VALID,
        (Access.EXPIRED, Refresh.MISMATCH): State.ACCESS_INVALID_REFRESH_INVALID,
        (Access.EXPIRED, Refresh.EXPIRED): State.ACCESS_INVALID_REFRESH_INVALID,
        (Access.EXPIRED, Refresh.ABSENT): State.ACCESS_INVALID_REFRESH_INVALID,
        (Access.FORGED, Refresh.MATCHES): State.ACCESS_INVALID_REFRESH_INVALID,
        (Access.FORGED, Refresh.MISMATCH): State.ACCESS_INVALID_REFRESH_INVALID,
        (Access.FORGED, Refresh.EXPIRED): State.ACCESS_INVALID_REFRESH_INVALID,
        (Access.FORGED, Refresh.ABSENT): State.ACCESS_INVALID_REFRESH_INVALID,
    }
)


def state_of(access: Access, refresh: Refresh) -> State:
    return CELLS[access, refresh]


def possible_states(access: Access) -> set[State]:
    """The states that an access verdict leaves possible: a forged access token leaves one."""
    return {state_of(access, refresh) for refresh in Refresh}
