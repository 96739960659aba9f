"""Reads a TOML document by a table of keys; every error says its key, its line and what to do.

Nothing here knows what a target is: `keys.py` holds the table.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

REQUIRED: Final = object()
Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_ASSIGNMENT = re.compile(r"""^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*(?:\.|=)""")


class TargetFileError(Exception):
    """One thing wrong in a document: where it stands and one sentence about it."""

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path
        self.sentence = sentence


class TargetFileErrors(Exception):
    """All errors of a document; none, where the errors of a part were reported already."""

    def __init__(self, errors: Iterable[TargetFileError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(error.sentence for error in self.errors))


class ErrorCollector:
    """Collects the errors of one part after another, to report them all at once."""

    def __init__(self) -> None:
        self.found: list[TargetFileError] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """An error in here is kept, and the rest goes on."""
        try:
            yield
        except TargetFileError as error:
            self.found.append(error)
        except TargetFileErrors as several:
            self.found += several.errors

    def raise_any(self) -> None:
        """Raises TargetFileErrors where anything was wrong."""
        if self.found:
            raise TargetFileErrors(self.found)


class Found(dict[str, Any]):
    """The values that were read, by name; asking for one in error adds no error."""

    def __missing__(self, name: str) -> Any:
        raise TargetFileErrors(())


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: how its value is read, its default, and what it is for."""

    name: str
    read: Callable[[Any], Any]
    default: Any = REQUIRED
    says: str = ""
    example: Any = None  # shown where there is no default
    secret: bool = False  # a secret may come from the environment, as `<name>_env`


class Table:
    """One table's keys; `many` is an array of tables, `implied` has its defaults when absent."""

    def __init__(self, *keys: Key, many: bool = False, implied: bool = False) -> None:
        self.keys, self.many, self.implied = keys, many, implied


def read(
    document: Mapping[str, Any],
    tables: Mapping[str, Table],
    environ: Mapping[str, str],
    errors: ErrorCollector,
) -> Found:
    """The document's values by table, defaults filled in, without those in error."""
    inner = [name for name in tables if name]
    found = _read_keys((), document, tables[""], environ, errors, inner)
    for name in inner:
        with errors.collected():
            found[name] = _read_member(name, document.get(name), tables[name], environ)
    return found


def _read_member(name: str, value: Any, table: Table, environ: Mapping[str, str]) -> Any:
    if value is None:
        return _absent(name, table, environ)
    if table.many:
        if not isinstance(value, list):
            raise TargetFileError((name,), f"{name} is a list of tables: write [[{name}]]")
        return _read_tables(name, value, table, environ)
    if not isinstance(value, dict):
        raise TargetFileError((name,), f"{name} is a table: write [{name}] on a line of its own")
    return _read_table((name,), value, table, environ)


def _read_tables(
    name: str, values: list[Any], table: Table, environ: Mapping[str, str]
) -> list[dict[str, Any]]:
    errors, read = ErrorCollector(), []
    for place, values_here in enumerate(values):
        with errors.collected():
            read.append(_read_table((name, place), values_here, table, environ))
    errors.raise_any()
    return read


def _absent(name: str, table: Table, environ: Mapping[str, str]) -> Any:
    if table.many:
        return []
    return _read_table((name,), {}, table, environ) if table.implied else None


def _read_table(
    path: Path, values: Any, table: Table, environ: Mapping[str, str]
) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise TargetFileError(
            path, f"{dotted(path)} holds tables only: write [[{path[0]}]] above each"
        )
    errors = ErrorCollector()
    read = _read_keys(path, values, table, environ, errors)
    errors.raise_any()
    return read


def _read_keys(
    path: Path,
    values: Mapping[str, Any],
    table: Table,
    environ: Mapping[str, str],
    errors: ErrorCollector,
    tables: Iterable[str] = (),
) -> Found:
    """The keys of a table, in which these tables may stand too; a misspelt key is skipped."""
    known, read = [*_names(table.keys), *tables], Found()
    strangers = [name for name in values if name not in known]
    for name in strangers:
        here = (*path, name)
        sentence = f"{dotted(here)} is not a known key{did_you_mean(name, known)}"
        errors.found.append(TargetFileError(here, sentence))
    meant = {near for name in strangers for near in _nearest(name, known)}
    for key in table.keys:
        if meant.isdisjoint(_names([key])):
            with errors.collected():
                read[key.name] = _read_key(path, values, key, environ)
    return read


def _read_key(path: Path, values: Mapping[str, Any], key: Key, environ: Mapping[str, str]) -> Any:
    here, by_environment = (*path, key.name), f"{key.name}_env"
    if key.secret and by_environment in values:
        if key.name in values:
            raise TargetFileError(
                here, f"{dotted(here)} is given twice: keep it or {by_environment}"
            )
        return from_environment((*path, by_environment), values[by_environment], environ)
    if key.name in values:
        return _converted(here, values[key.name], key.read)
    if key.default is REQUIRED:
        raise TargetFileError(path, _missing(path, key))
    return key.default


def _missing(path: Path, key: Key) -> str:
    either = f" (or {key.name}_env)" if key.secret else ""
    return f"{dotted(path) or 'the file'} has no {key.name}{either}: add it"


def from_environment(path: Path, variable: Any, environ: Mapping[str, str]) -> str:
    """The value of the environment variable that a `…_env` key or an `env` table names."""
    if not isinstance(variable, str) or not variable:
        raise TargetFileError(path, f"{dotted(path)} must name an environment variable, in quotes")
    value = environ.get(variable, "")
    if not value:
        raise TargetFileError(
            path, f"{dotted(path)} names {variable}, which is not set or empty: export it"
        )
    return environment_text(path, variable, value)


def environment_text(path: Path, variable: str, value: str) -> str:
    """The value of a variable as text, also where this process reads its environment as ASCII."""
    undecoded = any("\udc80" <= char <= "\udcff" for char in value)
    try:
        return os.fsencode(value).decode() if undecoded else value
    except UnicodeDecodeError:
        told = f"the variable {variable} is not a text in UTF-8: export it in UTF-8"
        raise TargetFileError(path, told) from None


def _converted(path: Path, value: Any, convert: Callable[[Any], Any]) -> Any:
    try:
        return convert(value)
    except ValueError as problem:
        raise TargetFileError(path, f"{dotted(path)} must be {problem}") from None


def _names(keys: Iterable[Key]) -> list[str]:
    return [name for key in keys for name in (key.name, *([f"{key.name}_env"] * key.secret))]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` where a known word is similar, else all known words."""
    names = list(known)
    near = _nearest(word, names)
    return f'; did you mean "{near[0]}"?' if near else f" (known: {', '.join(sorted(names))})"


def _nearest(word: str, names: Iterable[str]) -> list[str]:
    """The known name that is most similar to a misspelt word, if one is."""
    return difflib.get_close_matches(word, list(names), n=1, cutoff=0.6)


def dotted(path: Path) -> str:
    """`customers[2].email` for ("customers", 1, "email"): places are counted from one."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def lines_of(text: str) -> dict[Path, int]:
    """The line on which each table and each key of a TOML text stands, counted from one."""
    lines: dict[Path, int] = {}
    counts: dict[str, int] = {}
    table: Path = ()
    quoted = ""  # the delimiter of a multi-line string that is still open
    for number, line in enumerate(text.splitlines(), start=1):
        if not quoted and (header := _HEADER.match(line)):
            table = _table_path(header, counts)
            lines.setdefault(table[:1], number)
            lines.setdefault(table, number)
        elif not quoted and (assignment := _ASSIGNMENT.match(line)):
            lines.setdefault((*table, assignment[1].strip("\"'")), number)
        quoted = _open_quote(line, quoted)
    return lines


def _table_path(header: re.Match[str], counts: dict[str, int]) -> Path:
    name = header[2]
    if header[1] == "[[":
        counts[name] = counts.get(name, -1) + 1
        return (name, counts[name])
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def _open_quote(line: str, quoted: str) -> str:
    for mark in ('"""', "'''"):
        if (not quoted or quoted == mark) and line.count(mark) % 2:
            return "" if quoted else mark
    return quoted


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of this path, or of the nearest table that holds it."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None
