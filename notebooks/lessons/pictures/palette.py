"""Each colour has a role, and each role a light and a dark value; tests hold their contrast."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Colour(NamedTuple):
    """What a role looks like on a light page and on a dark one."""

    light: str
    dark: str


PALETTE: Mapping[str, Colour] = MappingProxyType(
    {
        "paper": Colour("#ffffff", "#14181d"),
        "ink": Colour("#1f2328", "#e6edf3"),
        "soft": Colour("#57606a", "#a3adb8"),
        "rule": Colour("#d0d7de", "#3d444d"),
        "access": Colour("#0550ae", "#79c0ff"),
        "access-wash": Colour("#ddf4ff", "#0c2d4a"),
        "refresh": Colour("#6639ba", "#d2a8ff"),
        "refresh-wash": Colour("#f1e9ff", "#2f1c4d"),
        "good": Colour("#116329", "#7ee787"),
        "good-wash": Colour("#dafbe1", "#0f2f1a"),
        "over": Colour("#a40e26", "#ffa198"),
        "over-wash": Colour("#ffebe9", "#4a1518"),
        "care": Colour("#7d4e00", "#f2cc60"),
        "care-wash": Colour("#fff8c5", "#3a2c05"),
    }
)


def wash(role: str) -> str:
    """The background that goes with a role's own colour."""
    return f"{role}-wash"
