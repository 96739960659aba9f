"""One request and its answer as they went over the wire, with short tokens."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from lessons.pairs import Pair, short
from lessons.times import date_and_time


class Refused(Exception):
    """The answer was a refusal: it holds no pair."""

    def _render_traceback_(self) -> list[str]:
        """Jupyter shows this one line, and no traceback."""
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request at one second, its answer, and the calls that the server made to its table."""

    now: int
    document: str = field(repr=False)
    variables: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    status: int
    body: Mapping[str, Any] = field(repr=False)
    table_calls: Sequence[str]

    @classmethod
    def of(
        cls, now: int, request: Mapping[str, Any], answer: httpx.Response, calls: Sequence[str]
    ) -> Exchange:
        """What was sent and what came back."""
        return cls(
            now=now,
            document=request["query"],
            variables=request["variables"],
            headers=request["headers"],
            status=answer.status_code,
            body=answer.json(),
            table_calls=tuple(calls),
        )

    @property
    def data(self) -> Any:
        """The value of the one field that was asked for."""
        return next(iter((self.body.get("data") or {"": None}).values()))

    @property
    def pair(self) -> Pair:
        """The pair in the answer, or Refused with its category and message."""
        if not self.data:
            raise Refused(f"{self.category}: {self.message}")
        return Pair(self.data["token"], self.data["refresh_token"])

    @property
    def category(self) -> str | None:
        """The category of a refusal; None where nothing was refused."""
        found = self._error.get("extensions", {}).get("category")
        return found if isinstance(found, str) else None

    @property
    def message(self) -> str | None:
        """The message of a refusal; None where nothing was refused."""
        found = self._error.get("message")
        return found if isinstance(found, str) else None

    @property
    def _error(self) -> Mapping[str, Any]:
        return next(iter(self.body.get("errors") or [{}]))

    def __repr__(self) -> str:
        """The request after `>`, the answer after `<`, and the calls to the table at the end."""
        sent = [
            "POST /graphql",
            *(f"{name}: {value}" for name, value in self.headers.items()),
            *self.document.splitlines(),
            *(f"${name} = {json.dumps(value)}" for name, value in self.variables.items()),
        ]
        lines = [
            f"{date_and_time(self.now)} UTC",
            *(f"> {line}" for line in sent),
            f"< {self.status}",
            *(f"< {line}" for line in json.dumps(self._plain(), indent=1).splitlines()),
            f"table: {counted(self.table_calls)}",
        ]
        return short("\n".join(lines))

    def _plain(self) -> dict[str, Any]:
        """The answer without the positions in the document, which only help a machine."""
        plain: dict[str, Any] = {"data": self.body.get("data")}
        if errors := self.body.get("errors"):
            kept = ("message", "extensions")
            plain["errors"] = [{k: v for k, v in e.items() if k in kept} for e in errors]
        return plain


def counted(calls: Sequence[str]) -> str:
    """How often each operation of the table was called."""
    counts = [f"{name} × {count}" for name, count in Counter(calls).items()]
    return ", ".join(counts) or "no calls"
