"""The mutants that no row can turn red, each with its reason."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("equivalent.toml")
#: What the suite cannot tell from the reference, and what it could, and no row promises.
KINDS = ("equal", "free")


@cache
def reasons() -> dict[str, tuple[str, str]]:
    """The kind and the reason by the mutant's name."""
    groups = tomllib.loads(LIST.read_text(encoding="utf-8")).get("equivalent", [])
    return {name: (group["kind"], group["why"]) for group in groups for name in group["mutants"]}
