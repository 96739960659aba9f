"""Reads a file that somebody named: an ordinary one, of a size that can be meant."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

#: No target file and no report is as large.
LARGEST: Final = 64 * 1024 * 1024


def read_bytes(path: Path) -> bytes:
    """The content; an OSError that says why where there is none, also of a pipe or a device."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "it is a pipe or a device; name an ordinary file")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(errno.EFBIG, "it is too large")
    return content
