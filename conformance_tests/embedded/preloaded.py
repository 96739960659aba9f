"""Importing this loads what each copy of the embedded reference will use: copies are forks."""

from __future__ import annotations

import gc
import importlib
import pkgutil

gc.disable()  # next to nothing of what imports make is garbage

from conformance_tests import suite  # noqa: E402
from conformance_tests.embedded import boot  # noqa: E402

#: What only a first request, or a first server, would import.
LATE = ("anyio._backends._asyncio", "httpcore", "uvicorn.loops.auto", "uvicorn.protocols.http.auto")

tests = (found.name for found in pkgutil.iter_modules(suite.__path__, f"{suite.__name__}."))
for name in ("conformance_tests.runner.run", *tests, *LATE):
    importlib.import_module(name)

boot.warm_up()

# All of it stays: no collection of a fork need look at it, nor copy the pages that it is on.
gc.freeze()
gc.enable()
