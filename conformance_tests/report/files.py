"""A report file is the whole new one or none at all: never half of one, never an old one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance_tests import redaction


class ReportPathError(Exception):
    """A report that cannot be written where it was asked for: one sentence."""


def make_way(paths: Iterable[Path], inputs: Iterable[Path] = ()) -> None:
    """Take away what an earlier run left there, and show that new ones can be put there.

    Where one path will not do, as that of an input would not, nothing is touched.
    """
    reports, read = tuple(paths), tuple(inputs)
    for path in reports:
        with _named(path):
            _check(path, read)
    if len({path.resolve() for path in reports}) < len(reports):
        raise ReportPathError("two reports have one path: give each its own.")
    for path in reports:
        with _named(path):
            path.unlink(missing_ok=True)


def _check(path: Path, inputs: Iterable[Path]) -> None:
    if any(path.exists() and one.exists() and path.samefile(one) for one in inputs):
        raise ReportPathError(f"{path} is read by this command: name another path.")
    if path.is_dir():
        raise ReportPathError(f"{path} is a folder: name a file.")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ReportPathError(f"{path} is a link or a device: name an ordinary file.")
    if not path.parent.is_dir():
        told = f"there is no folder {path.parent}: make it, or name another path"
        raise ReportPathError(f"{path} cannot be written: {told}.")
    with tempfile.TemporaryFile(dir=path.parent):
        pass


def write_report(path: Path, text: str) -> None:
    """Write a report; whatever it is made of, it holds no secret."""
    write(path, redaction.current().redact_printed(text))


def write(path: Path, text: str) -> None:
    """Put the whole text there in one step; a reader never sees a part of it."""
    with _named(path):
        _replace(path, text)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """The system's refusal as a sentence that names the path as it was given."""
    try:
        yield
    except OSError as problem:
        told = f"{path} cannot be written: {problem.strerror}: name another path."
        raise ReportPathError(told) from None


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
