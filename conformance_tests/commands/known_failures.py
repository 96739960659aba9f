"""`--write-known-failures`: adds the failures of a run to the target file's list."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from conformance_tests.ordinary_file import read_bytes
from conformance_tests.printable import on_one_line
from conformance_tests.report import files
from conformance_tests.report.verdict import Report


def write(report: Report, path: Path | None) -> None:
    """Append the failures that the target file does not list yet; where that fails, print them."""
    block = new_tables(report)
    if not block:
        print("\nThere is no failure to list.")
        return
    appended = False
    try:
        appended = path is not None and _append(path, block)
    finally:
        print(
            f"\nThe present failures were added to {path}: write each one's reason."
            if appended
            else f"\n{block.rstrip()}"
        )


def _append(path: Path, block: str) -> bool:
    before = _text_of(path)
    text = f"{before.rstrip()}\n\n{block}"
    if "\r\n" in before:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    try:
        tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        return False
    files.write(path, text)
    return True


def _text_of(path: Path) -> str:
    try:
        return read_bytes(path).decode()
    except OSError as problem:
        raise files.ReportPathError(f"{path} cannot be read: {problem.strerror}.") from None


def new_tables(report: Report) -> str:
    """The `[[known_failures]]` tables of the failures not listed yet, each reason left to write."""
    listed = {failure.id for failure in report.target.known_failures}
    return "\n".join(
        _table(row.requirement.id, row.detail or "")
        for row in report.of_status("fail", "warn", "blocked")
        if row.requirement.id not in listed
    )


def _table(name: str, detail: str) -> str:
    return (
        f"[[known_failures]]\n"
        f"id = {_quoted(name)}\n"
        f'reason = ""  # say why; this failed: {on_one_line(detail)}\n'
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
