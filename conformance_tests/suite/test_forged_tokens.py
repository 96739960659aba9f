"""A forged access token vouches for nothing: it is refused, and nobody loses a session over it."""

from __future__ import annotations

import pytest

from conformance_tests.actors import forged_tokens
from conformance_tests.actors.customers import Customer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import never_issued, vectors
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement


def changes_nothing(
    row: str, sessions: list[Session], expect: Expect, *, revoked: bool = False
) -> None:
    """A genuine pair is taken; each forgery of its twin's token is refused and changes no row.

    revoked: at a revoke too, where no row of its own speaks of that.
    """
    twin, session = sessions
    expect.works(twin)
    session.customer.wait_for_new_second()  # a clock that stands at exp goes past it
    presented = [(vector, list(forged_tokens.sessions(session, vector))) for vector in vectors(row)]
    look = expect.snapshot(session.customer)
    for vector, pairs in presented:
        with expect.given(vector.what):
            for pair in pairs:
                expect.refused_as_not_genuine(pair.refresh())
                if revoked:
                    expect.refused_as_not_genuine(pair.revoke())
            look()
    expect.works(session)


def is_refused(row: str, customer: Customer, expect: Expect) -> None:
    """Each time a new session is good, and a forgery of its token neither refreshes nor revokes."""
    for vector in vectors(row):
        session = customer.log_in()
        expect.returns_same_pair(session)
        with expect.given(vector.what):
            pair = forged_tokens.token(session, vector)
            expect.refused_as_not_genuine(pair.refresh())
            expect.refused_as_not_genuine(pair.revoke())
        expect.returns_same_pair(session)


def is_refused_later(row: str, customer: Customer, expect: Expect) -> None:
    """The same for tokens that have expired, all of them before the first is presented."""
    twin, *sessions = customer.soon_expired_sessions(1 + len(vectors(row)))
    expect.rotates(twin)
    for session, vector in zip(sessions, vectors(row), strict=True):
        with expect.given(vector.what):
            pair = forged_tokens.token(session, vector)
            expect.refused_as_not_genuine(pair.refresh())
            expect.refused_as_not_genuine(pair.revoke())


# -- signatures and algorithms -----------------------------------------------------------------


@requirement("HARD-01", logins=2, burns=True)
def test_a_bad_signature_vouches_for_nothing(someone: Customer, expect: Expect) -> None:
    """With a good signature a pair is taken; without one it is refused and its row stays."""
    changes_nothing("HARD-01", someone.live_sessions(2), expect)


@requirement("HARD-01", logins=2, burns=True, optional=True)
def test_a_bad_signature_vouches_for_nothing_later(someone: Customer, expect: Expect) -> None:
    """The same once the access token has expired: tampered with is not "merely expired"."""
    changes_nothing("HARD-01", someone.soon_expired_sessions(2), expect)


@requirement("HARD-01", logins=2, burns=True)
def test_a_token_that_anybody_can_make_ends_no_session(someone: Customer, expect: Expect) -> None:
    """A forged token beside a refresh token that nobody issued burns nothing."""
    twin, session = someone.live_sessions(2)
    expect.works(twin)
    look = expect.snapshot(someone)
    for vector in (*vectors("HARD-01"), *vectors("HARD-02")):
        stranger = forged_tokens.token(session, vector).altered(refresh_token=never_issued())
        with expect.given(vector.what):
            expect.refused_as_not_genuine(stranger.refresh())
            look()
    expect.works(session)


@requirement("HARD-01", logins=1, burns=True, optional=True)
def test_a_forged_token_ends_no_session_that_a_login_began(
    alice: RegisteredCustomer, expect: Expect
) -> None:
    """Nor does one beside the row of a login, which may hold more than the suite's rows."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    with expect.unchanged(alice):
        for vector in vectors("HARD-01"):
            with expect.given(vector.what):
                expect.refused_as_not_genuine(forged_tokens.token(session, vector).refresh())
    expect.returns_same_pair(session)


@requirement("HARD-02", logins=2, burns=True)
def test_alg_none_is_no_algorithm(someone: Customer, expect: Expect) -> None:
    """An unsigned token is refused however its header writes "none", and changes no row."""
    changes_nothing("HARD-02", someone.live_sessions(2), expect)


@requirement("HARD-02", logins=2, burns=True, optional=True)
def test_alg_none_is_no_algorithm_later(someone: Customer, expect: Expect) -> None:
    """The same for a token that has expired."""
    changes_nothing("HARD-02", someone.soon_expired_sessions(2), expect)


@requirement("HARD-03", logins=2, burns=True)
def test_only_hs256_is_accepted(someone: Customer, expect: Expect) -> None:
    """Claims under the right secret are taken in HS256 and refused in HS384 and HS512."""
    is_refused("HARD-03", someone, expect)


@requirement("HARD-03", logins=3, burns=True, optional=True)
def test_only_hs256_is_accepted_later(someone: Customer, expect: Expect) -> None:
    """The same for a token that has expired."""
    is_refused_later("HARD-03", someone, expect)


@requirement("HARD-17", logins=2, burns=True)
def test_a_revoke_needs_a_good_signature(someone: Customer, expect: Expect) -> None:
    """A forged token revokes nothing; the genuine one does."""
    twin, session = someone.live_sessions(2)
    expect.revokes(twin)
    look = expect.snapshot(someone)
    for vector in (*vectors("HARD-01"), *vectors("HARD-02")):
        with expect.given(vector.what):
            expect.refused_as_not_genuine(forged_tokens.token(session, vector).revoke())
            look()
    expect.revokes(session)


@requirement("HARD-17", logins=2, burns=True, optional=True)
def test_a_revoke_needs_a_good_signature_later(someone: Customer, expect: Expect) -> None:
    """The same once the access token has expired."""
    [session] = someone.soon_expired_sessions(1)
    for vector in vectors("HARD-01")[:2]:
        with expect.given(vector.what), expect.unchanged(someone):
            expect.refused_as_not_genuine(forged_tokens.token(session, vector).revoke())
    expect.rotates(session)


# -- claims and headers ------------------------------------------------------------------------


@requirement("HARD-04", logins=2, burns=True)
def test_exp_must_be_a_time(someone: Customer, expect: Expect) -> None:
    """A signed token whose exp is no positive number is refused, and changes no row."""
    changes_nothing("HARD-04", someone.live_sessions(2), expect, revoked=True)


@pytest.mark.usefixtures("forge")
@requirement("HARD-05", logins=7, burns=True)
def test_a_session_without_an_end_never_rotates(someone: Customer, expect: Expect) -> None:
    """An expired token whose refresh_expiry is no number is refused; with a number it rotates."""
    odd = vectors("HARD-05")
    twin, *sessions = someone.expired_sessions(1 + len(odd))
    expect.rotates(twin)
    for session, vector in zip(sessions, odd, strict=True):
        with expect.given(vector.what):
            expect.refused_as_not_genuine(forged_tokens.token(session, vector).refresh())


@requirement("HARD-06", logins=2, burns=True)
def test_what_is_critical_must_be_known(someone: Customer, expect: Expect) -> None:
    """A signed token is refused when its crit header names what nobody knows."""
    is_refused("HARD-06", someone, expect)


@requirement("HARD-06", logins=3, burns=True, optional=True)
def test_what_is_critical_must_be_known_later(someone: Customer, expect: Expect) -> None:
    """The same for a token that has expired."""
    is_refused_later("HARD-06", someone, expect)


@requirement("HARD-07")
def test_headers_that_name_a_key_are_ignored(someone: Customer, expect: Expect) -> None:
    """kid, jku, jwk and x5u make no difference, nor does an nbf of the past."""
    session = someone.log_in()
    for vector in vectors("HARD-07", accepted=True):
        with expect.given(vector.what):
            expect.returns_same_pair(odd := forged_tokens.token(session, vector))
    expect.revokes(odd)


@requirement("HARD-07", logins=4, burns=True)
def test_a_token_brings_no_key_and_begins_when_it_says(someone: Customer, expect: Expect) -> None:
    """A key that comes with the token opens nothing, and a future nbf means: not yet."""
    is_refused("HARD-07", someone, expect)


@requirement("HARD-07", logins=5, burns=True, optional=True)
def test_a_token_brings_no_key_later(someone: Customer, expect: Expect) -> None:
    """The same for a token that has expired: "not yet" is not "merely expired"."""
    is_refused_later("HARD-07", someone, expect)


@requirement("HARD-07", burns=True, optional=True)
def test_an_address_in_a_header_is_never_visited(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """Nobody comes to fetch a key from the address that a token names."""
    session = someone.log_in()
    with deployment.request_counter() as counter:
        for vector in vectors("HARD-07"):
            forged_tokens.token(session, vector, unused_address=counter.url).refresh()
    expect.equal(counter.requests, 0, "requests to the address in the token")


@requirement("HARD-08", burns=True)
def test_a_token_of_another_kind_is_refused(
    customers: Customers, someone: Customer, expect: Expect
) -> None:
    """What the same key signed for another purpose opens no session here, and ends none."""
    session = someone.log_in()
    expect.works(session)
    with customers.sparing_others():
        for vector in vectors("HARD-08"):
            for pair in forged_tokens.sessions(session, vector):
                with expect.given(vector.what), expect.unchanged_if_visible(someone):
                    expect.refused_as_not_genuine(pair.refresh())
                    expect.refused_as_not_genuine(pair.revoke())


@requirement("HARD-08", burns=True)
def test_a_token_of_another_kind_never_reaches_the_table(
    customers: Customers, alice: RegisteredCustomer, faults: FaultProxy, expect: Expect
) -> None:
    """A login is seen to touch the table; a token of another kind is not."""
    with faults.watch() as calls:
        session = alice.log_in()
    expect.table_seen(calls)
    with customers.sparing_others():
        for vector in vectors("HARD-08"):
            for pair in forged_tokens.sessions(session, vector):
                with expect.given(vector.what), expect.table_untouched(faults):
                    pair.refresh()
                    pair.revoke()


@requirement("HARD-32", logins=2, burns=True)
def test_a_name_stands_once(someone: Customer, expect: Expect) -> None:
    """A signed token in whose header or payload a name stands twice is refused."""
    is_refused("HARD-32", someone, expect)


@requirement("HARD-32", logins=3, burns=True, optional=True)
def test_a_name_stands_once_later(someone: Customer, expect: Expect) -> None:
    """The same for a token that has expired."""
    is_refused_later("HARD-32", someone, expect)


@requirement("HARD-33", logins=2, burns=True)
def test_a_time_is_a_whole_second(someone: Customer, expect: Expect) -> None:
    """A signed token whose exp or refresh_expiry has a fraction is refused."""
    is_refused("HARD-33", someone, expect)


@requirement("HARD-33", logins=3, burns=True, optional=True)
def test_a_time_is_a_whole_second_later(someone: Customer, expect: Expect) -> None:
    """The same for a token that has expired."""
    is_refused_later("HARD-33", someone, expect)


@requirement("HARD-34", burns=True)
def test_unused_bits_are_not_set(someone: Customer, expect: Expect) -> None:
    """A token whose last character says more than its bytes is refused, though they are right."""
    is_refused("HARD-34", someone, expect)


# -- what a refusal tells ----------------------------------------------------------------------


@requirement("HARD-21", burns=True)
def test_a_refusal_does_not_tell_who_is_a_customer(
    alice: RegisteredCustomer, expect: Expect
) -> None:
    """A token forged for a customer with a session and one for nobody get the same answers."""
    session = alice.log_in()
    expect.works(session)
    for vector in vectors("HARD-21"):
        known = forged_tokens.token(session, vector, other=alice.id_as_json)
        unknown = forged_tokens.token(session, vector, other=alice.unknown_id_as_json)
        with expect.given(vector.what):
            expect.same_answer(known.refresh(), unknown.refresh())
            expect.same_answer(known.revoke(), unknown.revoke())


@requirement("HARD-29", logins=8, burns=True)
def test_a_token_has_one_spelling(someone: Customer, expect: Expect) -> None:
    """A token is good as it was issued, and refused once it is padded or has blanks in it."""
    is_refused("HARD-29", someone, expect)


@requirement("HARD-29", logins=9, burns=True, optional=True)
def test_a_token_has_one_spelling_later(someone: Customer, expect: Expect) -> None:
    """The same for a token that has expired."""
    is_refused_later("HARD-29", someone, expect)
