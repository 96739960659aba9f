"""What holds of GraphQL over HTTP: media types, other doors, and the access token at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from conformance_tests.deployment.http.answer import SESSION_OVER, Answer, scalars
from conformance_tests.deployment.http.odd_documents import IDE_WORDS
from conformance_tests.expect.answers import Answers

if TYPE_CHECKING:
    from conformance_tests.actors.customers import RegisteredCustomer
    from conformance_tests.actors.session import Session

GRAPHQL_JSON = "application/graphql-response+json"
GRAPHQL_TYPES = ("application/json", GRAPHQL_JSON)
UNICODE = ("", "utf-8", "utf8")
SWITCHING = 101


class Http(Answers):
    """Expectations of an answer's form, of the endpoint's doors, and of the protected query."""

    # -- the form of an answer -----------------------------------------------------------------

    def graphql_response(self, answer: Answer, *statuses: int) -> None:
        """A GraphQL answer in JSON and UTF-8, with one of these statuses."""
        kinds = " or ".join(GRAPHQL_TYPES)
        self.that(answer.content_type in GRAPHQL_TYPES, f"an answer in {kinds}", answer.brief())
        charset = _charset(answer.headers.get("content-type", ""))
        self.that(charset in UNICODE, "no charset, or utf-8", charset)
        graphql = isinstance(answer.body, dict) and answer.body.keys() & {"data", "errors"}
        self.that(graphql, "a JSON object with data or errors", answer.brief())
        wanted = " or ".join(map(str, statuses))
        self.that(answer.status in statuses, f"HTTP {wanted}", answer.brief())

    def query_answered(self, answer: Answer) -> None:
        """An ordinary query's ordinary answer."""
        fine = answer.status == 200 and answer.value and not answer.errors
        self.that(fine, "the query's answer, no errors", answer.brief())

    def media_type(self, answer: Answer, content_type: str) -> None:
        """An answer of this very media type, and no failure of the server."""
        same = answer.content_type == content_type
        self.that(same, f"an answer in {content_type}", answer.content_type or answer.brief())
        self._no_failure(answer, "2xx or 4xx")

    # -- what tells a stranger too much --------------------------------------------------------

    def no_ide(self, answer: Answer) -> None:
        """No page in which one could write queries."""
        page = answer.text.lower() if answer.status in range(200, 300) else ""
        found = [word for word in IDE_WORDS if word in page]
        self.that(answer.status is not None, "an answer", answer.brief())
        actual = f"HTTP {answer.status}, a page that holds {', '.join(found)}"
        self.that(not found, "no IDE page", actual)

    def schema_refused(self, answer: Answer) -> None:
        """A question about the schema that is refused."""
        expected = f"{answer.operation} to be refused"
        self._no_failure(answer, expected)
        brief = answer.brief()
        self.that(answer.is_refusal, expected, brief if len(brief) < 300 else f"{brief[:300]}…")

    def no_suggestion(self, answer: Answer, name: str) -> None:
        """A misspelt field is refused without the right name."""
        expected = "a refusal that suggests no name"
        self.that(answer.errors and not answer.data, expected, answer.brief())
        words = " ".join(map(str, answer.messages))
        helped = "did you mean" in words.lower() or f'"{name}"' in words
        self.that(not helped, expected, answer.brief())

    def tokens_in_body_only(self, answer: Answer, session: Session) -> None:
        """Neither Set-Cookie nor Location holds one of the session's tokens."""
        for name in ("set-cookie", "location"):
            held = unquote(answer.headers.get(name, ""))
            found = any(token in held for token in (session.token, session.refresh_token))
            self.that(not found, f"no token in {name}", f"{name}: {held}")

    def no_websocket(self, answer: Answer) -> None:
        """No WebSocket is opened."""
        self.that(answer.status != SWITCHING, "no WebSocket", f"HTTP {answer.status}")

    def turned_away(self, answer: Answer) -> None:
        """A request that was not read to its end: HTTP 4xx, or the connection was closed on it."""
        if answer.status is not None:
            self.not_executed(answer)

    def no_credentials_for(self, origin: str, answer: Answer) -> None:
        """No leave for a page of this origin to act with the customer's credentials."""
        allowed = answer.headers.get("access-control-allow-origin")
        with_credentials = answer.headers.get("access-control-allow-credentials") == "true"
        said = f"Access-Control-Allow-Origin: {allowed}, with credentials"
        opened = with_credentials and allowed == origin
        self.that(not opened, f"no credentials for the origin {origin}", said)

    # -- the access token at work --------------------------------------------------------------

    def protected_answered(self, answer: Answer) -> Any:
        """The protected query is answered; gives its data."""
        good = answer.status is not None and answer.status < 300 and answer.values
        expected = "the protected query to be answered, no errors"
        self.that(good and not answer.errors, expected, answer.brief())
        return answer.data

    def protected_refused(self, answer: Answer) -> None:
        """The protected query is refused; a gateway may say so with 401 or 403 alone."""
        expected = "the protected query to be refused, with null data"
        self.that(not answer.values, expected, answer.brief())
        if answer.status not in (401, 403):
            self.refused_or_4xx(answer)
            self.that(answer.errors, expected, answer.brief())

    def protected_session_over(self, answer: Answer) -> None:
        """The protected query is refused in the category on which a front end logs out."""
        expected = f"the protected query to be refused, category {SESSION_OVER}, null data"
        self._no_failure(answer, expected)
        self.that(answer.errors and not answer.values, expected, answer.brief())
        self.that(set(answer.categories) == {SESSION_OVER}, expected, answer.brief())

    def own_data(
        self, one: Any, whose: RegisteredCustomer, other: Any, his: RegisteredCustomer
    ) -> None:
        """The answers to two customers have not been exchanged, where each names one of them."""
        swapped = scalars(one) & _marks(his), scalars(other) & _marks(whose)
        owned = scalars(one) & _marks(whose) or scalars(other) & _marks(his)
        self.that(owned or not all(swapped), "each customer's own answer", "the other one's")

    def not_the_data_of(self, whose: RegisteredCustomer, own: Any, answer: Answer) -> None:
        """This answer to somebody else is not the customer's own, where that one names her."""
        hers = scalars(own) & _marks(whose) and answer.data == own
        self.that(not hers, "no other customer's data", "the data of one with a shorter id")


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset":
            return value.strip('" ').lower()
    return ""


def _marks(customer: RegisteredCustomer) -> set[str]:
    return {str(customer.id), customer.credentials.email}
