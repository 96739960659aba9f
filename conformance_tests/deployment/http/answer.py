"""What came back for a request, as a value that nothing in it can break."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came back for one request.

    operation: the field asked for, or "" for a request of another kind.
    status: the HTTP status, or None where no answer came (`trouble` says why).
    """

    operation: str
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    raw: bytes = b""
    trouble: str | None = None
    seconds: float = 0.0

    @cached_property
    def body(self) -> Any:
        """The parsed JSON body, or None."""
        try:
            return json.loads(self.raw)
        except (ValueError, RecursionError):
            return None

    @property
    def data(self) -> Any:
        return self.body.get("data") if isinstance(self.body, dict) else None

    @property
    def value(self) -> Any:
        """The operation's own result, or None."""
        return self.data.get(self.operation) if isinstance(self.data, dict) else None

    @property
    def errors(self) -> list[dict[str, Any]]:
        found = self.body.get("errors") if isinstance(self.body, dict) else None
        return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []

    @property
    def messages(self) -> list[Any]:
        return [error.get("message") for error in self.errors]

    @property
    def categories(self) -> list[Any]:
        """`extensions.category` of each error, None where an error has none."""
        extensions = (error.get("extensions") for error in self.errors)
        said = (e.get("category") if isinstance(e, dict) else None for e in extensions)
        return [each if isinstance(each, str | None) else repr(each) for each in said]

    @property
    def asks_to_try_again(self) -> bool:
        """Whether this is the error of a deployment that could not, this time."""
        return self.categories == ["graphql-server-internal-error"] and self.value is None

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def of_alias(self, alias: str) -> Answer:
        """What one alias of the document answers, as if it had been asked alone."""
        own = [error for error in self.errors if error.get("path", [alias])[:1] == [alias]]
        data = self.data.get(alias) if isinstance(self.data, dict) else None
        body = {"data": {alias: data}, **({"errors": own} if own else {})}
        return replace(self, operation=alias, raw=json.dumps(body).encode())

    def brief(self) -> str:
        """The answer in one line, for a card's "actual"."""
        if self.status is None:
            return f"no answer: {self.trouble}"
        if self.body is None:
            kind = self.content_type or "no stated type"
            return f"HTTP {self.status} with {len(self.raw)} bytes of {kind}"
        said = [
            f"{message!r} ({category or 'no category'})"
            for message, category in zip(self.messages, self.categories, strict=True)
        ]
        what = json.dumps(self.data, ensure_ascii=False)
        return f"HTTP {self.status}, data {what}, errors {', '.join(said) or 'none'}"
