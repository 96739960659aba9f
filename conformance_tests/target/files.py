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
    if kind_of(path, ("http", "ca_file")) != "file":
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
    kind = kind_of(path, ("log", "file"))
    if kind == "folder":
        remedy = "name the file that the deployment writes to"
        raise TargetFileError(("log", "file"), f"log.file is a folder: {remedy}")
    if kind == "other":
        remedy = "let the deployment write to an ordinary file"
        raise TargetFileError(("log", "file"), f"log.file is a pipe or a device: {remedy}")
    return str(path)


def kind_of(path: Path, key: tuple[str, str]) -> str:
    """What stands there: file, folder, other or nothing; TargetFileError for an impossible name."""
    try:
        if path.is_dir():
            return "folder"
        return "file" if path.is_file() else "other" if path.exists() else "nothing"
    except OSError as error:
        raise TargetFileError(key, f"{'.'.join(key)}: {error.strerror}") from None
