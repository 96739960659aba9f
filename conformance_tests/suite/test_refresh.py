"""Refresh: whether a session is repeated, renewed or ended follows from four validation states."""

from __future__ import annotations

import pytest

from conformance_tests.actors import forged_tokens
from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import DAY, other_hex
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.protected import Protected
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.answer import SESSION_OVER
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotApplicable, NotTestable, own_question

GENERATIONS = 3
MANY_GENERATIONS = 10
#: Rotations, each in the last moment of a session: the second one is past the end of the login.
PAST_THE_END = 2
#: Refreshes of each of two customers in one moment.
SIDE_BY_SIDE = 4
#: The first time a pair comes back its row may still be there.
PRESENTATIONS = 2
#: So many seconds are tried for the pair of a login that is to come.
FORETOLD = 4
#: Times the normal lifetime that a remembered session must have, to outlast two of them for sure.
LONGER = 3


# -- ACCESS_VALID_REFRESH_VALID ----------------------------------------------------------------


@requirement("CORE-05")
def test_a_live_pair_is_repeated(alice: RegisteredCustomer, expect: Expect) -> None:
    """A refresh with both tokens valid hands back the same bytes, a second later too, and touches
    no row.
    """
    session = alice.log_in()
    with expect.unchanged(alice):
        expect.returns_same_pair(session)
        alice.wait_for_new_second()  # signed anew in the same second, a token may be the same
        expect.returns_same_pair(session)


@requirement("CORE-05", optional=True)
def test_a_live_pair_of_a_remembered_session_is_repeated(someone: Customer, expect: Expect) -> None:
    """So is one of a remembered session."""
    someone.deployment.need_rows()
    session = someone.log_in(remember_me=True)
    with expect.unchanged(someone):
        expect.returns_same_pair(session)


@requirement("CORE-05", logins=2, optional=True)
def test_each_live_pair_is_repeated_beside_others(
    deployment: Deployment, someone: Customer, another: Customer, expect: Expect
) -> None:
    """So are the pairs of two customers in one moment, each to its own."""
    sessions = [someone.log_in(), another.log_in()] * SIDE_BY_SIDE
    answers = deployment.together(*[session.refresh for session in sessions])
    for session, answer in zip(sessions, answers, strict=True):
        expect.same_pair(session, answer)


# -- ACCESS_INVALID_REFRESH_VALID --------------------------------------------------------------


@requirement("CORE-06")
def test_an_expired_access_token_is_renewed(someone: Customer, expect: Expect) -> None:
    """A refresh with an expired access token gives a pair of which both halves are new."""
    expect.rotates(someone.expired_session())


@requirement("CORE-07")
def test_each_generation_is_as_good_as_the_first(someone: Customer, expect: Expect) -> None:
    """Three rotations in a row: each new pair is repeated, a second later too, and renewed once
    expired.
    """
    session = someone.expired_session()
    for _ in range(GENERATIONS):
        successor = expect.rotates(session)
        someone.wait_for_new_second()  # signed anew in the same second, a token may be the same
        expect.returns_same_pair(successor)
        session = successor.expired()


@requirement("CORE-29", long_jump=True)
def test_a_session_goes_on_as_long_as_it_is_used(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """Ten rotations in a row, days apart where the clock can be moved, and more past the end that
    its login had; or as many as the declared absolute end has room for.
    """
    if deployment.must_wait:
        raise NotTestable("clock")
    lifetimes, movable = deployment.lifetimes, deployment.clock.movable
    each = lifetimes.extended // (MANY_GENERATIONS + 2) if movable else 0
    pause = max(0, each - lifetimes.access)
    session = someone.expired_session(remember_me=True)
    for _ in range(MANY_GENERATIONS):
        session = expect.rotates(session)
        if session.exp + pause + deployment.slack >= session.absolute_end():
            break
        session = session.expired()
        if pause:
            deployment.pass_seconds(pause)
    for _ in range(PAST_THE_END if movable else 0):
        if session.refresh_expiry + lifetimes.refresh >= session.absolute_end():
            break
        session = expect.rotates(session.with_left(deployment.slack + 1))


@requirement("CORE-08", long_jump=True)
def test_a_long_session_keeps_its_end(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """With more than the normal refresh lifetime left, a rotation keeps refresh_expiry."""
    left = deployment.lifetimes.refresh + 1 + deployment.slack
    session = someone.session_with_left(left, remember_me=True)
    promised = session.refresh_expiry  # a token that carries none leaves it to the row
    successor = expect.rotates(session)
    expect.equal(successor.refresh_expiry, promised, "refresh_expiry")


@requirement("CORE-08", optional=True)
def test_a_long_session_keeps_its_end_again(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """So does the next rotation."""
    lifetimes = deployment.lifetimes
    lasts = deployment.session_lasts(remember_me=True)
    if lasts - 2 * lifetimes.access < lifetimes.refresh + 2 * deployment.slack:
        raise NotTestable("clock", "no remembered session is long after two access lifetimes")
    session = someone.renewed_session(remember_me=True)
    promised = session.refresh_expiry
    expect.equal(expect.rotates(session).refresh_expiry, promised, "refresh_expiry")


@requirement("CORE-09", long_jump=True, exclusive=True)
@pytest.mark.parametrize(
    "remember_me, early",
    [(False, False), (True, False), (True, True)],
    ids=["normal", "remembered", "early"],
)
def test_a_session_near_its_end_is_extended_by_the_normal_lifetime(
    deployment: Deployment, someone: Customer, expect: Expect, remember_me: bool, early: bool
) -> None:
    """With less than the normal refresh lifetime left, a rotation gives one more of it, also where
    more than the access lifetime is left.
    """
    lifetimes = deployment.lifetimes
    left = min(lifetimes.refresh - lifetimes.access, lifetimes.refresh - 1)
    left = (lifetimes.access + lifetimes.refresh) // 2 if early else left
    session = someone.session_with_left(left - deployment.clock.margin, remember_me)
    with deployment.clock.window() as window:
        successor = expect.rotates(session)
    end = session.absolute_end()
    low, high = window.after(lifetimes.refresh)
    expect.between(successor.refresh_expiry, min(low, end), min(high, end), "refresh_expiry")


@requirement("CORE-09", optional=True)
@pytest.mark.parametrize("longer", [False, True], ids=["a day", "longer than a login lasts"])
def test_a_session_that_began_long_ago_is_extended_alike(
    deployment: Deployment, someone: Customer, expect: Expect, longer: bool
) -> None:
    """So is a session that began so long ago and was renewed ever since."""
    ago = DAY + longer * deployment.session_lasts(remember_me=True)
    deployment.need_sessions_of(ago + deployment.lifetimes.refresh)
    session = someone.renewed_session().begun_earlier(ago)
    if session.refresh_expiry - deployment.clock.now() >= deployment.lifetimes.refresh:
        raise NotTestable("clock", "the normal refresh lifetime is too short")
    with deployment.clock.window() as window:
        successor = expect.rotates(session)
    expect.between(
        successor.refresh_expiry, *window.after(deployment.lifetimes.refresh), "refresh_expiry"
    )


@requirement("CORE-10")
@pytest.mark.parametrize("remember_me", [False, True], ids=["normal", "remembered"])
def test_an_access_token_expires_at_its_very_second(
    deployment: Deployment, someone: Customer, expect: Expect, remember_me: bool
) -> None:
    """One second before exp the pair is repeated; at exp it is renewed, and so is the next one."""
    session = someone.log_in(remember_me)
    for _ in range(1 + remember_me):
        session = expires_at_its_very_second(session, expect)


@requirement("CORE-10", logins=2, optional=True)
def test_an_access_token_that_ends_earlier_expires_then(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Of two logins in one second one may end earlier, to be another pair: it is renewed then."""
    if not deployment.clock.frozen:
        raise NotTestable("frozen clock")
    answers, _ = deployment.in_one_second(alice.ask_to_log_in, alice.ask_to_log_in)
    sessions = [alice.session_from(each) for each in answers if not each.asks_to_retry]
    if not sessions:
        raise NotTestable("frozen clock", "both of two logins in one second are to be tried again")
    expires_at_its_very_second(min(sessions, key=lambda session: session.exp), expect)


def expires_at_its_very_second(session: Session, expect: Expect) -> Session:
    deployment = session.customer.deployment
    deployment.clock.freeze_at(session.exp - 1)
    expect.returns_same_pair(session)
    deployment.clock.freeze_at(session.exp)
    return expect.rotates(session)


@requirement("CORE-11", logins=2, long_jump=True)
@pytest.mark.parametrize("remember_me", [False, True], ids=["normal", "remembered"])
def test_a_refresh_token_is_good_through_its_last_second(
    deployment: Deployment, someone: Customer, another: Customer, expect: Expect, remember_me: bool
) -> None:
    """At refresh_expiry a session is renewed; one second later another one is over."""
    lifetimes = deployment.lifetimes
    deployment.need_sessions_of(lifetimes.extended if remember_me else lifetimes.refresh)
    lucky, late = someone.log_in(remember_me), another.log_in(remember_me)
    deployment.clock.freeze_at(lucky.refresh_expiry)
    expect.rotates(lucky)
    deployment.clock.freeze_at(late.refresh_expiry + 1)
    with own_question():
        expect.is_over(late)


@requirement("CORE-11", optional=True, long_jump=True)
def test_a_renewed_pair_is_good_through_its_last_second(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """So is the refresh token that a rotation gave."""
    [session] = someone.soon_expired_sessions(1)
    renewed = expect.rotates(session)
    deployment.clock.freeze_at(renewed.refresh_expiry)
    expect.rotates(renewed)


@requirement("CORE-11", optional=True, long_jump=True)
def test_a_remembered_session_lasts_whatever_it_was_used_for(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """Neither a repeated pair nor a rotation cuts it down to a session that is not remembered."""
    lifetimes = deployment.lifetimes
    lasts = deployment.session_lasts(remember_me=True)
    if not deployment.clock.movable or lasts < LONGER * lifetimes.refresh:
        raise NotTestable("clock")
    session = someone.log_in(remember_me=True)
    expect.returns_same_pair(session)
    for _ in range(2):
        deployment.pass_seconds(lifetimes.refresh + deployment.slack + 1)
        session = expect.rotates(session)


@requirement("CORE-19", logins=2)
@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(
    client: Client, someone: Customer, expect: Expect, scheme: str
) -> None:
    """`Bearer` renews a session, and so does the same word in another case, which revokes too."""
    usual, odd = someone.expired_sessions(2)
    expect.rotates(usual)
    renewed = someone.issued_by(lambda: client.refresh(odd.token, odd.refresh_token, scheme=scheme))
    expect.that(renewed.token != odd.token, "a new token", "the old one")
    expect.revoked(client.revoke(renewed.token, renewed.refresh_token, scheme=scheme))


@requirement("CORE-19", optional=True)
def test_the_scheme_may_be_written_in_any_case_at_the_query(
    protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """So it may where the access token opens the target's own query."""
    session = alice.log_in()
    for scheme in ("Bearer", "bearer", "BEARER"):
        with expect.given(f"the scheme {scheme!r}"):
            expect.protected_answered(protected.asked_by(session, scheme))


@requirement("CORE-26")
def test_the_id_keeps_its_type_through_a_rotation(
    alice: RegisteredCustomer, expect: Expect
) -> None:
    """customer_id is the same value of the same JSON type in a renewed token, and in the next."""
    keeps_its_id(alice, expect)


@requirement("CORE-26", logins=2, optional=True)
def test_the_id_of_each_customer_keeps_its_type(
    alice: RegisteredCustomer, bob: RegisteredCustomer, expect: Expect
) -> None:
    """So is each customer's: their ids may be of two types, and who is `alice` changes."""
    keeps_its_id(alice, expect)
    keeps_its_id(bob, expect)


@requirement("CORE-26", registered=True, optional=True)
def test_an_id_in_digits_stays_a_text(
    customers: Customers, deployment: Deployment, expect: Expect
) -> None:
    """A text of digits does not become a number."""
    keeps_its_id(customers.numbered(str), expect)


@requirement("CORE-26", optional=True)
@pytest.mark.parametrize("form", ["00{}", "{}.0"], ids=["zeros", "fraction"])
def test_an_id_in_digits_stays_as_it_is_written(
    customers: Customers, made_up: MadeUpCustomer, expect: Expect, form: str
) -> None:
    """Nor is it written as the same number is elsewhere."""
    expect.rotates(made_up.expired_session())
    customer = customers.named(form.format(int(customers.deployment.run, 16)))
    if customer is None:
        raise NotTestable("own table")
    keeps_its_id(customer, expect)


@requirement("CORE-26", optional=True)
@pytest.mark.parametrize("name", ["Null", "NONE", " undefined "])
def test_who_is_nearly_called_like_nobody_is_somebody(
    customers: Customers, made_up: MadeUpCustomer, expect: Expect, name: str
) -> None:
    """An id that is no word for a missing one stays what it is as well."""
    expect.rotates(made_up.expired_session())
    customer = customers.named(name)
    if customer is None:
        raise NotTestable("own table")
    keeps_its_id(customer, expect)


def keeps_its_id(customer: Customer, expect: Expect) -> None:
    renewed = expect.rotates(customer.expired_session())
    expect.equal(renewed.claims.get("customer_id"), customer.id, "customer_id")
    if not customer.must_wait:
        again = expect.rotates(renewed.expired())
        expect.equal(again.claims.get("customer_id"), customer.id, "customer_id")


# -- ACCESS_VALID_REFRESH_INVALID --------------------------------------------------------------


@requirement("CORE-16", logins=2, burns=True)
def test_a_refresh_token_that_does_not_match_gets_nothing(
    someone: Customer, expect: Expect
) -> None:
    """A live access token beside another refresh token, be it the customer's own, is refused; with
    its own it is repeated.
    """
    session, phone = someone.live_sessions(2)
    expect.returns_same_pair(session)
    expect.returns_same_pair(phone)
    others = [other_hex(session.refresh_token)]
    if someone.deployment.derives:  # a refresh token that was drawn may stand for itself
        others.append(phone.refresh_token)
    for other in others:
        expect.refused(session.altered(refresh_token=other).refresh())


@requirement("CORE-16", burns=True, optional=True)
def test_nor_does_it_the_second_time_in_one_document(
    odd: OddClient, someone: Customer, expect: Expect
) -> None:
    """One document that tries such a pair twice is refused twice, and once behind the right one."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    wrong = other_hex(session.refresh_token)
    for right in ([], [session.refresh_token]):
        for answer in odd.refresh_each(session.token, *right, wrong, wrong)[len(right) :]:
            expect.refused(answer)


# -- ACCESS_INVALID_REFRESH_INVALID ------------------------------------------------------------


@requirement("CORE-15", logins=2, long_jump=True)
def test_an_expired_session_is_over_and_its_row_gone(
    someone: Customer, another: Customer, expect: Expect
) -> None:
    """Past refresh_expiry a pair is refused and its row removed."""
    late, usual = someone.log_in(), another.log_in(remember_me=True)
    expect.rotates(usual.expired())
    ended = late.ended()
    expect.is_over(ended)
    expect.not_stored(ended)


@requirement("CORE-15", optional=True, long_jump=True)
def test_a_renewed_session_that_ran_out_leaves_no_row(someone: Customer, expect: Expect) -> None:
    """Nor is one left of a pair that came from a rotation."""
    [session] = someone.soon_expired_sessions(1)
    ended = expect.rotates(session).ended()
    expect.is_over(ended)
    expect.not_stored(ended)


@requirement("CORE-15", logins=10, exclusive=True, optional=True, long_jump=True)
def test_sessions_of_one_second_leave_no_row_either(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Nor is one left of two that began in one second."""
    answers, _ = deployment.in_one_second(*[alice.ask_to_log_in] * 2, tries=5)
    for session in [alice.session_from(answer) for answer in answers]:
        ended = session.ended()
        expect.is_over(ended)
        expect.not_stored(ended)


# -- no session at all -------------------------------------------------------------------------


@requirement("CORE-17")
def test_a_refresh_needs_an_authorization_header(
    someone: Customer, client: Client, expect: Expect
) -> None:
    """The pair is repeated with its access token in the header and refused without a header."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    expect.refused(client.refresh(None, session.refresh_token), SESSION_OVER)


@requirement("CORE-17", optional=True)
def test_a_login_in_the_same_document_is_no_header(
    deployment: Deployment, alice: RegisteredCustomer, odd: OddClient, expect: Expect
) -> None:
    """The pair of a login is not repeated without a header in the very document that issues it."""
    if not deployment.can_hash:
        raise NotTestable("secret", deployment.wrong_secret or deployment.odd_pairs)
    alice.wait_for_new_second()
    first = int(deployment.clock.now()) + deployment.lifetimes.access - FORETOLD // 2
    forge = deployment.need_forge()
    foretold = [forge.refresh_token(alice.id, exp) for exp in range(first, first + FORETOLD)]
    login, *refreshes = odd.log_in_and_refresh(alice.credentials, None, *foretold)
    if not login.pairs:
        raise NotApplicable("a login and a refresh in one document are refused")
    if alice.session_from(login).refresh_token not in foretold:
        raise NotTestable("clock", "the pair of a login came in another second than foretold")
    for refresh in refreshes:
        expect.session_over(refresh)


@requirement("CORE-18", burns=True)
def test_a_header_of_another_kind_is_refused(
    someone: Customer, client: Client, expect: Expect
) -> None:
    """Only `Bearer` and the token are an access token; anything else neither refreshes nor revokes,
    a token without a scheme too.
    """
    session = someone.log_in()
    expect.returns_same_pair(session)
    for scheme in ("", "Basic", "Token", "Bearer Bearer", "Basic Bearer", "Bearer x.y"):
        for operation in (client.refresh, client.revoke):
            with expect.given(f"the scheme {scheme!r}"):
                expect.refused(operation(session.token, session.refresh_token, scheme=scheme))
    expect.returns_same_pair(session)


@requirement("CORE-18", burns=True)
def test_a_bearer_token_that_cannot_be_decoded_is_refused(
    someone: Customer, client: Client, expect: Expect
) -> None:
    """A bearer value that is no JWT is refused beside a genuine refresh token."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    for value in ("not-a-jwt", "a.b.c", "e30.eA.e30", "...", "%00"):
        with expect.given(f"the bearer token {value!r}"):
            expect.refused(client.refresh(value, session.refresh_token))
            expect.refused(client.revoke(value, session.refresh_token))


@requirement("CORE-18", burns=True, optional=True)
def test_a_header_in_another_encoding_is_refused(
    odd: OddClient, someone: Customer, expect: Expect
) -> None:
    """So is a value whose bytes are no UTF-8."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    for value in (b"Bearer \xe9", b"Bearer \xf0\x9f"):
        with expect.given(f"the header {value!r}"):
            expect.refused_or_4xx(odd.refresh_under(value, session.refresh_token), SESSION_OVER)


@requirement("CORE-18", burns=True, optional=True)
def test_what_is_signed_and_holds_no_claims_is_refused(
    customers: Customers, someone: Customer, expect: Expect
) -> None:
    """So is one that the right secret has signed over something else than claims."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    with customers.sparing_others():
        for vector in forged_tokens.vectors("CORE-18"):
            with expect.given(vector.what):
                pair = forged_tokens.token(session, vector)
                expect.refused(pair.refresh())
                expect.refused(pair.revoke())


@requirement("CORE-27")
def test_what_ends_a_session_says_so(someone: Customer, client: Client, expect: Expect) -> None:
    """The refusals on which a storefront logs out carry `graphql-authorization`."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    expect.session_over(client.refresh(None, session.refresh_token))


@requirement("CORE-27", logins=2, burns=True)
def test_a_session_that_ended_says_so(someone: Customer, expect: Expect) -> None:
    """A revoked pair whose access token expired is refused with `graphql-authorization`, as often
    as it comes.
    """
    kept, revoked = someone.expired_sessions(2)
    expect.rotates(kept)
    expect.revokes(revoked)
    says_so_each_time(revoked, expect)


@requirement("CORE-27", burns=True, long_jump=True)
def test_a_session_that_ran_out_says_so(someone: Customer, expect: Expect) -> None:
    """So is a pair that has expired, also when its row is gone."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    says_so_each_time(session.ended(), expect)


@requirement("CORE-27", burns=True)
def test_a_session_that_was_spent_says_so(someone: Customer, expect: Expect) -> None:
    """So is a pair that was renewed already, also when it has ended its customer's sessions."""
    spent = someone.expired_session()
    expect.rotates_past_grace(spent)
    says_so_each_time(spent, expect)


def says_so_each_time(session: Session, expect: Expect) -> None:
    for _ in range(PRESENTATIONS):
        expect.is_over(session)
