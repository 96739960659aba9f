"""`python -m tools.record_reach`: record anew which requirements reach which function.

It runs the suite on the sound reference once. What a mutant brings about may lead elsewhere than
that run went: only `python -m tests.mutants --every --by all` would show that.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import coverage

from conformance_tests.embedded import boot
from conformance_tests.runner.options import Silence
from conformance_tests.runner.run import run_suite
from tests.mutants.reach import BOOT, RECORD, SOURCE, Reach, module
from tools.changed import functions_of


class Watched(Silence):
    """Names each test's requirements as the context of what runs from now on."""

    def __init__(self, watch: coverage.Coverage) -> None:
        self._watch = watch

    def testing(self, ids: tuple[str, ...], name: str) -> None:
        self._watch.switch_context(" ".join(ids))


def record() -> Reach:
    """The requirements whose tests ran each function, by `folder/file:qualified name`."""
    watch = coverage.Coverage(data_file=None, include=[f"{SOURCE}/**"], config_file=False)
    watch.start()
    watch.switch_context(BOOT)
    with boot.embedded_reference(over_http=False) as (target, wiring):
        watch.switch_context("")
        run_suite(target, progress=Watched(watch), wiring=wiring)
    watch.stop()
    return dict(sorted(_reached(watch.get_data())))


def _reached(data: coverage.CoverageData) -> Iterator[tuple[str, list[str]]]:
    for path in sorted(data.measured_files()):
        lines = data.contexts_by_lineno(path)
        for name, node in functions_of(ast.parse(Path(path).read_text(encoding="utf-8"))):
            body = range(node.body[0].lineno, (node.end_lineno or 0) + 1)
            contexts = {context for line in body for context in lines.get(line, ())}
            ids = sorted({id_ for context in contexts for id_ in context.split()})
            yield f"{module(path)}:{name}", ids


def write(reach: Reach, path: Path = RECORD) -> None:
    """Put a record down, a function a line."""
    lines = (f"  {json.dumps(name)}: {json.dumps(ids)}" for name, ids in reach.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write(record())
