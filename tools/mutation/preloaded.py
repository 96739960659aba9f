"""Importing this loads all that the suite and the reference stand on, and leaves neither behind."""

from __future__ import annotations

import reference_auth.serve.server  # noqa: F401
import tests.mutants.judged  # noqa: F401
from conformance_tests.embedded import preloaded  # noqa: F401
from tools.mutation.mutated import unload

unload()
