"""The judge of documents, doors and bodies: what `expect.py` is to sessions and rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from conformance_tests.deployment.http.odd_documents import IDE_WORDS
from conformance_tests.expect.answers import SESSION_OVER
from conformance_tests.outcomes import NotTestable, Violation

if TYPE_CHECKING:
    from conformance_tests.actors.customers import Customer, RegisteredCustomer
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.faults import Fault
    from conformance_tests.deployment.http.answer import Answer

GRAPHQL_JSON = "application/graphql-response+json"
GRAPHQL_TYPES = ("application/json", GRAPHQL_JSON)
UNICODE = ("", "utf-8", "utf8")
SWITCHING = 101


def that(condition: object, expected: str, actual: object) -> None:
    if not condition:
        raise Violation(expected, str(actual))


# -- the form of an answer ---------------------------------------------------------------------


def graphql(answer: Answer, *statuses: int) -> None:
    """A GraphQL answer in JSON and UTF-8, with one of these statuses."""
    kinds = " or ".join(GRAPHQL_TYPES)
    that(answer.content_type in GRAPHQL_TYPES, f"an answer in {kinds}", answer.brief())
    charset = _charset(answer.headers.get("content-type", ""))
    that(charset in UNICODE, "no charset, or utf-8", charset)
    told = isinstance(answer.body, dict) and answer.body.keys() & {"data", "errors"}
    that(told, "a JSON object with data or errors", answer.brief())
    wanted = " or ".join(map(str, statuses))
    that(answer.status in statuses, f"HTTP {wanted}", answer.brief())


def answered(answer: Answer) -> None:
    """An ordinary query's ordinary answer."""
    fine = answer.status == 200 and answer.value and not answer.errors
    that(fine, "the query's answer, no errors", answer.brief())


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset":
            return value.strip('" ').lower()
    return ""


def in_type(answer: Answer, content_type: str) -> None:
    """An answer of this very media type, and no failure of the server."""
    same = answer.content_type == content_type
    that(same, f"an answer in {content_type}", answer.content_type or answer.brief())
    that(answer.status is not None and answer.status < 500, "2xx or 4xx", answer.brief())


def turned_away(answer: Answer, *categories: str) -> None:
    """An ordinary refusal with null data (of these categories), or a bare 4xx."""
    expected = "an ordinary refusal, with no data"
    that(answer.status is not None and answer.status < 500, expected, answer.brief())
    that(not any(True for _ in values(answer)), expected, answer.brief())
    if (answer.status or 0) >= 400 and not answer.errors:
        return
    that(answer.errors, expected, answer.brief())
    that("graphql-server-internal-error" not in answer.categories, expected, answer.brief())
    fitting = not categories or set(answer.categories) <= {*categories, None}
    that(fitting, f"{expected}, category {' or '.join(categories)}", answer.brief())


def values(answer: Answer) -> Iterator[Any]:
    """What each field of the answer holds, nulls and type names left out; a batch's too."""
    for body in bodies(answer):
        data = body.get("data")
        for name, value in data.items() if isinstance(data, dict) else ():
            if value is not None and name != "__typename":
                yield value


def bodies(answer: Answer) -> list[dict[str, Any]]:
    """The JSON objects of an answer: one, or each of a batch's."""
    found = answer.body if isinstance(answer.body, list) else [answer.body]
    return [body for body in found if isinstance(body, dict)]


def errors(answer: Answer) -> list[dict[str, Any]]:
    """Every error of an answer, or of each answer of a batch."""
    listed = (body.get("errors") for body in bodies(answer))
    each = (error for found in listed if isinstance(found, list) for error in found)
    return [error for error in each if isinstance(error, dict)]


def member(value: Any, name: str) -> Any:
    """A member of an object that may be none."""
    return value.get(name) if isinstance(value, dict) else None


# -- faults ------------------------------------------------------------------------------------


def met(fault: Fault) -> None:
    """The fault met a call; otherwise nothing was tried, and NotTestable says so."""
    if fault.hits == 0:
        raise NotTestable("faults", "no call met the fault that was set for it")


def masked(answer: Answer, *secrets: str) -> None:
    """An error that gives away nothing of what went wrong inside."""
    that(answer.errors and answer.value is None, "an error and null data", answer.brief())
    told = [secret for secret in secrets if secret.lower() in answer.text.lower()]
    that(not told, "an error without the table's own words", answer.brief())
    spoken = all(isinstance(message, str) and message for message in answer.messages)
    that(spoken, "a message in words", answer.brief())


def spoken(answer: Answer) -> None:
    """An intended error: each with a message in words and a category."""
    that(answer.status is not None and answer.status < 500, "a refusal", answer.brief())
    that(answer.errors and answer.value is None, "an error and null data", answer.brief())
    for message, category in zip(answer.messages, answer.categories, strict=True):
        that(isinstance(message, str) and message, "a message in words", answer.brief())
        kept = isinstance(category, str) and category.startswith("graphql-")
        that(kept, "a category that begins graphql-", answer.brief())


# -- what tells a stranger too much ------------------------------------------------------------


def no_ide(answer: Answer) -> None:
    """No page in which one could write queries."""
    page = answer.text.lower() if answer.status in range(200, 300) else ""
    found = [word for word in IDE_WORDS if word in page]
    that(answer.status is not None, "an answer", answer.brief())
    that(not found, "no IDE page", f"HTTP {answer.status}, a page that holds {', '.join(found)}")


def unanswered(answer: Answer) -> None:
    """A question about the schema that is refused."""
    expected = f"{answer.operation} to be refused"
    that(answer.status is not None and answer.status < 500, expected, answer.brief())
    that(answer.errors and answer.value is None, expected, _cut(answer.brief()))


def no_suggestion(answer: Answer, name: str) -> None:
    """A misspelt field is refused without the right name."""
    expected = "a refusal that suggests no name"
    that(answer.errors and not answer.data, expected, answer.brief())
    said = " ".join(map(str, answer.messages))
    helped = "did you mean" in said.lower() or f'"{name}"' in said
    that(not helped, expected, answer.brief())


def _cut(text: str) -> str:
    return text if len(text) < 300 else f"{text[:300]}…"


# -- credentials -------------------------------------------------------------------------------


def tokens_stay_in_the_body(answer: Answer, session: Session) -> None:
    """Neither Set-Cookie nor Location holds one of the session's tokens."""
    for name in ("set-cookie", "location"):
        held = unquote(answer.headers.get(name, ""))
        found = any(token in held for token in (session.token, session.refresh_token))
        that(not found, f"no token in {name}", f"{name}: {held}")


def not_upgraded(answer: Answer) -> None:
    """No WebSocket is opened."""
    that(answer.status != SWITCHING, "no WebSocket", f"HTTP {answer.status}")


def pairs(answer: Answer) -> list[tuple[str, str]]:
    """Every token pair in an answer, whatever its form."""
    found = ((member(v, "token"), member(v, "refresh_token")) for v in values(answer))
    return [(t, r) for t, r in found if isinstance(t, str) and isinstance(r, str) and t and r]


@contextmanager
def unchanged_as_far_as_seen(customer: Customer) -> Iterator[None]:
    """What happens in here changes no row of the customer's, where the table can be seen."""
    seen = customer.deployment.table is not None
    before = customer.rows() if seen else []
    yield
    that(not seen or customer.rows() == before, "no row to change", "other rows")


@contextmanager
def few_new_rows(customer: Customer, most: int) -> Iterator[None]:
    """What happens in here gives the customer at most so many rows, where the table can be seen."""
    if customer.deployment.table is None:
        yield
        return
    before = {row.hash for row in customer.rows()}
    yield
    new = {row.hash for row in customer.rows()} - before
    that(len(new) <= most, f"{most} new rows at most", f"{len(new)} new rows")


def refusals_like(ordinary: Answer, answer: Answer) -> int:
    """How many fields were refused in the words of an ordinary refusal."""
    words = ordinary.messages
    return sum(error.get("message") in words for error in errors(answer))


# -- the access token at work ------------------------------------------------------------------


def opened(answer: Answer) -> Any:
    """The protected query's data; Violation where it was not answered."""
    told = list(values(answer))
    fine = answer.status is not None and answer.status < 300 and told and not answer.errors
    that(fine, "the protected query to be answered, no errors", answer.brief())
    return answer.data


def shut(answer: Answer) -> None:
    """The protected query is refused; a gateway may say so with 401 or 403 alone."""
    expected = "the protected query to be refused, with null data"
    that(not list(values(answer)), expected, answer.brief())
    if answer.status not in (401, 403):
        turned_away(answer)
        that(answer.errors, expected, answer.brief())


def unauthorised(answer: Answer) -> None:
    """The protected query is refused in the words on which a storefront logs out."""
    expected = f"the protected query to be refused, category {SESSION_OVER}, null data"
    that(answer.status is not None and answer.status < 500, expected, answer.brief())
    that(answer.errors and not list(values(answer)), expected, answer.brief())
    that(set(answer.categories) == {SESSION_OVER}, expected, answer.brief())


def not_exchanged(one: Any, whose: RegisteredCustomer, other: Any, his: RegisteredCustomer) -> None:
    """Two customers' answers, each of which names the other one, have been exchanged."""
    strays = scalars(one) & _marks(his), scalars(other) & _marks(whose)
    owned = scalars(one) & _marks(whose) or scalars(other) & _marks(his)
    that(owned or not all(strays), "each customer's own answer", "the other one's")


def _marks(customer: RegisteredCustomer) -> set[str]:
    return {str(customer.id), customer.credentials.email}


def scalars(node: Any) -> set[str]:
    """Every scalar of an answer as text, however deep."""
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
