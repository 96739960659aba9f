"""The other files that a target file names: each is checked before it is used."""

from __future__ import annotations

import ssl
from pathlib import Path

from conformance_tests.target.schema import TargetFileError


def ca_file(name: str | None, folder: Path) -> str | None:
    """The path of a file of certificate authorities in PEM; TargetFileError where it is none."""
    if name is None:
        return None
    path = folder / name
    if not path.is_file():
        raise TargetFileError(("http", "ca_file"), f"http.ca_file: there is no file {path}")
    try:
        ssl.create_default_context(cafile=path)
    except OSError:  # an SSLError is one too
        raise TargetFileError(
            ("http", "ca_file"), "http.ca_file holds no certificate in PEM"
        ) from None
    return str(path)


def log_file(name: str, folder: Path) -> str:
    """The path of the log; the deployment may create the file later."""
    path = folder / name
    if path.is_dir():
        remedy = "name the file that the deployment writes to"
        raise TargetFileError(("log", "file"), f"log.file is a folder: {remedy}")
    if path.exists() and not path.is_file():
        remedy = "let the deployment write to an ordinary file"
        raise TargetFileError(("log", "file"), f"log.file is a pipe or a device: {remedy}")
    return str(path)
