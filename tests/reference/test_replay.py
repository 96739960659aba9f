"""When the absence of a row is a replay."""

from __future__ import annotations

import pytest

from reference_auth.core.errors import Retry, SessionOver
from reference_auth.core.tokens import Claims
from reference_auth.flow import replay

NOW = 1_709_284_560


@pytest.mark.parametrize(
    "access_left, refresh_left, refusal",
    [
        (840, 900, SessionOver),
        (11, 900, SessionOver),
        (10, 900, Retry),
        (1, 900, Retry),
        (0, 900, None),
        (-100, 11, None),
        (-100, 10, SessionOver),
        (-100, 0, SessionOver),
    ],
)
def test_only_a_sure_replay_is_one(
    access_left: int, refresh_left: int, refusal: type[Exception] | None
) -> None:
    """Within ten seconds of either expiry another server's clock may be the reason (HARD-12)."""
    claims = Claims(7, NOW + access_left, NOW + refresh_left)
    if refusal is None:
        replay.judge_absence(claims, NOW)
        return
    with pytest.raises(refusal) as raised:
        replay.judge_absence(claims, NOW)
    assert raised.type is refusal
