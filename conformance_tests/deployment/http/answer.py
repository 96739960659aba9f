"""What came back for a request: a value that can hold anything and raises nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from conformance_tests import strict_json
from conformance_tests.outcomes import NoAnswer, Violation

#: The categories by which a front end decides what to do next.
SESSION_OVER: Final = "graphql-authorization"
WRONG_INPUT: Final = "graphql-input"
SERVER_ERROR: Final = "graphql-server-internal-error"


@dataclass(frozen=True, repr=False)
class Answer:
    """What came back for one request.

    operation: the field asked for, or "" for a request of another kind.
    status: the HTTP status, or None where no answer came (`problem` says why).
    """

    operation: str
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    raw: bytes = b""
    problem: str | None = None
    seconds: float = 0.0

    @cached_property
    def body(self) -> Any:
        """The parsed JSON body, or None."""
        return strict_json.read_or_none(self.raw)

    @property
    def data(self) -> Any:
        return self.body.get("data") if isinstance(self.body, dict) else None

    @property
    def value(self) -> Any:
        """The operation's own result, or None."""
        return self.data.get(self.operation) if isinstance(self.data, dict) else None

    @property
    def errors(self) -> list[dict[str, Any]]:
        return _errors_of(self.body)

    @property
    def messages(self) -> list[Any]:
        return [error.get("message") for error in self.errors]

    @property
    def categories(self) -> list[Any]:
        """`extensions.category` of each error, None where an error has none."""
        found = [member(error.get("extensions"), "category") for error in self.errors]
        return [each if isinstance(each, str | None) else repr(each) for each in found]

    @property
    def asks_to_retry(self) -> bool:
        """Whether this is the error that asks the caller to try again."""
        return self.categories == [SERVER_ERROR] and self.value is None

    @property
    def is_refusal(self) -> bool:
        """Whether it is an error without a result."""
        return bool(self.errors) and self.value is None

    @property
    def says_success(self) -> bool:
        """Whether a development operation says that it was done."""
        return member(self.value, "success") is True and not self.errors

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def pair(self) -> tuple[str, str]:
        """The token pair of a login or refresh; Violation where there is no usable one."""
        self.need()
        token, refresh_token = member(self.value, "token"), member(self.value, "refresh_token")
        if self.errors or not (isinstance(token, str) and isinstance(refresh_token, str)):
            raise Violation(f"{self.operation} to answer a token pair and no errors", self.brief())
        if not (token and refresh_token):
            raise Violation("two tokens that are not empty", self.brief())
        return token, refresh_token

    def need(self) -> None:
        """NoAnswer where none came."""
        if self.status is None:
            raise NoAnswer(f"{self.operation} to be answered", self.brief())

    def of_alias(self, alias: str) -> Answer:
        """What one alias of the document answers, as if it had been asked alone."""
        own = [error for error in self.errors if _is_about(error, alias)]
        data = self.data.get(alias) if isinstance(self.data, dict) else None
        body = {"data": {alias: data}, **({"errors": own} if own else {})}
        return replace(self, operation=alias, raw=json.dumps(body).encode())

    def brief(self) -> str:
        """The answer in one line, for a card's "actual"."""
        if self.status is None:
            return f"no answer: {self.problem}"
        if self.body is None:
            kind = self.content_type or "no stated type"
            return f"HTTP {self.status} with {len(self.raw)} bytes of {kind}"
        errors = [
            f"{message!r} ({category or 'no category'})"
            for message, category in zip(self.messages, self.categories, strict=True)
        ]
        data = json.dumps(self.data, ensure_ascii=False)
        return f"HTTP {self.status}, data {data}, errors {', '.join(errors) or 'none'}"

    # -- of a document with several fields, or of a batch ---------------------------------------

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The JSON objects of the answer: one, or each of a batch."""
        found = self.body if isinstance(self.body, list) else [self.body]
        return [body for body in found if isinstance(body, dict)]

    @property
    def values(self) -> list[Any]:
        """What each field of each body holds, without nulls and type names."""
        each = (body.get("data") for body in self.bodies)
        fields = (item for data in each if isinstance(data, dict) for item in data.items())
        return [value for name, value in fields if value is not None and name != "__typename"]

    @property
    def all_errors(self) -> list[dict[str, Any]]:
        """Every error of every body."""
        return [error for body in self.bodies for error in _errors_of(body)]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every token pair in it."""
        found = ((member(v, "token"), member(v, "refresh_token")) for v in self.values)
        return [(t, r) for t, r in found if isinstance(t, str) and isinstance(r, str) and t and r]

    def refusals_like(self, ordinary: Answer) -> int:
        """How many of its fields were refused in the words of an ordinary refusal."""
        return sum(error.get("message") in ordinary.messages for error in self.all_errors)


def member(value: Any, name: str) -> Any:
    """A member of an object; None where the value is no object."""
    return value.get(name) if isinstance(value, dict) else None


def _errors_of(body: Any) -> list[dict[str, Any]]:
    found = member(body, "errors")
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def _is_about(error: dict[str, Any], alias: str) -> bool:
    """Whether an error is about this alias: its path begins there, or it has none."""
    path = error.get("path")
    return path[:1] == [alias] if isinstance(path, list) else True


def scalars(node: Any) -> set[str]:
    """Every scalar of a JSON value as text, however deep."""
    found, pending = set(), [node]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            pending.extend(one.values())
        elif isinstance(one, list):
            pending.extend(one)
        else:
            found.add(str(one))
    return found
