"""The reference with one of its modules changed, in a process that has not loaded any of it yet."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib import util
from pathlib import Path

import pytest

REFERENCE = "reference_auth"
BRIEFLY = ("--briefly",)
#: What stands on the reference outside it, and is loaded anew with it.
ON_IT = (
    "conformance_tests.embedded.preloaded",
    "conformance_tests.embedded.boot",
    "tests.mutants.catalogue",
    "tests.mutants.judged",
)


def unload() -> None:
    """Forget the reference and what stands on it; all that they stand on stays loaded."""
    for name in [*sys.modules]:
        if name.partition(".")[0] == REFERENCE or name in ON_IT:
            module = sys.modules.pop(name)
            parent, _, child = name.rpartition(".")
            if getattr(sys.modules.get(parent), child, None) is module:
                delattr(sys.modules[parent], child)


def load(module: str, source: str) -> None:
    """Run this source as a module of the reference, which whoever forked us may have imported."""
    unload()
    name = f"{REFERENCE}.{module}"
    folder, _, stem = name.rpartition(".")
    package = importlib.import_module(folder)
    spec = util.find_spec(name)
    assert spec is not None
    loaded = sys.modules[name] = util.module_from_spec(spec)
    exec(compile(source, str(spec.origin), "exec"), vars(loaded))
    setattr(package, stem, loaded)


def main(words: Sequence[str]) -> int:
    """`[--briefly] MODULE FILE serve …`: the reference's own command, with the source in FILE."""
    left = [word for word in words if word not in BRIEFLY]
    module, path, *rest = left
    load(module, Path(path).read_text(encoding="utf-8"))
    from reference_auth.serve import cli
    from tests.mutants.judged import derive_briefly

    with pytest.MonkeyPatch.context() as patch:
        if left != [*words]:
            derive_briefly(patch)
        return cli.main(rest)
