"""What holds of the five development operations: what they show, and where they are closed."""

from __future__ import annotations

from typing import Any

from conformance_tests.deployment.http.answer import SESSION_OVER, Answer, member, scalars
from conformance_tests.expect.answers import Answers
from conformance_tests.good_calls import CLOSED
from conformance_tests.outcomes import good_call


class Development(Answers):
    """Expectations of the development operations."""

    def operation_closed(self, answer: Answer) -> None:
        """Where it is not allowed: unauthorised, or not in the schema."""
        operation = answer.operation
        expected = f"{operation} to be refused as {SESSION_OVER}, or not to be in the schema"
        self._no_failure(answer, expected)
        self.that(answer.is_refusal, expected, answer.brief())
        unauthorised = set(answer.categories) == {SESSION_OVER}
        with good_call(*CLOSED):
            self.that(unauthorised or is_absent(answer), expected, answer.brief())

    def operations_closed(self, answer: Answer) -> None:
        """A document or batch of them gives nothing, and says why or is rejected as such."""
        expected = "no data, and each error unauthorised or about the document"
        self._no_failure(answer, expected)
        with good_call(*CLOSED):
            self.that(not answer.values, expected, answer.text[:300])
        self.that(answer.all_errors or (answer.status or 0) >= 400, expected, answer.brief())
        for error in answer.all_errors:
            unauthorised = member(error.get("extensions"), "category") == SESSION_OVER
            self.that(unauthorised or "path" not in error, expected, str(error))

    def success(self, answer: Answer) -> None:
        """It says that it was done."""
        self.that(answer.says_success, "success true and no errors", answer.brief())

    def shown_row(self, answer: Answer) -> dict[str, Any]:
        """It shows a row."""
        shown = isinstance(answer.value, dict) and not answer.errors
        self.that(shown, "an object and no errors", answer.brief())
        return dict(answer.value)

    def listed_rows(self, answer: Answer) -> list[dict[str, Any]]:
        """It lists rows."""
        listed = isinstance(answer.value, list) and not answer.errors
        self.that(listed, "a list and no errors", answer.brief())
        objects = all(isinstance(each, dict) for each in answer.value)
        self.that(objects, "a list of objects", answer.brief())
        return list(answer.value)

    def no_row_shown(self, answer: Answer) -> None:
        """An object of nulls, or null, and no error."""
        answered = isinstance(answer.data, dict) and not answer.errors
        value = answer.value if answer.value is not None else {}
        empty = isinstance(value, dict) and not any(each is not None for each in value.values())
        self.that(answered and empty, "an object of nulls or null, no errors", answer.brief())

    def not_in_schema(self, answer: Answer, names: tuple[str, ...]) -> None:
        """Introspection is refused, or its answer does not hold these names."""
        self._no_failure(answer, "an answer")
        answered = answer.errors or answer.value is not None
        self.that(answered, "an answer to the question", answer.brief())
        found = sorted(scalars(answer.value).intersection(names))
        self.that(not found, "a schema without the development operations", ", ".join(found))


def is_open(answer: Answer) -> bool:
    """Whether a development operation does its work: what it finds is free."""
    return isinstance(answer.data, dict) and SESSION_OVER not in answer.categories


def is_absent(answer: Answer) -> bool:
    """Whether validation says, naming the field, that the schema does not have it."""
    named = all(answer.operation in str(message) for message in answer.messages)
    ran = any("path" in error for error in answer.errors)
    return bool(answer.errors) and named and not ran and not answer.data
