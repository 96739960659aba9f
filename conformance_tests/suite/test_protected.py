"""The access token at work: it opens the query that needs a signed-in customer."""

from __future__ import annotations

from conformance_tests.actors import forged_tokens
from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.actors.forged_tokens import DAY, vectors
from conformance_tests.actors.protected import Protected, live_then_expired
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable


@requirement("API-01", logins=2)
def test_a_live_token_opens_what_is_the_customers_own(
    deployment: Deployment,
    protected: Protected,
    alice: RegisteredCustomer,
    bob: RegisteredCustomer,
    expect: Expect,
) -> None:
    """Two customers get an answer each, in turn, and neither gets the other's; nor does anybody
    whose id only begins as theirs does.
    """
    hers, his = alice.log_in(), bob.log_in()
    told, other, again = (
        expect.protected_answered(protected.asked_by(s)) for s in (hers, his, hers)
    )
    expect.equal(again, told, "the same customer's answer")
    expect.that(other != told, "another answer for another customer", "the same one")
    expect.own_data(told, alice, other, bob)
    if deployment.forge is not None:
        for session, whose, own in ((hers, alice, told), (his, bob, other)):
            longer = {**session.claims, "customer_id": f"{whose.id}-{deployment.run}"}
            token = deployment.add_access_token(deployment.forge.mint(longer))
            expect.not_the_data_of(whose, own, protected.asked_by(session.altered(token=token)))


@requirement("API-01", logins=2, optional=True)
def test_a_logout_leaves_the_query_open_on_other_devices(
    deployment: Deployment, protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A live access token opens it also after the customer's logout from another session."""
    laptop, phone = alice.log_in(), alice.log_in()
    expect.protected_answered(protected.asked_by(laptop))
    deployment.pass_seconds(1)
    expect.revokes(phone)
    expect.protected_answered(protected.asked_by(laptop))


@requirement("API-02")
def test_nobody_is_refused(protected: Protected, alice: RegisteredCustomer, expect: Expect) -> None:
    """With a live token the query is answered; without a header it is not."""
    expect.protected_answered(protected.asked_by(alice.log_in()))
    expect.protected_session_over(protected.asked_by_nobody())


@requirement("API-03")
def test_an_expired_token_is_refused(
    protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A live token opens the query; the same customer's expired one does not."""
    session = live_then_expired(alice)
    expect.protected_answered(protected.asked_by(next(session)))
    expect.protected_refused(protected.asked_by(next(session)))


@requirement("API-03", optional=True)
def test_a_token_expires_at_its_very_second(
    deployment: Deployment, protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """One second before exp the query is answered; at exp it is refused."""
    session = alice.log_in()
    deployment.clock.freeze_at(session.exp - 1)
    expect.protected_answered(protected.asked_by(session))
    deployment.clock.freeze_at(session.exp)
    expect.protected_refused(protected.asked_by(session))


@requirement("API-03", optional=True)
def test_a_renewed_token_expires_too(
    deployment: Deployment, protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """So is a token that a rotation gave, once it has expired."""
    if not deployment.clock.movable:
        raise NotTestable("clock")
    renewed = expect.rotates(alice.expired_session())
    expect.protected_refused(protected.asked_by(renewed.expired()))


@requirement("API-04", logins=2)
def test_a_token_that_anybody_could_forge_is_refused(
    protected: Protected, alice: RegisteredCustomer, bob: RegisteredCustomer, expect: Expect
) -> None:
    """A genuine token opens the query; tampered with, signed anew or unsigned it does not."""
    session, other = alice.log_in(), bob.id_as_json
    expect.protected_answered(protected.asked_by(session))
    for vector in (*vectors("HARD-01"), *vectors("HARD-02")):
        with expect.given(vector.what):
            expect.protected_refused(
                protected.asked_by(forged_tokens.token(session, vector, other=other))
            )


@requirement("API-04")
def test_a_token_under_another_algorithm_is_refused(
    protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A genuine token opens the query; signed by the same secret in another way it does not."""
    session = alice.log_in()
    expect.protected_answered(protected.asked_by(session))
    for vector in vectors("HARD-03"):
        with expect.given(vector.what):
            expect.protected_refused(protected.asked_by(forged_tokens.token(session, vector)))


@requirement("API-05")
def test_a_refresh_token_is_no_access_token(
    protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """The query is answered for the access token of a pair, and not for its refresh token."""
    session = alice.log_in()
    expect.protected_answered(protected.asked_by(session))
    swapped = session.altered(token=session.refresh_token)
    expect.protected_refused(protected.asked_by(swapped))


@requirement("API-06")
def test_a_renewed_token_opens_the_query(
    protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """The access token that a rotation hands out is as good as one of a login: the answer is the
    same.
    """
    session = alice.log_in()
    told = expect.protected_answered(protected.asked_by(session))
    successor = expect.rotates(session.expired())
    again = expect.protected_answered(protected.asked_by(successor))
    expect.equal(again, told, "the answer")


@requirement("API-06", optional=True, long_jump=True)
def test_a_token_that_is_renewed_again_opens_the_query(
    deployment: Deployment, protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """So is the next rotation's, once the one that was used has expired in its own time."""
    if not deployment.clock.movable:
        raise NotTestable("clock", deployment.clock.unusable)
    renewed = expect.rotates(alice.expired_session())
    expect.protected_answered(protected.asked_by(renewed))
    deployment.pass_seconds(deployment.lifetimes.access + deployment.slack + 1)
    newest = expect.rotates(renewed)
    expect.protected_answered(protected.asked_by(newest))


@requirement("API-06", optional=True)
def test_a_token_of_an_old_session_opens_the_query(
    deployment: Deployment, protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """So is the token of a session that began yesterday and was renewed ever since."""
    deployment.need_sessions_of(DAY + deployment.lifetimes.refresh)
    successor = expect.rotates(alice.renewed_session().begun_earlier(DAY))
    expect.protected_answered(protected.asked_by(successor))
