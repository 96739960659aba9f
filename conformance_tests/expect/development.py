"""The judge of the five development operations: what they show, and where they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance_tests.expect.answers import SESSION_OVER
from conformance_tests.expect.http import errors, member, scalars, that, values

if TYPE_CHECKING:
    from conformance_tests.deployment.http.answer import Answer


def closed(answer: Answer) -> None:
    """A development operation where it is not allowed: unauthorised, or not in the schema."""
    expected = f"{answer.operation} to be refused as {SESSION_OVER}, or not to be in the schema"
    that(answer.status is not None and answer.status < 500, expected, answer.brief())
    that(answer.errors and answer.value is None, expected, answer.brief())
    unauthorised = set(answer.categories) == {SESSION_OVER}
    that(unauthorised or absent(answer), expected, answer.brief())


def is_open(answer: Answer) -> bool:
    """Whether a development operation does its work: what it finds is free."""
    return isinstance(answer.data, dict) and SESSION_OVER not in answer.categories


def absent(answer: Answer) -> bool:
    """Whether validation says, naming the field, that the schema does not have it."""
    named = all(answer.operation in str(message) for message in answer.messages)
    ran = any("path" in error for error in answer.errors)
    return bool(answer.errors) and named and not ran and not answer.data


def closed_in_any_form(answer: Answer) -> None:
    """A document or batch of such operations gives nothing, and says why or is turned away."""
    expected = "no data, and each error unauthorised or about the document"
    that(answer.status is not None and answer.status < 500, expected, answer.brief())
    that(not list(values(answer)), expected, answer.text[:300])
    found = errors(answer)
    that(found or (answer.status or 0) >= 400, expected, answer.brief())
    for error in found:
        extensions = error.get("extensions")
        category = extensions.get("category") if isinstance(extensions, dict) else None
        that(category == SESSION_OVER or "path" not in error, expected, str(error))


def success(answer: Answer) -> None:
    """A development operation that says it was done."""
    that(claims_success(answer), "success true and no errors", answer.brief())


def claims_success(answer: Answer) -> bool:
    """Whether a development operation says that it was done."""
    return member(answer.value, "success") is True and not answer.errors


def item(answer: Answer) -> dict[str, Any]:
    """The row that a development operation shows."""
    shown = isinstance(answer.value, dict) and not answer.errors
    that(shown, "an object and no errors", answer.brief())
    found: dict[str, Any] = answer.value
    return found


def items(answer: Answer) -> list[dict[str, Any]]:
    """The rows that a development operation lists."""
    listed = isinstance(answer.value, list) and not answer.errors
    that(listed, "a list and no errors", answer.brief())
    objects = all(isinstance(each, dict) for each in answer.value)
    that(objects, "a list of objects", answer.brief())
    return list(answer.value)


def nothing(answer: Answer) -> None:
    """An object of nulls, or null, and no error."""
    empty = answer.value is None or _holds_nothing(answer.value)
    answered = isinstance(answer.data, dict) and not answer.errors
    that(answered and empty, "an object of nulls or null, no errors", answer.brief())


def _holds_nothing(value: Any) -> bool:
    return isinstance(value, dict) and not any(each is not None for each in value.values())


def no_development_operation(answer: Answer, names: tuple[str, ...]) -> None:
    """The schema is not told, or does not hold these operations."""
    that(answer.status is not None and answer.status < 500, "an answer", answer.brief())
    that(answer.errors or answer.value is not None, "an answer to the question", answer.brief())
    found = sorted(scalars(answer.value).intersection(names))
    that(not found, "a schema without the development operations", ", ".join(found))
