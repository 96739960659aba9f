"""Which test proves which requirement, and which defects it was seen to catch.

The tests are read from the suite's own marks, without importing it.
"""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
SUITE = PACKAGE / "suite"
#: Written from the catalogue of mutants, which is no part of the package.
MUTANTS = PACKAGE / "mutants.json"


@cache
def proven_by() -> dict[str, tuple[str, ...]]:
    """For each requirement id the tests that name it: `suite/test_login.py::test_…`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(SUITE.rglob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for name, test in _marked(module):
            found[name].append(f"{path.relative_to(SUITE.parent).as_posix()}::{test}")
    return {name: tuple(tests) for name, tests in found.items()}


@cache
def broken_by() -> dict[str, dict[str, str]]:
    """For each requirement id the mutants that break it by their nature: name and sentence."""
    found: dict[str, dict[str, str]] = json.loads(MUTANTS.read_text(encoding="utf-8"))
    return found


def _marked(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            for name in _ids(node):
                yield name, node.name


def _ids(test: ast.FunctionDef) -> Iterator[str]:
    """The texts in `@requirement("…")`, however the name is imported."""
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("requirement"):
            texts = (arg.value for arg in mark.args if isinstance(arg, ast.Constant))
            yield from (text for text in texts if isinstance(text, str))
