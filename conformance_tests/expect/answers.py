"""What an answer must show: category and null data. Wording and most status codes are free."""

from __future__ import annotations

from conformance_tests.deployment.http.answer import (
    SERVER_ERROR,
    SESSION_OVER,
    WRONG_INPUT,
    Answer,
    member,
)
from conformance_tests.expect.base import Checks
from conformance_tests.good_calls import CATEGORY
from conformance_tests.outcomes import good_call

#: What a refusal may say of a pair that is not genuine: whether it was the token, the pair or both.
NOT_GENUINE = (
    SESSION_OVER,
    WRONG_INPUT,
    "graphql-authentication",
    "graphql-no-such-entity",
)


class Answers(Checks):
    """Expectations of one answer, or of two."""

    def refused(self, answer: Answer, *categories: str, rests_on: tuple[str, ...] = ()) -> None:
        """A GraphQL refusal: errors, null data, no 5xx, no server error; of these categories.

        rests_on: the requirements that ask for the category.
        """
        operation = answer.operation or "the request"
        expected = f"{operation} to be refused with errors and null data"
        if categories:
            expected += f", category {' or '.join(categories)}"
        self._no_failure(answer, expected)
        self.that(answer.is_refusal, expected, answer.brief())
        self.that(SERVER_ERROR not in answer.categories, expected, answer.brief())
        fitting = not categories or set(answer.categories) <= set(categories)
        with good_call(*rests_on):
            self.that(fitting, expected, answer.brief())

    def session_over(self, answer: Answer) -> None:
        """The refusal on which a front end logs its customer out."""
        self.refused(answer, SESSION_OVER, rests_on=CATEGORY)

    def refused_as_not_genuine(self, answer: Answer) -> None:
        """The refusal of a pair that is not genuine, in a category of the flow's own."""
        self.refused(answer, *NOT_GENUINE)

    def refused_or_4xx(self, answer: Answer, *categories: str) -> None:
        """An ordinary refusal with null data (of these categories), or a bare 4xx."""
        expected = "an ordinary refusal, with no data"
        self._no_failure(answer, expected)
        self.that(not answer.values, expected, answer.brief())
        if (answer.status or 0) >= 400 and not answer.errors:
            return
        self.that(answer.errors, expected, answer.brief())
        self.that(SERVER_ERROR not in answer.categories, expected, answer.brief())
        fitting = not categories or set(answer.categories) <= {*categories, None}
        self.that(fitting, f"{expected}, category {' or '.join(categories)}", answer.brief())

    def nothing_issued(self, answer: Answer) -> None:
        """An error of any category, and no token."""
        expected = f"{answer.operation} to answer an error and null data"
        self.that(answer.is_refusal, expected, answer.brief())

    def same_answer(self, one: Answer, other: Answer) -> None:
        """Two answers by which nobody can tell one case from the other."""
        same = _visible(one) == _visible(other)
        self.that(same, f"the same answer as {one.brief()}", other.brief())

    def mismatch_refused(self, answer: Answer) -> None:
        """The refusal of a revoke whose tokens do not belong together."""
        if self._deployment.derives:
            self.refused(answer, WRONG_INPUT)
        elif not answer.errors:  # without derivation the server may only see "not there"
            no = member(answer.value, "result") is False
            self.that(no, "an error, or result false", answer.brief())

    def asks_to_retry(self, answer: Answer) -> None:
        """An error that asks the caller to try again, and no data."""
        expected = f"{answer.operation} to answer {SERVER_ERROR} and null data"
        self.that(answer.is_refusal, expected, answer.brief())
        self.that(set(answer.categories) == {SERVER_ERROR}, expected, answer.brief())

    def well_formed_error(self, answer: Answer) -> None:
        """The form of every refusal: a message, a category of GraphQL's own, the field null."""
        expected = f"{answer.operation} to answer an error with a message, and a null field"
        data = answer.data if isinstance(answer.data, dict) else {}
        null = answer.operation in data and answer.value is None
        self.that(answer.errors and null, expected, answer.brief())
        self._messages_in_words(answer)
        expected = "each error's extensions.category to begin with graphql-"
        self.that(all(map(_is_category, answer.categories)), expected, answer.brief())

    def intended_error(self, answer: Answer) -> None:
        """An error that the flow means: each has a message in words and a category."""
        self._no_failure(answer, "a refusal")
        self.that(answer.is_refusal, "an error and null data", answer.brief())
        self._messages_in_words(answer)
        kept = all(map(_is_category, answer.categories))
        self.that(kept, "a category that begins graphql-", answer.brief())

    def masked_error(self, answer: Answer, *secrets: str) -> None:
        """An error that gives away nothing of what went wrong inside."""
        self.that(answer.is_refusal, "an error and null data", answer.brief())
        shown = [secret for secret in secrets if secret.lower() in answer.text.lower()]
        self.that(not shown, "an error without the table's own words", answer.brief())
        self._messages_in_words(answer)

    def not_executed(self, answer: Answer) -> None:
        """A request that is rejected as such: HTTP 4xx and no data."""
        rejected = answer.status is not None and 400 <= answer.status < 500
        expected = "the request to be answered 4xx, no data"
        self.that(rejected and not answer.data, expected, answer.brief())

    def _no_failure(self, answer: Answer, expected: str) -> None:
        """An answer came, and it is no 5xx."""
        self.that(answer.status is not None and answer.status < 500, expected, answer.brief())

    def _messages_in_words(self, answer: Answer) -> None:
        texts = all(isinstance(message, str) and message for message in answer.messages)
        self.that(texts, "a text as each error's message", answer.brief())


def _visible(answer: Answer) -> tuple[object, ...]:
    """What a caller reads: not the hour, nor the number that a server gave the request."""
    extensions = (error.get("extensions") for error in answer.errors)
    kinds = [sorted(e) if isinstance(e, dict) else e for e in extensions]
    content = answer.data, answer.messages, answer.categories, kinds
    return answer.status, answer.content_type, *content


def _is_category(category: object) -> bool:
    return isinstance(category, str) and category.startswith("graphql-")
