"""The judge of answers: category and null data, while wording and other status codes are free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance_tests.expect.base import Judge
from conformance_tests.outcomes import Violation

if TYPE_CHECKING:
    from conformance_tests.deployment.http.answer import Answer

SESSION_OVER = "graphql-authorization"
WRONG_INPUT = "graphql-input"
STORAGE_TROUBLE = "graphql-server-internal-error"
#: What a refusal may say of a pair that is not genuine: whether it was the token, the pair or both.
NOT_GENUINE = (
    SESSION_OVER,
    WRONG_INPUT,
    "graphql-authentication",
    "graphql-no-such-entity",
)


def pair_of(answer: Answer) -> tuple[str, str]:
    """The token pair of a login or refresh; Violation where the answer holds no usable one."""
    found = answer.value if isinstance(answer.value, dict) else {}
    token, refresh_token = found.get("token"), found.get("refresh_token")
    if answer.errors or not (isinstance(token, str) and isinstance(refresh_token, str)):
        raise Violation(f"{answer.operation} to answer a token pair and no errors", answer.brief())
    if not (token and refresh_token):
        raise Violation("two tokens that are not empty", answer.brief())
    return token, refresh_token


class Answers(Judge):
    """What one answer must show, or two."""

    def refused(self, answer: Answer, *categories: str) -> None:
        """A GraphQL refusal: errors, null data, no 5xx, no storage trouble; of these categories."""
        operation = answer.operation or "the request"
        expected = f"{operation} to be refused with errors and null data"
        if categories:
            expected += f", category {' or '.join(categories)}"
        self.that(answer.status is not None and answer.status < 500, expected, answer.brief())
        self.that(answer.errors and answer.value is None, expected, answer.brief())
        self.that(STORAGE_TROUBLE not in answer.categories, expected, answer.brief())
        if categories:
            self.that(set(answer.categories) <= set(categories), expected, answer.brief())

    def session_over(self, answer: Answer) -> None:
        """The refusal on which a storefront logs its customer out."""
        self.refused(answer, SESSION_OVER)

    def turned_away(self, answer: Answer) -> None:
        """The refusal of a pair that is not genuine, in a category of the flow's own."""
        self.refused(answer, *NOT_GENUINE)

    def nothing_issued(self, answer: Answer) -> None:
        """An error of any category, and no token."""
        expected = f"{answer.operation} to answer an error and null data"
        self.that(answer.errors and answer.value is None, expected, answer.brief())

    def same_answer(self, one: Answer, other: Answer) -> None:
        """Two answers by which nobody can tell one case from the other."""
        same = _told(one) == _told(other)
        self.that(same, f"the same answer as {one.brief()}", other.brief())

    def mismatch_refused(self, answer: Answer) -> None:
        """The refusal of a revoke whose tokens do not belong together."""
        if self._deployment.derives:
            self.refused(answer, WRONG_INPUT)
        elif not answer.errors:  # without derivation the server may only see "not there"
            said = answer.value if isinstance(answer.value, dict) else {}
            self.that(said.get("result") is False, "an error, or result false", answer.brief())

    def storage_trouble(self, answer: Answer) -> None:
        """An error that asks the caller to try again, and no data."""
        expected = f"{answer.operation} to answer {STORAGE_TROUBLE} and null data"
        self.that(answer.errors and answer.value is None, expected, answer.brief())
        self.that(set(answer.categories) == {STORAGE_TROUBLE}, expected, answer.brief())

    def flow_error(self, answer: Answer) -> None:
        """The form of every refusal: a message, a category of GraphQL's own, the field null."""
        expected = f"{answer.operation} to answer an error with a message, and a null field"
        data = answer.data if isinstance(answer.data, dict) else {}
        null = answer.operation in data and answer.value is None
        self.that(answer.errors and null, expected, answer.brief())
        spoken = all(isinstance(message, str) and message for message in answer.messages)
        self.that(spoken, "a text as each error's message", answer.brief())
        expected = "each error's extensions.category to begin with graphql- and to name a kind"
        self.that(all(map(_is_category, answer.categories)), expected, answer.brief())

    def not_executed(self, answer: Answer) -> None:
        """A request that is turned away as such: HTTP 4xx and no data."""
        refused = answer.status is not None and 400 <= answer.status < 500
        self.that(
            refused and not answer.data, "the request to be answered 4xx, no data", answer.brief()
        )


def _told(answer: Answer) -> tuple[object, ...]:
    """What a caller reads: not the hour, nor the number that a server gave the request."""
    extensions = (error.get("extensions") for error in answer.errors)
    kinds = [sorted(e) if isinstance(e, dict) else e for e in extensions]
    said = answer.data, answer.messages, answer.categories, kinds
    return answer.status, answer.content_type, *said


def _is_category(said: object) -> bool:
    """A word of GraphQL's own; `graphql-undefined` is what a missing one turns into."""
    prefix, _, kind = said.partition("graphql-") if isinstance(said, str) else ("-", "", "")
    return prefix == "" and kind not in ("", "undefined", "null", "None")
