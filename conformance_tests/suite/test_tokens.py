"""The tokens themselves: an access token that any verifier reads, a refresh token derived of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from conformance_tests.actors import forged_tokens
from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import never_issued
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment import forge
from conformance_tests.deployment.clock import Window
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http import leaks
from conformance_tests.deployment.http.documents import ABSENT
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable, SuiteError, own_question

COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
DERIVED = re.compile(r"[0-9a-f]{128}", re.ASCII)
#: Claims that name the customer and the times; an id may well be an e-mail address.
USUAL_CLAIMS = {"customer_id", "exp", "refresh_expiry", "iat", "auth_time"}
AT_ONCE = 4
#: More bytes than bcrypt takes.
LONG_PASSWORD = 100
#: Ids at the limits of clause 3.4, and one that many programs take for none.
INTEGERS = (0, -1, 2**53 - 1, 1 - 2**53)


@pytest.fixture
def renewed(someone: Customer, expect: Expect) -> Session:
    """A session as a rotation hands it out, the second one where that takes no second wait."""
    return expect.rotates(someone.renewed_session())


# -- the access token --------------------------------------------------------------------------


@requirement("WIRE-01")
def test_an_access_token_is_a_compact_jws(alice: RegisteredCustomer, expect: Expect) -> None:
    """Three parts of unpadded base64url, of which the first says HS256 and JWT."""
    session = alice.log_in()
    is_compact = COMPACT.fullmatch(session.token)
    expect.that(is_compact, "three parts of unpadded base64url", session.token)
    expect.equal(session.header.get("alg"), "HS256", "alg")
    expect.equal(session.header.get("typ"), "JWT", "typ")


@requirement("WIRE-01")
def test_an_access_token_is_signed_with_the_secret(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """The signature verifies with the secret's UTF-8 bytes."""
    session = alice.log_in()
    if deployment.forge is None:
        raise NotTestable("secret")
    signed = deployment.forge.verifies(session.token)
    expect.that(signed, "a token signed with the secret that [signing] names", session.token)


@requirement("WIRE-01", optional=True)
def test_a_renewed_access_token_is_signed_alike(
    forge: Forge, renewed: Session, expect: Expect
) -> None:
    """A rotation signs as a login does."""
    expect.that(COMPACT.fullmatch(renewed.token), "unpadded base64url", renewed.token)
    expect.that(forge.verifies(renewed.token), "a token signed with the secret", renewed.token)


@requirement("WIRE-02")
def test_a_payload_names_the_customer_and_two_times(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A login's token has customer_id, exp and refresh_expiry, the times in whole seconds."""
    judge_payload(deployment, alice.log_in(remember_me=True), expect)


@requirement("WIRE-02", optional=True)
def test_a_renewed_payload_names_them_too(
    deployment: Deployment, renewed: Session, expect: Expect
) -> None:
    """A rotation's token has the same claims of the same kinds."""
    judge_payload(deployment, renewed, expect)


def judge_payload(deployment: Deployment, session: Session, expect: Expect) -> None:
    now, claims = deployment.clock.now(), session.claims
    named = claims.get("customer_id")
    is_name = isinstance(named, (str, int)) and not isinstance(named, bool) and named != ""
    expect.that(is_name, "customer_id to be a text or an integer", repr(named))
    for name in ("exp", "refresh_expiry"):
        time = claims.get(name)
        expect.that(type(time) is int, f"{name} to be an integer", repr(time))
        expect.between(time, now, now + 2 * deployment.lifetimes.extended, name)


@requirement("WIRE-04")
def test_a_payload_holds_nothing_that_opens_a_session(
    alice: RegisteredCustomer, expect: Expect
) -> None:
    """Neither e-mail nor password, refresh token or secret stands in a login's token."""
    judge_secrecy(alice.log_in(), expect)


@requirement("WIRE-04", optional=True)
def test_a_remembered_payload_holds_no_more(alice: RegisteredCustomer, expect: Expect) -> None:
    """Nor does it stand in the token of a remembered session."""
    judge_secrecy(alice.log_in(remember_me=True), expect)


@requirement("WIRE-04", optional=True)
def test_a_renewed_payload_holds_no_more(alice: RegisteredCustomer, expect: Expect) -> None:
    """Nor does it stand in a token that was renewed, and nor does the spent refresh token."""
    spent = alice.expired_session()
    judge_secrecy(expect.rotates(spent), expect, spent.refresh_token)


@requirement("WIRE-04", optional=True)
def test_a_payload_that_is_renewed_again_holds_no_more(someone: Customer, expect: Expect) -> None:
    """Nor do they stand in a token that was renewed twice."""
    [first] = someone.soon_expired_sessions(1)
    spent = expect.rotates(first).expired()
    judge_secrecy(expect.rotates(spent), expect, spent.refresh_token)


def judge_secrecy(session: Session, expect: Expect, spent: str = "") -> None:
    customer = session.customer
    known = {
        "refresh token": session.refresh_token,
        "spent refresh token": spent,
        "secret": customer.deployment.target.secret or "",
    }
    if isinstance(customer, RegisteredCustomer):
        known |= {"e-mail": customer.credentials.email, "password": customer.credentials.password}
    for claim, value in session.claims.items():
        if claim not in USUAL_CLAIMS:
            found = [
                what for what, secret in known.items() if leaks.revealed_anywhere(value, secret)
            ]
            expect.that(not found, "no claim that gives a secret away", f"{claim}: {found}")


@requirement("WIRE-10", logins=AT_ONCE + 1)
def test_an_access_token_never_outlives_its_lifetime(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """However many logins share a second, exp stays within now + the access lifetime.

    A deployment that runs out of distinct tokens may ask to try again.
    """
    with deployment.clock.window() as window:
        remembered = alice.log_in(remember_me=True)
        crowd = [alice.ask_to_log_in() for _ in range(AT_ONCE)]
    given = [alice.session_from(answer) for answer in crowd if not answer.asks_to_retry]
    for session in (remembered, *given):
        judge_lifetime(deployment, session, window, expect)


@requirement("WIRE-10", optional=True)
@pytest.mark.parametrize("remember_me", [ABSENT, True], ids=["normal", "remembered"])
def test_a_renewed_access_token_does_not_either(
    deployment: Deployment, someone: Customer, expect: Expect, remember_me: object
) -> None:
    """A rotation's exp keeps within the access lifetime, and before its refresh_expiry; so does
    the next one's.
    """
    renewed = rotates_in_its_lifetime(someone.expired_session(remember_me), deployment, expect)
    if not deployment.must_wait:
        rotates_in_its_lifetime(renewed.expired(), deployment, expect)


@requirement("WIRE-10", exclusive=True, optional=True)
def test_access_tokens_renewed_in_one_second_do_not_either(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """However many rotations share a second, each one's exp keeps within the access lifetime."""
    sessions = made_up.expired_sessions(1 + AT_ONCE, remember_me=True)
    with deployment.clock.window() as window:
        answers, tries = deployment.in_one_second(*(session.refresh for session in sessions))
    expect.raced(len(answers), "in one second", tries)
    for answer in answers:
        if not answer.asks_to_retry:
            judge_lifetime(deployment, made_up.session_from(answer), window, expect)


def rotates_in_its_lifetime(session: Session, deployment: Deployment, expect: Expect) -> Session:
    with deployment.clock.window() as window:
        renewed = expect.rotates(session)
    judge_lifetime(deployment, renewed, window, expect)
    return renewed


def judge_lifetime(
    deployment: Deployment, session: Session, window: Window, expect: Expect
) -> None:
    _, latest = window.after(deployment.lifetimes.access)
    expect.that(session.exp <= latest, f"exp to be {latest} at most", session.exp)
    before_its_end = session.exp < session.refresh_expiry
    expect.that(before_its_end, f"exp {session.exp} before refresh_expiry", session.refresh_expiry)


# -- the refresh token -------------------------------------------------------------------------


@requirement("WIRE-05")
def test_a_refresh_token_is_128_hex_characters(alice: RegisteredCustomer, expect: Expect) -> None:
    """A login's refresh token is lower-case hex of 64 bytes."""
    token = alice.log_in().refresh_token
    expect.that(DERIVED.fullmatch(token), "128 lower-case hex characters", kind_of(token))


@requirement("WIRE-05", optional=True)
def test_a_renewed_refresh_token_has_the_same_form(renewed: Session, expect: Expect) -> None:
    """So is a rotation's."""
    token = renewed.refresh_token
    expect.that(DERIVED.fullmatch(token), "128 lower-case hex characters", kind_of(token))


def kind_of(token: str) -> str:
    """A token's form, told without its text."""
    alphabet = "hex" if re.fullmatch(r"[0-9a-fA-F]+", token) else "other"
    case = "lower-case " if token == token.lower() else ""
    return f"{len(token)} {case}{alphabet} characters"


@requirement("WIRE-06", "WIRE-07", logins=3)
def test_a_refresh_token_is_derived_from_id_and_exp(
    alice: RegisteredCustomer, bob: RegisteredCustomer, forge: Forge, expect: Expect
) -> None:
    """At login it is PBKDF2 over the id and the exp of the token beside it, for each customer."""
    for session in (alice.log_in(), alice.log_in(remember_me=True), bob.log_in()):
        judge_derivation(session, forge, expect)


@requirement("WIRE-07")
def test_a_renewed_refresh_token_is_derived_from_the_new_exp(
    forge: Forge, renewed: Session, expect: Expect
) -> None:
    """At a rotation it follows the exp of the new access token."""
    judge_derivation(renewed, forge, expect)


def judge_derivation(session: Session, forge: Forge, expect: Expect) -> None:
    if why := session.customer.deployment.opaque:
        raise NotTestable("derivation", why)
    derived = forge.refresh_token(session.claims.get("customer_id"), session.exp)
    expect.that(
        session.refresh_token == derived,
        f"the refresh token derived from customer_id and exp {session.exp}",
        f"another text, {session.refresh_token}",
    )


# -- tokens of another make --------------------------------------------------------------------


@requirement("WIRE-03")
def test_claims_that_nobody_knows_are_welcome(made_up: MadeUpCustomer, expect: Expect) -> None:
    """A pair with further claims is as good as any other."""
    more = {"jti": "conformance-1", "locale": "de-CH", "roles": ["buyer", {"of": 7}], "x": None}
    are_welcome(more, made_up, expect)


@requirement("WIRE-03")
def test_the_time_of_a_login_is_welcome(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """A pair that says when its customer logged in is as good as any other."""
    are_welcome({"auth_time": int(deployment.clock.now()) - 60}, made_up, expect)


@requirement("WIRE-03")
def test_a_token_from_a_faster_clock_is_welcome(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """An iat up to a minute ahead changes nothing, for a live token and an expired one."""
    ahead = int(deployment.clock.now()) + 60 - deployment.clock.margin
    are_welcome({"iat": ahead}, made_up, expect)


def are_welcome(claims: dict[str, Any], made_up: MadeUpCustomer, expect: Expect) -> None:
    """A pair with these claims is repeated, renewed once expired, and revoked."""
    expect.returns_same_pair(made_up.log_in())
    with own_question():
        expect.returns_same_pair(live := made_up.forge_session(300, 600, claims=claims))
        expect.rotates(made_up.forge_session(-5, 600, claims=claims))
        expect.revokes(live)


@requirement("WIRE-03", optional=True)
def test_a_login_signed_anew_by_a_faster_clock_is_welcome(
    deployment: Deployment, alice: RegisteredCustomer, forge: Forge, expect: Expect
) -> None:
    """The claims of a login under a later iat, signed with the secret, are as good as its own."""
    if deployment.opaque:
        raise NotTestable("derivation", deployment.opaque)
    session = alice.log_in()
    ahead = {"iat": int(deployment.clock.now()) + 60 - deployment.clock.margin}
    token = deployment.add_access_token(forge.mint({**session.claims, **ahead}))
    with own_question():
        expect.returns_same_pair(session.altered(token=token))


@requirement("WIRE-08", registered=True)
@pytest.mark.parametrize("id_", ["number", "digits", "text"])
def test_a_session_of_the_module_goes_on(
    customers: Customers, deployment: Deployment, expect: Expect, id_: str
) -> None:
    """A pair and row in the module's form are repeated, renewed and revoked; the id is kept."""
    if unlike := forge.minted_otherwise():
        raise SuiteError(f"the suite does not mint as the module did: {unlike}")
    if id_ == "text":
        customer = customers.made_up()
    else:
        customer = customers.numbered(int if id_ == "number" else str)
    live, expired, unwanted = (customer.forge_session(left, 600, ttl=str) for left in (300, -5, -7))
    expect.returns_same_pair(live)
    successor = expect.rotates(expired)
    expect.equal(successor.claims.get("customer_id"), customer.id, "customer_id")
    expect.revokes(unwanted)
    expect.not_stored(unwanted)
    expect.returns_same_pair(successor)


@requirement("WIRE-09", burns=True)
def test_an_id_beyond_ascii_is_utf_8(
    customers: Customers,
    deployment: Deployment,
    made_up: MadeUpCustomer,
    forge: Forge,
    expect: Expect,
) -> None:
    """A session of such an id is repeated, renewed under the same id, found by its key, and ends
    with a replay.
    """
    expect.rotates(made_up.expired_session())
    foreign = customers.made_up(f"{made_up.id}-Zoë-Zoe\u0308-李-🌱")
    expect.returns_same_pair(foreign.log_in(remember_me=True))
    spent = foreign.expired_session()
    successor = expect.rotates(spent)
    expect.equal(successor.claims.get("customer_id"), foreign.id, "customer_id")
    judge_derivation(successor, forge, expect)
    expect.stored(successor)
    expect.revokes(foreign.log_in())
    expect.revokes(customers.made_up(f"{made_up.id}-Zoë").log_in())  # it fits Latin-1 too
    deployment.wait_out_grace()
    expect.is_over(spent)
    expect.not_stored(successor)


@requirement("HARD-35", burns=True)
@pytest.mark.parametrize("id_", INTEGERS)
def test_every_integer_is_an_id(
    customers: Customers, made_up: MadeUpCustomer, expect: Expect, id_: int
) -> None:
    """A session of such an id is repeated, renewed under the same id, and revoked; a replay ends
    the others.
    """
    expect.rotates(made_up.expired_session())
    customer = customers.named(id_)
    if customer is None:
        raise NotTestable("own table")
    live, expired, unwanted = (customer.forge_session(left, 600) for left in (300, -5, -7))
    with customers.sparing_others():
        expect.returns_same_pair(live)
        successor = expect.rotates(expired)
        expect.equal(successor.claims.get("customer_id"), id_, "customer_id")
        expect.revokes(unwanted)
        expect.not_stored(unwanted)
        customers.deployment.wait_out_grace()
        expect.is_over(expired)
        expect.not_stored(successor)


@requirement("WIRE-13")
def test_a_token_was_not_issued_later_than_now(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Where a login's token says when it was issued, that is not to come."""
    with deployment.clock.window() as window:
        session = alice.log_in()
    judge_iat(session, window, expect)


@requirement("WIRE-13", optional=True)
@pytest.mark.parametrize("remember_me", [ABSENT, True], ids=["normal", "remembered"])
def test_nor_was_a_renewed_one(
    deployment: Deployment, someone: Customer, expect: Expect, remember_me: Any
) -> None:
    """So it is with a rotation's."""
    session = someone.renewed_session(remember_me)
    with deployment.clock.window() as window:
        renewed = expect.rotates(session)
    judge_iat(renewed, window, expect)


def judge_iat(session: Session, window: Window, expect: Expect) -> None:
    issued = session.claims.get("iat")
    if issued is not None:
        _, latest = window.after(0)
        expect.between(issued, 1, latest, "iat")


# -- refusals ----------------------------------------------------------------------------------


@requirement("WIRE-12", logins=3, burns=True, wrong_passwords=True)
def test_every_refusal_has_the_same_form(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A message, a category of GraphQL's own, and the field null, whatever was refused."""
    client, session = deployment.client, alice.log_in()
    expect.returns_same_pair(session)
    stranger = never_issued()
    for answer in (
        alice.ask_to_log_in(password=f"not {alice.credentials.password}"),
        client.log_in(f"{deployment.nobody}@example.invalid", "x" * LONG_PASSWORD),
        client.refresh(None, session.refresh_token),
        client.refresh(session.token, stranger),
        client.refresh("not-a-token", session.refresh_token),
        client.revoke(None, session.refresh_token),
        client.revoke(session.token),
        client.revoke(session.token, ""),
        client.revoke(session.token, stranger),
    ):
        expect.well_formed_error(answer)


@requirement("WIRE-12", burns=True, optional=True)
def test_every_refusal_of_a_document_has_it(
    odd: OddClient, someone: Customer, expect: Expect
) -> None:
    """So has each of two refusals in one document, where a document may ask for two."""
    session = someone.log_in()
    expect.well_formed_error(session.altered(refresh_token=never_issued()).refresh())
    for answer in odd.refresh_each(session.token, *[never_issued()] * 2):
        if answer.errors:
            expect.well_formed_error(answer)


@requirement("WIRE-12", burns=True, optional=True)
def test_what_is_signed_and_holds_no_claims_is_refused_in_it(
    customers: Customers, someone: Customer, expect: Expect
) -> None:
    """So is the refusal of a token that is signed over something else than claims."""
    session = someone.log_in()
    with customers.sparing_others():
        for vector in forged_tokens.vectors("CORE-18"):
            with expect.given(vector.what):
                pair = forged_tokens.token(session, vector)
                expect.well_formed_error(pair.refresh())
                expect.well_formed_error(pair.revoke())


@requirement("WIRE-12", optional=True, hazard="fault")
def test_a_login_that_cannot_be_stored_has_the_same_form(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A login whose row cannot be written is an error of the same form."""
    with deployment.need_faults().refuse("write", "denied", of=alice.id, times=1) as fault:
        answer = alice.ask_to_log_in()
    if not fault.hits:
        raise NotTestable("faults")
    expect.well_formed_error(answer)
