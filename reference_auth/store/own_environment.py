"""The environment in which a table in this process works: nothing of the user's leads elsewhere.

Settings of AWS, of moto and of proxies are for a real table. They would break one in this process,
or send its calls to a host of AWS.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

FOREIGN: Final = re.compile(
    r"(AWS|BOTO|MOTO|TEST_SERVER|DEFAULT_CONTAINER)_?.*"
    r"|(HTTPS?|FTP|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|SSLKEYLOGFILE",
    re.IGNORECASE,
)
OWN: Final = {
    "AWS_ACCESS_KEY_ID": "embedded",
    "AWS_SECRET_ACCESS_KEY": "embedded",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "*",
    "PYTHONSAFEPATH": "1",  # a file of the user's may have the name of a module
}


@contextmanager
def own_environment() -> Iterator[None]:
    """While this lasts, the environment has only what a table in this process needs."""
    kept = {name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)}
    with patch.dict(os.environ, {**kept, **OWN}, clear=True):
        yield
