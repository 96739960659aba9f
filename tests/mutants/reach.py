"""Which rows reach which function of the reference, and which functions a mutant overrides.

A mutant cannot change a row whose tests never run what it overrides, so the others need not be
judged. `reach.json` is a record of one run on the sound reference, which
`python -m tests.mutants.reach` writes anew. What a mutant brings about may lead elsewhere than the
sound run went: only `python -m tests.mutants.grid --all` would show that.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import coverage
import pytest

import reference_auth
from conformance_tests.embedded import boot
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.runner.options import Silence
from conformance_tests.runner.run import run_suite
from tests.mutants.judged import Change

SOURCE = Path(reference_auth.__file__).parent
RECORD = Path(__file__).with_name("reach.json")
#: Rows that start processes of their own, where nothing is recorded.
LAUNCHED = frozenset({"DEV-03", "HARD-19", "RACE-14"})
EVERY_ROW = frozenset(row.id for row in REQUIREMENTS.values() if row.excluded is None)

#: What runs while the reference starts concerns every row.
BOOT = "boot"

Reach = dict[str, list[str]]


class Watched(Silence):
    """Names each test's rows as the context of what runs from now on."""

    def __init__(self, watch: coverage.Coverage) -> None:
        self._watch = watch

    def testing(self, ids: tuple[str, ...], name: str) -> None:
        self._watch.switch_context(" ".join(ids))


def record() -> Reach:
    """The rows whose tests ran each function, by `folder/file:qualified name`."""
    watch = coverage.Coverage(data_file=None, include=[f"{SOURCE}/**"], config_file=False)
    watch.start()
    watch.switch_context(BOOT)
    with boot.embedded_reference(over_http=False) as target:
        watch.switch_context("")
        run_suite(target, progress=Watched(watch))
    watch.stop()
    return dict(sorted(_reached(watch.get_data())))


def _reached(data: coverage.CoverageData) -> Iterator[tuple[str, list[str]]]:
    for path in sorted(data.measured_files()):
        lines = data.contexts_by_lineno(path)
        for name, body in _functions(Path(path)):
            contexts = {context for line in body for context in lines.get(line, ())}
            rows = sorted({row for context in contexts for row in context.split()})
            yield f"{_module(path)}:{name}", rows


def _functions(path: Path) -> Iterator[tuple[str, range]]:
    """Each function's qualified name and the lines of its body."""

    def within(node: ast.AST, prefix: str) -> Iterator[tuple[str, range]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                name = f"{prefix}{child.name}"
                yield name, range(child.body[0].lineno, (child.end_lineno or 0) + 1)
                yield from within(child, f"{name}.<locals>.")
            elif isinstance(child, ast.ClassDef):
                yield from within(child, f"{prefix}{child.name}.")

    yield from within(ast.parse(path.read_text(encoding="utf-8")), "")


class Watching:
    """A monkeypatch that remembers what it was told to override."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.overridden: list[Any] = []
        self._patch = patch

    def setattr(self, place: Any, name: Any, *value: Any, **named: Any) -> None:
        """Remember what was there, where it can be told, and override it."""
        there = inspect.getattr_static(place, name, None) if value else None
        self.overridden.append(there)
        self._patch.setattr(place, name, *value, **named)

    def __getattr__(self, name: str) -> Any:
        self.overridden.append(None)
        return getattr(self._patch, name)


def overridden(change: Change) -> frozenset[str] | None:
    """The functions that a change overrides, as `record` names them; None where one is unknown."""
    with pytest.MonkeyPatch.context() as patch:
        watching = Watching(patch)
        change.patch(watching)  # type: ignore[arg-type]
    names = [_name(there) for there in watching.overridden]
    return None if None in names else frozenset(filter(None, names))


def _name(there: Any) -> str | None:
    function = getattr(there, "fget", None) or getattr(there, "__func__", there)
    code = getattr(inspect.unwrap(function) if callable(function) else None, "__code__", None)
    if code is None or SOURCE not in Path(code.co_filename).parents:
        return None
    return f"{_module(code.co_filename)}:{code.co_qualname}"


def _module(path: str) -> str:
    """A file of the reference, named from its folder on."""
    return Path(path).relative_to(SOURCE).as_posix()


@cache
def recorded() -> Reach:
    """The record as it was written last."""
    found: Reach = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def rows_to_judge(change: Change) -> frozenset[str]:
    """The rows that this change could turn red."""
    names = overridden(change)
    if names is None or not names <= recorded().keys():
        return EVERY_ROW
    rows = frozenset(row for name in names for row in recorded()[name])
    return EVERY_ROW if BOOT in rows else rows | LAUNCHED


def write(reach: Reach, path: Path = RECORD) -> None:
    """Put a record down, a function a line."""
    lines = (f"  {json.dumps(name)}: {json.dumps(rows)}" for name, rows in reach.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write(record())
