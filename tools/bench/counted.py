"""A command whose derivations are counted: `python -m tools.bench.counted auth-conformance run`.

DERIVATIONS names a file that grows by one byte for each derivation, "r" for the reference's and "s"
for the suite's own, in every process: a worker or an embedded reference imports this module too, as
the main module of its parent. Not counted are the few more servers that the suite starts from its
fork server, which knows nothing of this module.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from conformance_tests.deployment import forge
from reference_auth.core import tokens
from reference_auth.core.config import Secret

_written = os.open(os.environ["DERIVATIONS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


_really = tokens._stretch
_cached = forge.pbkdf2


def _stretch(text: str, secret: str) -> str:
    os.write(_written, b"r")
    return _really(text, Secret(secret))


@lru_cache(**_cached.cache_parameters())
def _pbkdf2(password: str, salt: str) -> str:
    os.write(_written, b"s")  # inside the cache: what was derived before is not derived again
    return _cached.__wrapped__(password, salt)


tokens._stretch = _stretch
forge.pbkdf2 = _pbkdf2

if __name__ == "__main__":
    if sys.argv.pop(1) == "reference-auth":
        from reference_auth.serve.cli import main
    else:
        from conformance_tests.commands.cli import main
    raise SystemExit(main())
