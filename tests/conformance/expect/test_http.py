"""The judges of documents, doors and development operations raise Violation, and nothing else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.actors.session import Session
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.expect.expect import Expect
from conformance_tests.outcomes import Violation
from conformance_tests.target.parts import Credentials
from tests.conformance.fakes import ALICE, BOB, deployment, error

OVER = "graphql-authorization"
GET = "getUserAuth"
UNKNOWN = {"message": f'Cannot query field "{GET}" on type "Query".'}
JSON = {"content-type": "application/json"}


def got(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with this JSON body."""
    raw = json.dumps(body).encode()
    return Answer(GET, status, headers={**JSON, **(headers or {})}, raw=raw, text=raw.decode())


def customer_of(id_: int, who: Credentials) -> RegisteredCustomer:
    return RegisteredCustomer(deployment(), who, id_)


def refusal(category: Any = OVER, **more: Any) -> dict[str, Any]:
    return {"data": {GET: None}, "errors": [{**error(category), "path": [GET], **more}]}


expect = Expect(deployment())
HOSTILE = {
    "no answer": Answer(GET, None, problem="the connection was dropped"),
    "HTML": Answer(GET, 200, headers={"content-type": "text/html"}, raw=b"<html>", text="<html>"),
    "a number": got(3),
    "a list of numbers": got([1, 2]),
    "data is a list": got({"data": [1]}),
    "errors is a number": got({"data": None, "errors": 7}),
    "errors of numbers": got({"data": None, "errors": [1]}),
    "extensions is text": got({"data": None, "errors": [{"message": "x", "extensions": "y"}]}),
    "category is a list": got(refusal([OVER])),
    "message is an object": got({"data": None, "errors": [{"message": {"a": 1}}]}),
    "success is text": got({"data": {GET: {"success": "true"}}}),
    "a list of nulls": got({"data": {GET: [None]}}),
    "an HTTP 500": got(refusal(), status=500),
    "deep": got({"data": {GET: json.loads("[" * 400 + "]" * 400)}}),
}
JUDGES: dict[str, Callable[[Answer], object]] = {
    "closed": expect.operation_closed,
    "closed in any form": expect.operations_closed,
    "success": expect.success,
    "item": expect.shown_row,
    "items": expect.listed_rows,
    "opened": expect.protected_answered,
    "unauthorised": expect.protected_session_over,
    "spoken": expect.intended_error,
    "masked": lambda answer: expect.masked_error(answer, "secret"),
    "answered": expect.query_answered,
    "no suggestion": lambda answer: expect.no_suggestion(answer, "token"),
    "unanswered": expect.schema_refused,
    "no development operation": lambda a: expect.not_in_schema(a, (GET,)),
    "turned away": expect.refused_or_4xx,
    "graphql": lambda answer: expect.graphql_response(answer, 200),
    "shut": expect.protected_refused,
    "no ide": expect.no_ide,
    "pairs": lambda answer: answer.pairs,
    "nothing": expect.no_row_shown,
    "refusals": lambda answer: answer.refusals_like(answer),
}


#: The form alone is judged there, and the status of an unexpected error is free.
FREE = {("graphql", "errors is a number"), ("masked", "an HTTP 500")}


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_no_answer_breaks_a_judge(judge: Callable[[Answer], object], answer: Answer) -> None:
    """Whatever came back, a judge passes it or calls it broken: nothing else is raised."""
    with contextlib.suppress(Violation):
        judge(answer)


@pytest.mark.parametrize(
    "kind", ["no answer", "HTML", "a number", "an HTTP 500", "errors is a number"]
)
@pytest.mark.parametrize(
    "name",
    [name for name in JUDGES if name not in ("no ide", "pairs", "refusals", "nothing")],
)
def test_no_judge_takes_a_broken_server_for_a_sound_one(name: str, kind: str) -> None:
    """An answer that is none never counts as the answer that was expected."""
    if (name, kind) in FREE:
        return
    with pytest.raises(Violation):
        JUDGES[name](HOSTILE[kind])


@pytest.mark.parametrize(
    "body", [refusal(), {"errors": [UNKNOWN]}, {"data": None, "errors": [UNKNOWN]}]
)
def test_a_development_operation_is_closed(body: Any) -> None:
    """By its category, or because validation does not find the field."""
    expect.operation_closed(got(body))
    expect.operations_closed(got(body))


@pytest.mark.parametrize(
    "body",
    [
        refusal("graphql-input"),
        refusal(None),
        {"data": {GET: None}},
        {"data": {GET: {"customer_id": None}}, "errors": [error()]},
        {"errors": [{"message": "Syntax Error"}]},
        {"data": {GET: None}, "errors": [{**UNKNOWN, "path": [GET]}]},
    ],
)
def test_another_answer_is_not_closed(body: Any) -> None:
    """Another category, data beside the error, or no error at all is a breach."""
    with pytest.raises(Violation):
        expect.operation_closed(got(body))


def test_a_batch_is_judged_answer_by_answer() -> None:
    """One open operation among refused ones is found."""
    expect.operations_closed(got([refusal(), refusal()]))
    with pytest.raises(Violation):
        expect.operations_closed(got([refusal(), {"data": {"a0": {"success": True}}}]))


def test_a_bare_refusal_of_the_request_will_do() -> None:
    """A request may be turned away by its status alone, but not executed."""
    expect.refused_or_4xx(got({}, status=400))
    expect.protected_refused(got({}, status=401))
    for body, status in (({"data": {"a": 1}}, 400), ({}, 200), ({}, 502)):
        with pytest.raises(Violation):
            expect.refused_or_4xx(got(body, status=status))


def test_storage_trouble_is_no_ordinary_refusal() -> None:
    """A masked crash is an answer, but not the one to an odd character."""
    with pytest.raises(Violation):
        expect.refused_or_4xx(got(refusal("graphql-server-internal-error")))


@pytest.mark.parametrize(
    "content_type, fine",
    [
        ("application/json", True),
        ('application/graphql-response+json; charset="UTF-8"', True),
        ("application/json; charset=iso-8859-1", False),
        ("text/html", False),
    ],
)
def test_the_media_type_is_judged(content_type: str, fine: bool) -> None:
    """Two media types, and no charset but UTF-8."""
    answer = got({"data": {}}, headers={"content-type": content_type})
    if fine:
        expect.graphql_response(answer, 200)
    else:
        with pytest.raises(Violation):
            expect.graphql_response(answer, 200)


def test_tokens_are_looked_for_in_headers() -> None:
    """A token in Set-Cookie or Location is found, percent-encoded too."""
    session = Session(customer_of(7, ALICE), "a token", "another")
    expect.tokens_in_body_only(got({}, headers={"set-cookie": "id=7"}), session)
    for headers in ({"set-cookie": "t=a%20token"}, {"location": "/?r=another"}):
        with pytest.raises(Violation):
            expect.tokens_in_body_only(got({}, headers=headers), session)


def test_an_ide_is_known_by_its_page() -> None:
    """A page that holds an IDE's name is one; an error page, or a 404 that names it, is not."""
    expect.no_ide(got("<h1>GraphiQL is closed</h1>", status=404))
    expect.no_ide(got("<h1>Shop</h1>"))
    with pytest.raises(Violation):
        expect.no_ide(got("<title>GraphiQL</title>"))


def test_exchanged_customers_are_noticed() -> None:
    """Each customer's answer that names only the other one is the other's."""
    alice, bob = (customer_of(number, who) for number, who in ((7, ALICE), (8, BOB)))
    expect.own_data({"me": {"id": 7}}, alice, {"me": {"id": "8"}}, bob)
    expect.own_data({"cart": {"count": 8}}, alice, {"cart": {"count": 3}}, bob)
    with pytest.raises(Violation):
        expect.own_data({"me": {"id": "8"}}, alice, {"me": {"id": 7}}, bob)


@pytest.mark.parametrize("message", ['Did you mean "token"?', 'No "token" here', None])
def test_a_suggestion_is_noticed(message: str | None) -> None:
    """The right name in a refusal helps a stranger; its absence does not."""
    answer = got({"errors": [{"message": message or "Cannot query field."}]})
    if message is None:
        expect.no_suggestion(answer, "token")
    else:
        with pytest.raises(Violation):
            expect.no_suggestion(answer, "token")


@pytest.mark.parametrize("answer", [got({}, status=413), Answer(GET, None, problem="closed")])
def test_a_large_body_is_turned_away_or_its_connection_closed(answer: Answer) -> None:
    """What is answered as ever, or by a failure of the server, is not turned away."""
    expect.turned_away(answer)
    for other in (got({"data": {"__typename": "Query"}}), got({}, status=500)):
        with pytest.raises(Violation):
            expect.turned_away(other)


def test_a_foreign_origin_gets_no_credentials() -> None:
    """To be named is no harm, nor is leave for everybody; to be named with credentials is."""
    origin, allow = "https://conformance.invalid", "access-control-allow-origin"
    credentials = {"access-control-allow-credentials": "true"}
    for harmless in ({}, {allow: origin}, {allow: "*", **credentials}):
        expect.no_credentials_for(origin, got({}, headers=harmless))
    with pytest.raises(Violation, match="no credentials"):
        expect.no_credentials_for(origin, got({}, headers={allow: origin, **credentials}))
