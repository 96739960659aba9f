"""What the table holds, and what changed in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from lessons.pairs import TIMES, short
from lessons.times import date_and_time

KEYS = ("customer_id", "refresh_token_hash")
COLUMNS = (*KEYS, "ttl", "exp", "rotated_from", "reason", "until", "before", "done")
SECONDS = {*TIMES, "ttl", "until", "before"}
SIGNS = {"kept": " ", "new": "+", "gone": "−"}

CELL = '<td style="white-space:nowrap">'  # a narrow column must not break a date

Item = Mapping[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns and rows, shown as HTML or as text."""

    heads: Sequence[str]
    lines: Sequence[Sequence[str]]

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{escape(head)}</th>" for head in self.heads)
        body = "".join(
            "<tr>" + "".join(f"{CELL}{escape(cell)}</td>" for cell in line) + "</tr>"
            for line in self.lines
        )
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"

    def __repr__(self) -> str:
        rows = [self.heads, *self.lines]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every item of the table, by its two keys."""

    items: Mapping[Key, Item] = field(repr=False)

    @classmethod
    def of(cls, items: Sequence[Item]) -> Snapshot:
        """Items as DynamoDB returns them, sorted by their keys."""
        plain = [{name: _plain(value) for name, value in item.items()} for item in items]
        by_key = {_key(item): item for item in plain}
        return cls(dict(sorted(by_key.items())))

    def __len__(self) -> int:
        return len(self.items)

    def of_customer(self, customer_id: str | int) -> list[Item]:
        """The rows of one customer's sessions."""
        return [item for key, item in self.items.items() if key[0] == str(customer_id)]

    def _repr_html_(self) -> str:
        return self._grid()._repr_html_()

    def __repr__(self) -> str:
        return repr(self._grid())

    def _grid(self) -> Grid:
        if not self.items:
            return Grid(["the table is empty"], [])
        return _grid([("", item) for item in self.items.values()], signed=False)


@dataclass(frozen=True, slots=True)
class Change:
    """The table before and after: + is new, − is gone, no sign means unchanged."""

    before: Snapshot = field(repr=False)
    after: Snapshot = field(repr=False)

    @property
    def is_none(self) -> bool:
        """Nothing changed, in any row."""
        return self.before == self.after

    def _repr_html_(self) -> str:
        return self._grid()._repr_html_()

    def __repr__(self) -> str:
        return repr(self._grid())

    def _grid(self) -> Grid:
        lines = list(self._lines())
        return _grid(lines, signed=True) if lines else Grid(["the table was and is empty"], [])

    def _lines(self) -> Iterator[tuple[str, Item]]:
        for key in sorted({*self.before.items, *self.after.items}):
            was, is_now = self.before.items.get(key), self.after.items.get(key)
            if was == is_now and was is not None:
                yield SIGNS["kept"], was
                continue
            if was is not None:
                yield SIGNS["gone"], was
            if is_now is not None:
                yield SIGNS["new"], is_now


def _grid(lines: Sequence[tuple[str, Item]], *, signed: bool) -> Grid:
    used = [name for name in COLUMNS if any(name in item for _, item in lines)]
    cells = [[sign, *(_cell(name, item.get(name)) for name in used)] for sign, item in lines]
    heads = ["", *used]
    return Grid(heads, cells) if signed else Grid(used, [line[1:] for line in cells])


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in SECONDS and isinstance(value, int):
        return date_and_time(value)
    return short(str(value))


def _key(item: Item) -> Key:
    return item["customer_id"], item["refresh_token_hash"]


def _plain(value: Mapping[str, Any]) -> Any:
    """An attribute without DynamoDB's type letter; a Number is an int here."""
    ((letter, stored),) = value.items()
    return int(stored) if letter == "N" else stored
