"""One request and its answer as they went over the wire, shortened for the eye."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from lessons.clock_face import moment
from lessons.reading import Pair, short


class Refused(Exception):
    """The answer was a refusal: it holds no pair."""

    def _render_traceback_(self) -> list[str]:
        """Jupyter shows the one sentence that matters."""
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request at one second, its answer, and what the server asked of its table meanwhile."""

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
        """The request after `>`, the answer after `<`, and the table's part at the end."""
        sent = [
            "POST /graphql",
            *(f"{name}: {value}" for name, value in self.headers.items()),
            *self.document.splitlines(),
            *(f"${name} = {json.dumps(value)}" for name, value in self.variables.items()),
        ]
        lines = [
            f"{moment(self.now)} UTC",
            *(f"> {line}" for line in sent),
            f"< {self.status}",
            *(f"< {line}" for line in json.dumps(self._plain(), indent=1).splitlines()),
            f"table: {counted(self.table_calls)}",
        ]
        return short("\n".join(lines))

    def _plain(self) -> dict[str, Any]:
        """The answer without what only helps a machine to find the place in the document."""
        plain: dict[str, Any] = {"data": self.body.get("data")}
        if errors := self.body.get("errors"):
            kept = ("message", "extensions")
            plain["errors"] = [{k: v for k, v in e.items() if k in kept} for e in errors]
        return plain


def counted(calls: Sequence[str]) -> str:
    """Each of the table's operations with how often it was called, or a word for none."""
    told = [f"{name} × {count}" for name, count in Counter(calls).items()]
    return ", ".join(told) or "neither read nor written"
