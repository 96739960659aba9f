"""Pairs as the module issued them, and whether the suite's own minting comes to the same.

They were recorded from a running server: `vectors/module_tokens.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from conformance_tests.deployment.forge import Forge


@dataclass(frozen=True, slots=True)
class RecordedPair:
    """One pair with its row; `secret` is the one that the module was given for the recording."""

    name: str
    secret: str
    claims: Mapping[str, Any]
    token: str
    refresh_token: str
    hash: str


def pairs() -> Iterator[RecordedPair]:
    """Every recorded pair: each case at its login and after its rotation."""
    file = resources.files("conformance_tests") / "vectors" / "module_tokens.json"
    recorded = json.loads(file.read_text(encoding="utf-8"))
    for case in recorded["cases"]:
        for event in ("login", "rotation"):
            pair = case[event]
            yield RecordedPair(
                f"{case['name']}, {event}",
                recorded["secret"],
                pair["claims"],
                pair["token"],
                pair["refresh_token"],
                pair["rows"][0]["refresh_token_hash"]["S"],
            )


def minted_otherwise() -> list[str]:
    """The recorded pairs that the suite's own forge would mint otherwise: none, if it is right."""
    return [pair.name for pair in pairs() if _minted(pair) != _recorded(pair)]


def _minted(pair: RecordedPair) -> tuple[str, str, str]:
    forge = Forge(pair.secret)
    refresh_token = forge.refresh_token(pair.claims["customer_id"], pair.claims["exp"])
    return forge.mint(pair.claims), refresh_token, forge.hash_of(refresh_token)


def _recorded(pair: RecordedPair) -> tuple[str, str, str]:
    return pair.token, pair.refresh_token, pair.hash
