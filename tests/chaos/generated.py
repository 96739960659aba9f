"""What schemathesis makes of the schema: documents that fit it, and documents that do not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode

from tests.chaos.raw import Request
from tests.chaos.sizes import SEED

SPEC = Path(__file__).parent.parent.parent / "SPEC.md"


def documents(count: int) -> list[Request]:
    """So many of each kind, from the schema as SPEC.md prints it."""
    found = re.search(r"```graphql\n(.*?)```", SPEC.read_text(), re.DOTALL)
    assert found is not None
    schema = schemathesis.graphql.from_file(found[1])
    return [
        Request.post(f"{mode.value}: {text[:60]!r}", json.dumps({"query": text}).encode())
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for text in _texts(schema.as_strategy(generation_mode=mode), count)
    ]


def _texts(strategy: SearchStrategy[Any], count: int) -> list[str]:
    texts: list[str] = []

    @seed(SEED)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case: Any) -> None:
        texts.append(str(case.body))

    collect()
    return texts
