"""What the table holds of a session: one row, no token, and an expiry that the table can act on."""

from __future__ import annotations

import pytest

from conformance_tests.actors import forged_tokens
from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment.clock import Window
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http.documents import ABSENT
from conformance_tests.deployment.row import LONG_ID, Row
from conformance_tests.deployment.table import Table
from conformance_tests.expect.expect import Expect
from conformance_tests.good_calls import REFUSED
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable, good_call

#: Refused logins of one e-mail.
IN_A_ROW = 4
#: Of one session, after each of which its row is looked at.
ROTATIONS = 2
REMEMBERED = pytest.mark.parametrize("remember_me", [False, True], ids=["normal", "remembered"])


# -- a login -----------------------------------------------------------------------------------


@requirement("STORE-01", logins=3)
def test_a_login_writes_one_row(alice: RegisteredCustomer, expect: Expect) -> None:
    """One row more under the customer's id and a hash, both texts; the others as they were, a
    dozen of them and a remembered one too.
    """
    with alice.extra_rows(12):
        alice.log_in(remember_me=True)
        for remember_me in (False, True):
            with expect.row_changes(alice, new=1, gone=0) as changes:
                alice.log_in(remember_me)
            kinds = [row.key_types for row in changes.new]
            expect.equal(kinds, [("S", "S")], "the types of customer_id and refresh_token_hash")


@requirement("STORE-02", logins=2)
@REMEMBERED
def test_a_row_is_found_by_the_hash_of_the_refresh_token(
    alice: RegisteredCustomer, forge: Forge, expect: Expect, remember_me: bool
) -> None:
    """A login's row has the hash over the refresh token's text as its sort key."""
    with expect.row_changes(alice, new=1) as changes:
        session = alice.log_in(remember_me)
    judge_hash(changes.new[0], session, forge, expect)


@requirement("STORE-02")
def test_a_renewed_row_is_found_alike(someone: Customer, forge: Forge, expect: Expect) -> None:
    """So has a rotation's."""
    someone.deployment.need_rows()
    session = someone.expired_session()
    with expect.row_changes(someone, new=1) as changes:
        renewed = expect.rotates(session)
    judge_hash(changes.new[0], renewed, forge, expect)


def judge_hash(row: Row, session: Session, forge: Forge, expect: Expect) -> None:
    derived = forge.hash_of(session.refresh_token)
    expect.that(row.hash == derived, f"the hash of {session.refresh_token}", row.hash)


@requirement("STORE-03", logins=3)
def test_nothing_in_the_table_opens_a_session(
    alice: RegisteredCustomer, bob: RegisteredCustomer, expect: Expect
) -> None:
    """After a login, a remembered one too, the table holds its row, and no token, e-mail or
    password anywhere.
    """
    with expect.row_changes(alice, new=1):
        session = alice.log_in()
    remembered = alice.log_in(remember_me=True)
    revoked = alice.log_in()
    expect.revokes(revoked)
    known = {
        **tokens_of(session),
        **tokens_of(remembered, "remembered "),
        **tokens_of(revoked, "revoked "),
    }
    for customer in (alice, bob):
        email = customer.credentials.email
        if email != customer.id:  # a platform may know its customers by their e-mail
            known[f"e-mail {email}"] = email
        known[f"password of {email}"] = customer.credentials.password
    expect.nowhere_in_table(known, alice, bob)


@requirement("STORE-03", burns=True, optional=True)
def test_nothing_that_a_rotation_leaves_opens_one(someone: Customer, expect: Expect) -> None:
    """After a rotation neither the spent pair nor the new one is in the table, nor are they once
    the spent one was logged out.
    """
    spent = someone.renewed_session()
    with expect.row_changes(someone, new=1):
        renewed = expect.rotates(spent)
    both = {**tokens_of(renewed), **tokens_of(spent, "spent ")}
    expect.nowhere_in_table(both, someone)
    spent.revoke()
    expect.nowhere_in_table(both, someone)


@requirement("STORE-03", burns=True, optional=True)
def test_nothing_that_a_burn_leaves_opens_one(someone: Customer, expect: Expect) -> None:
    """Nor are they there after a replay."""
    spent = someone.expired_session(remember_me=True)
    renewed = expect.rotates_past_grace(spent)
    expect.is_over(spent)
    expect.nowhere_in_table({**tokens_of(renewed), **tokens_of(spent, "spent ")}, someone)


@requirement("STORE-03", optional=True)
def test_nothing_that_a_rotation_with_grace_leaves_opens_one(
    customers: Customers, graceful: Deployment, table: Table, expect: Expect
) -> None:
    """Nor are they there while the window of a rotation is open."""
    someone = customers.at(graceful).someone()
    spent = someone.expired_session(remember_me=True)
    renewed = expect.rotates(spent)
    expect.nowhere_in_table({**tokens_of(renewed), **tokens_of(spent, "spent ")}, someone)


@requirement("STORE-03", optional=True)
def test_nothing_that_a_lapsed_row_leaves_opens_one(
    deployment: Deployment, made_up: MadeUpCustomer, table: Table, expect: Expect
) -> None:
    """Nor is a pair there that was refused because its row should have been deleted."""
    expect.rotates(made_up.forge_session(-7, 600))
    lapsed = made_up.forge_session(-5, 600, ttl=int(deployment.clock.now()) - 60)
    lapsed.refresh()
    expect.nowhere_in_table(tokens_of(lapsed), made_up)


def tokens_of(session: Session, which: str = "") -> dict[str, str]:
    return {f"{which}access token": session.token, f"{which}refresh token": session.refresh_token}


@requirement("STORE-04", logins=2)
@REMEMBERED
def test_a_row_lives_as_long_as_its_session(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect, remember_me: bool
) -> None:
    """A row's ttl is its session's refresh_expiry, in epoch seconds."""
    with deployment.clock.window() as window, expect.row_changes(alice, new=1) as changes:
        session = alice.log_in(remember_me)
    lifetime = deployment.session_lasts(remember_me=remember_me)
    judge_ttl(changes.new[0], session, window, lifetime, expect)


def judge_ttl(row: Row, session: Session, window: Window, lifetime: int, expect: Expect) -> None:
    """The ttl is the token's refresh_expiry, or where it carries none, so much from now."""
    promised = session.claims.get("refresh_expiry")
    if promised is None:
        expect.between(row.ttl, *window.after(lifetime), "ttl")
    else:
        expect.equal(row.ttl, promised, "ttl")


@requirement("STORE-04", optional=True)
def test_a_row_keeps_the_end_of_a_remembered_session(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """So is the ttl of each row that follows it, as long as the end stays."""
    deployment.need_table()  # a developer's row has an end of its own
    lifetimes = deployment.lifetimes
    room = (ROTATIONS + 1) * lifetimes.access + lifetimes.refresh + deployment.slack
    if deployment.must_wait or deployment.session_lasts(remember_me=True) <= room:
        raise NotTestable("clock", "it needs a remembered session of several rotations")
    session = someone.log_in(remember_me=True)
    for _ in range(ROTATIONS):
        old = session.expired()
        kept = expect.stored(old)
        session = expect.rotates(old)
        row = expect.stored(session)
        expect.equal(row and row.ttl, kept and kept.ttl, "ttl")


@requirement("STORE-05")
@REMEMBERED
def test_the_table_can_act_on_a_ttl(
    alice: RegisteredCustomer, expect: Expect, remember_me: bool
) -> None:
    """A login's ttl is a Number: of another type DynamoDB never deletes the row."""
    with expect.row_changes(alice, new=1) as changes:
        alice.log_in(remember_me)
    expect.equal(changes.new[0].ttl_type, "N", "the type of ttl")


@requirement("STORE-05", optional=True)
def test_the_table_can_act_on_a_renewed_ttl(someone: Customer, expect: Expect) -> None:
    """So is a rotation's."""
    session = someone.renewed_session()
    with expect.row_changes(someone, new=1) as changes:
        expect.rotates(session)
    expect.equal(changes.new[0].ttl_type, "N", "the type of ttl")


@requirement("STORE-05", optional=True)
def test_the_table_can_act_on_the_ttl_of_what_was_a_text(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """So is it where the row before had a String, as an older node writes it, and its end stays."""
    old = made_up.forge_session(-5, deployment.lifetimes.extended, ttl=str)
    row = expect.stored(expect.rotates(old))
    expect.equal(row and row.ttl_type, "N", "the type of ttl")


# -- a rotation --------------------------------------------------------------------------------


@requirement("STORE-07", logins=2)
def test_a_rotation_exchanges_one_row(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """The spent row goes and one comes, kept until the new end; another session's row stays. So it
    is of the next rotation.
    """
    deployment.need_rows()
    session, _ = someone.expired_sessions(2, remember_me=False)
    renewed = exchanges_one_row(session, someone, expect)
    if not deployment.must_wait:
        exchanges_one_row(renewed.expired(), someone, expect)


@requirement("STORE-07", optional=True)
def test_a_rotation_writes_a_long_id_to_its_end(
    customers: Customers, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """The new row lies in the customer's partition, however long the id is."""
    expect.rotates(made_up.expired_session())
    renewed = expect.rotates(customers.made_up(f"{made_up.id:-<{LONG_ID}}").expired_session())
    expect.stored(renewed)


def exchanges_one_row(session: Session, someone: Customer, expect: Expect) -> Session:
    deployment, spent = someone.deployment, session.hash
    with (
        deployment.clock.window() as window,
        expect.row_changes(someone, new=1, gone=1) as changes,
    ):
        renewed = expect.rotates(session)
    expect.equal([row.hash for row in changes.gone], [spent], "the row that is gone")
    judge_ttl(changes.new[0], renewed, window, deployment.lifetimes.refresh, expect)
    return renewed


@requirement("STORE-08")
@pytest.mark.parametrize("kind", [int, str], ids=["Number", "String"])
def test_a_row_past_its_ttl_is_not_honoured(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect, kind: type
) -> None:
    """A session whose row should have been deleted is over, whatever its token still promises."""
    expect.rotates(made_up.forge_session(-7, 600))
    past = kind(int(deployment.clock.now()) - 60)
    lapsed = made_up.forge_session(-5, 600, ttl=past)
    with expect.unless_it_vanishes(lapsed):
        expect.is_over(lapsed)


@requirement("STORE-08")
def test_a_row_past_its_ttl_is_not_honoured_while_the_pair_is_live(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """A live pair is repeated, and over once its row should have been deleted."""
    expect.returns_same_pair(made_up.forge_session(60, 600))
    lapsed = made_up.forge_session(50, 600, ttl=int(deployment.clock.now()) - 60)
    with expect.unless_it_vanishes(lapsed):
        expect.is_over(lapsed)


@requirement("STORE-08", burns=True, optional=True)
def test_a_row_past_its_ttl_is_no_theft(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """Whoever comes with such a session is refused, and the customer's other session lives on."""
    other = made_up.forge_session(-7, 600)
    lapsed = made_up.forge_session(-5, 600, ttl=int(deployment.clock.now()) - 60)
    with expect.unless_it_vanishes(lapsed):
        expect.is_over(lapsed)
        expect.rotates(other)


@requirement("STORE-10", logins=2)
def test_unknown_attributes_are_tolerated(
    alice: RegisteredCustomer, table: Table, expect: Expect
) -> None:
    """A live session whose row holds more than usual is repeated, and can be revoked."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    expect.returns_same_pair(session.annotated())
    expect.revokes(session)
    expect.not_stored(session)


@requirement("STORE-10", logins=2)
def test_unknown_attributes_do_not_stop_a_rotation(
    someone: Customer, table: Table, expect: Expect
) -> None:
    """An expired session whose row holds more than usual is renewed."""
    usual, odd = someone.expired_sessions(2)
    expect.rotates(usual)
    renewed = expect.rotates(odd.annotated())
    expect.not_stored(odd)
    expect.stored(renewed)


# -- what must not be written ------------------------------------------------------------------


@requirement("STORE-12", logins=6 + IN_A_ROW, burns=True, wrong_passwords=True)
def test_refused_requests_write_nothing(
    customers: Customers,
    deployment: Deployment,
    someone: Customer,
    alice: RegisteredCustomer,
    expect: Expect,
) -> None:
    """Malformed requests, missing arguments and wrong passwords, again and again, are refused, and
    leave no row.
    """
    client, session = deployment.client, someone.log_in()
    expect.returns_same_pair(session)
    nobody = f"{deployment.nobody}@example.invalid"
    given, own = alice.credentials, session.refresh_token
    with expect.no_strange_row(customers.are_ours), expect.no_new_row(someone.id, alice.id, "junk"):
        for answer in (
            alice.ask_to_log_in(password=f"not {given.password}"),
            *(client.log_in(nobody, given.password) for _ in range(IN_A_ROW)),
            client.log_in(given.email, ABSENT),
            client.log_in(ABSENT, given.password),
            client.log_in(given.email, None),
            client.log_in(given.email, given.password, "yes"),
            client.refresh(session.token, ABSENT),
            client.refresh(session.token, None),
            client.refresh(session.token, 17),
            client.refresh(session.token, "junk"),
            client.refresh(None, own),
            client.refresh("junk", own),
            client.refresh(session.token, own, scheme="Basic"),
            client.revoke(None, own),
            client.revoke(session.token),
            client.revoke("junk", own),
        ):
            with good_call(*REFUSED):
                expect.nothing_issued(answer)


@requirement("STORE-12", logins=2, burns=True)
def test_forged_tokens_write_nothing(someone: Customer, expect: Expect) -> None:
    """A token that anybody can forge gets nothing beside the genuine refresh token; no row comes.

    Whether a revoke looks at the signature is another row's question.
    """
    session = someone.log_in()
    expect.returns_same_pair(session)
    with expect.no_new_row(someone.id, someone.deployment.nobody):
        for vector in (*forged_tokens.vectors("HARD-01"), *forged_tokens.vectors("HARD-02")):
            with expect.given(vector.what):
                pair = forged_tokens.token(session, vector)
                with good_call(*REFUSED):
                    expect.nothing_issued(pair.refresh())
                pair.revoke()
