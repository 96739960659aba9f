"""A picture over time is a slider where somebody can move it, and elsewhere a series."""

from __future__ import annotations

from typing import Any

import pytest

from lessons import pictures, slider
from lessons.pictures import Picture
from lessons.server import START
from reference_auth.core.tokens import Claims

SECONDS = [0, 839, 840]


def draw(second: int) -> Picture:
    return pictures.timeline(Claims(23, START + 840, START + 900, START), START + second)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the notebook would show."""
    found: list[Any] = []
    monkeypatch.setattr(slider, "display", found.append)
    monkeypatch.setattr(slider, "_show_slider", lambda _, *ends: found.append(ends))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return found


def test_elsewhere_it_is_a_series(shown: list[Any]) -> None:
    """Where no front end runs, there is one picture for each second."""
    slider.over_time(draw, SECONDS)
    assert shown == [draw(second) for second in SECONDS]


def test_under_a_jupyter_server_it_is_a_slider(
    shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server names the session of the notebook that it runs."""
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/09_the_rolling_window.ipynb")
    slider.over_time(draw, SECONDS)
    assert shown == [(0, 840)]
