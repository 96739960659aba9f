"""GraphQL over HTTP: one door, one kind of body, and credentials in their own places only."""

from __future__ import annotations

import pytest

from conformance_tests.actors.customers import Customer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import never_issued
from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.answer import SESSION_OVER
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.deployment.http.odd_documents import (
    SIMPLE_MEDIA,
    SUBPROTOCOLS,
    TOO_LARGE,
    foreign_origins,
)
from conformance_tests.expect.expect import Expect
from conformance_tests.expect.http import GRAPHQL_JSON
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable

# -- answers -----------------------------------------------------------------------------------


@requirement("GQL-01", logins=0)
def test_json_is_answered_in_json(client: Client, expect: Expect) -> None:
    """A query in JSON is answered in JSON, whatever of it the caller accepts."""
    for accept in ("application/json", "*/*", "application/json;charset=utf-8, */*;q=0.5"):
        answer = client.trivial(accept=accept)
        expect.query_answered(answer)
        expect.graphql_response(answer, 200)


@requirement("GQL-01", logins=0)
@pytest.mark.parametrize("parameter", ["; charset=utf-8", ";charset=UTF-8"])
def test_json_may_name_its_charset(client: Client, parameter: str, expect: Expect) -> None:
    """A body in JSON is taken too where its type says that it is UTF-8."""
    answer = client.trivial(content_type=f"application/json{parameter}")
    expect.query_answered(answer)
    expect.graphql_response(answer, 200)


@requirement("GQL-01", logins=0)
def test_a_refusal_is_a_graphql_answer(client: Client, expect: Expect) -> None:
    """An error of the flow comes as GraphQL with status 200, 401 or 403."""
    answer = client.refresh(None, never_issued())
    expect.graphql_response(answer, 200, 401, 403)
    expect.refused(answer)


@requirement("GQL-01", logins=0, optional=True)
def test_a_refusal_is_a_graphql_answer_in_graphqls_own_type(client: Client, expect: Expect) -> None:
    """So it does for whoever accepts application/graphql-response+json as well."""
    asked = {"refresh_token": never_issued()}
    either = f"{GRAPHQL_JSON}, application/json;q=0.9"
    answer = client.call("refreshCustomerToken", asked, accept=either)
    expect.graphql_response(answer, 200, 401, 403)
    expect.refused(answer)


@requirement("GQL-02", logins=0)
def test_graphqls_own_type_is_spoken(client: Client, expect: Expect) -> None:
    """Whoever accepts application/graphql-response+json gets it, for data and for an error."""
    expect.query_answered(told := client.trivial(accept=GRAPHQL_JSON))
    expect.media_type(told, GRAPHQL_JSON)
    refusal = client.call(
        "refreshCustomerToken", {"refresh_token": never_issued()}, accept=GRAPHQL_JSON
    )
    expect.media_type(refusal, GRAPHQL_JSON)
    expect.nothing_issued(refusal)


# -- requests ----------------------------------------------------------------------------------


@requirement("GQL-03")
def test_a_mutation_by_get_is_not_executed(
    odd: OddClient, someone: Customer, expect: Expect
) -> None:
    """A revoke by GET is turned away and ends nothing, also where it says that it is JSON, where
    its document begins with a comment, or in a body; the same revoke by POST does.
    """
    session = someone.log_in()
    with expect.unchanged(someone):
        for answer in odd.revokes_by_get(session.token, session.refresh_token):
            expect.not_executed(answer)
    expect.returns_same_pair(session)
    expect.revokes(session)


@requirement("GQL-04")
def test_a_body_that_any_page_can_send_is_not_executed(
    odd: OddClient, someone: Customer, expect: Expect
) -> None:
    """A revoke as text or form, in whatever case its type is written and with a charset, is turned
    away and ends nothing; the same one as JSON does.
    """
    session = someone.log_in()
    with expect.unchanged(someone):
        for media in SIMPLE_MEDIA:
            for answer in odd.revokes_as(media, session.token, session.refresh_token):
                with expect.given(media):
                    expect.not_executed(answer)
    expect.returns_same_pair(session)
    expect.revokes(session)


@requirement("GQL-12")
def test_a_body_of_no_type_is_not_executed(
    odd: OddClient, someone: Customer, expect: Expect
) -> None:
    """A revoke in a body without Content-Type is turned away and ends nothing; as JSON it does."""
    session = someone.log_in()
    with expect.unchanged_if_visible(someone):
        expect.not_executed(odd.revoke_untyped(session.token, session.refresh_token))
    expect.returns_same_pair(session)
    expect.revokes(session)


@requirement("GQL-14", logins=0)
def test_a_large_body_is_not_read(client: Client, odd: OddClient, expect: Expect) -> None:
    """More than a megabyte is refused as such, whether or not it is JSON; the next query works."""
    answers = {}
    for kind, answer in odd.too_large():
        with expect.given(f"{len(TOO_LARGE[kind])} bytes of {kind}"):
            expect.turned_away(answer)
            answers[kind] = answer.status
    expect.that(len({*answers.values()}) == 1, "one status for both, read or not", answers)
    expect.query_answered(client.trivial())


@requirement("GQL-15", logins=0)
def test_no_foreign_page_gets_credentials(client: Client, odd: OddClient, expect: Expect) -> None:
    """A query is answered; no page of another origin may act with the customer's credentials."""
    expect.query_answered(client.trivial())
    for origin in foreign_origins(client.url):
        for answer in odd.asked_from(origin):
            expect.no_credentials_for(origin, answer)


# -- credentials -------------------------------------------------------------------------------


@requirement("GQL-13")
def test_spaces_after_the_scheme_are_one_space(
    client: Client, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A live pair is repeated and revoked with one space after `Bearer`, and with several."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    again = client.refresh(session.token, session.refresh_token, scheme="Bearer ").pair()
    expect.that(again == (session.token, session.refresh_token), "the same pair", "another one")
    expect.revoked(client.revoke(session.token, session.refresh_token, scheme="Bearer  "))


@requirement("GQL-10")
def test_an_access_token_is_read_from_its_header_only(
    odd: OddClient, someone: Customer, expect: Expect
) -> None:
    """A token in the URL, in cookies or in `extensions` is none; in the header it is one."""
    session = someone.log_in()
    for answer in (
        *odd.refreshes_with_stray_token(session.token, session.refresh_token),
        *odd.revokes_with_stray_access_token(session.token, session.refresh_token),
    ):
        expect.refused_or_4xx(answer, SESSION_OVER)
    expect.returns_same_pair(session)


@requirement("GQL-10", optional=True)
def test_an_access_token_is_read_from_its_header_only_in_production(
    customers: Customers, deployment: Deployment, production: Deployment, expect: Expect
) -> None:
    """So it is at the instance outside development."""
    if production is deployment:
        raise NotTestable("second instance")
    session, odd = customers.at(production).alice.log_in(), OddClient(production.client)
    for answer in odd.refreshes_with_stray_token(session.token, session.refresh_token):
        expect.refused_or_4xx(answer, SESSION_OVER)
    expect.returns_same_pair(session)


@requirement("GQL-10")
def test_a_refresh_token_is_read_from_its_argument_only(
    odd: OddClient, someone: Customer, expect: Expect
) -> None:
    """A token in the URL, in cookies or in `extensions` revokes nothing; as argument it does."""
    session = someone.log_in()
    for answer in odd.revokes_with_stray_token(session.token, session.refresh_token):
        expect.refused_or_4xx(answer, SESSION_OVER)
    expect.returns_same_pair(session)
    expect.revokes(session)


@requirement("GQL-10")
@pytest.mark.parametrize("remember_me", [False, True], ids=["normal", "remembered"])
def test_tokens_are_handed_out_in_the_body_only(
    alice: RegisteredCustomer, expect: Expect, remember_me: bool
) -> None:
    """Neither login, refresh nor revoke puts a token into Set-Cookie or Location."""
    alice.wait_for_new_second()
    login = alice.ask_to_log_in(remember_me)
    session = alice.session_from(login)
    for answer in (login, session.refresh(), session.revoke()):
        expect.tokens_in_body_only(answer, session)


@requirement("GQL-10", optional=True)
def test_tokens_of_a_rotation_are_handed_out_in_the_body_only(
    someone: Customer, expect: Expect
) -> None:
    """A rotation puts its new tokens into neither Set-Cookie nor Location."""
    session = someone.expired_session()
    someone.wait_for_new_second()
    answer = session.refresh()
    expect.tokens_in_body_only(answer, someone.session_from(answer))


# -- other doors -------------------------------------------------------------------------------


@requirement("GQL-11", logins=0)
@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
def test_no_websocket_is_opened(
    client: Client, odd: OddClient, subprotocol: str, expect: Expect
) -> None:
    """The endpoint answers a query, and does not upgrade to either of GraphQL's subprotocols."""
    expect.query_answered(client.trivial())
    expect.no_websocket(odd.upgrade(subprotocol))
