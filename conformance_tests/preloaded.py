"""Importing this loads what each copy of the embedded reference will use: copies are forks."""

from __future__ import annotations

import gc
import importlib
import pkgutil

gc.disable()  # next to nothing of what imports make is garbage

from conformance_tests import embedded, suite  # noqa: E402

tests = (found.name for found in pkgutil.iter_modules(suite.__path__, f"{suite.__name__}."))
for name in ("conformance_tests.runner", *tests):
    importlib.import_module(name)

embedded.warm_up()

# All of it stays: no collection of a fork need look at it again, nor copy the pages it is on.
gc.collect()
gc.freeze()
gc.enable()
