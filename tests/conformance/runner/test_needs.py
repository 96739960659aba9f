"""When a test has its turn among others that need customers too."""

from __future__ import annotations

from typing import Any

import pytest

from conformance_tests.actors.customer_schedule import Need
from conformance_tests.runner.needs import _stage


class Item:
    """As much of a test as its turn depends on."""

    def __init__(self, **options: bool) -> None:
        self.options = options

    def get_closest_marker(self, name: str) -> pytest.Mark:
        return pytest.Mark(name, ("CORE-01",), self.options, _ispytest=True)


def test_what_harms_others_comes_after_them() -> None:
    """A burn is remembered for a while: tests that count have had their customers before it."""
    kinds: list[dict[str, bool]] = [
        {},
        {"exclusive": True},
        {"burns": True},
        {"long_jump": True},
        {"wrong_passwords": True},
        {"last": True},
    ]
    items: list[Any] = [Item(**options) for options in kinds]
    stages = [_stage(item, Need(1)) for item in items]
    assert stages == sorted(set(stages))
