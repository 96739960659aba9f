"""A report file is the whole new one or none at all: never half of one, never an old one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class ReportPathError(Exception):
    """A report that cannot be written where it was asked for: one sentence."""


def remove_old(path: Path) -> None:
    """Take away what an earlier run left, and show that a new one can be put there."""
    if path.is_dir():
        raise ReportPathError(f"{path} is a folder: name a file.")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ReportPathError(f"{path} is a link or a device: name an ordinary file.")
    if not path.parent.is_dir():
        raise ReportPathError(f"{path} cannot be written: there is no folder {path.parent}.")
    try:
        path.unlink(missing_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as trouble:
        raise ReportPathError(f"{path} cannot be written: {trouble.strerror}.") from None


def write(path: Path, text: str) -> None:
    """Put the whole text there in one step; a reader never sees a part of it."""
    try:
        _replace(path, text)
    except OSError as trouble:
        raise ReportPathError(f"{path} cannot be written: {trouble.strerror}.") from None


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
