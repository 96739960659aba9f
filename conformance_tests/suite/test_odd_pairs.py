"""Two tokens that do not belong together are refused, and are no theft."""

from __future__ import annotations

from conformance_tests.actors import forged_tokens
from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import (
    malformed_tokens,
    never_issued,
    other_hex,
    similar_tokens,
    vectors,
)
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement

# -- a refresh token that the server never issued ----------------------------------------------


def is_no_theft(odd: list[str], sessions: list[Session], expect: Expect) -> None:
    """A pair is good; the access token of its twin beside these is refused and burns nothing."""
    twin, session = sessions
    expect.works(twin)
    with expect.unchanged(session.customer):
        for refresh_token in odd:
            expect.refused_as_not_genuine(session.altered(refresh_token=refresh_token).refresh())
    expect.works(session)


@requirement("HARD-09", logins=2, burns=True)
def test_an_empty_refresh_token_is_no_theft(someone: Customer, expect: Expect) -> None:
    """Beside its own refresh token an access token is good, beside an empty one it is refused."""
    is_no_theft([""], someone.live_sessions(2), expect)


@requirement("HARD-09", logins=2, burns=True, optional=True)
def test_an_empty_refresh_token_is_no_theft_later(someone: Customer, expect: Expect) -> None:
    """The same for an access token that has expired."""
    is_no_theft([""], someone.soon_expired_sessions(2), expect)


@requirement("HARD-10", logins=2, burns=True)
def test_a_made_up_refresh_token_is_no_theft(someone: Customer, expect: Expect) -> None:
    """A genuine access token beside a refresh token that nobody issued burns nothing."""
    twin, session = someone.live_sessions(2)
    is_no_theft(made_up_for(session), [twin, session], expect)


@requirement("HARD-10", logins=2, burns=True, optional=True)
def test_a_made_up_refresh_token_is_no_theft_later(someone: Customer, expect: Expect) -> None:
    """The same for an access token that has expired."""
    twin, session = someone.soon_expired_sessions(2)
    is_no_theft(made_up_for(session), [twin, session], expect)


def made_up_for(session: Session) -> list[str]:
    """Refresh tokens that nobody issued: of the right form, nearly the right one, and a word."""
    return [never_issued(), other_hex(session.refresh_token), "junk"]


@requirement("HARD-10", burns=True)
def test_an_old_access_token_is_no_key_for_logging_out(someone: Customer, expect: Expect) -> None:
    """An access token from an old log, beside a made-up refresh token, ends no session of today,
    at a revoke either.
    """
    session = someone.log_in()
    expect.returns_same_pair(session)
    for vector in vectors("HARD-10"):
        old = forged_tokens.token(session, vector).altered(refresh_token=never_issued())
        with expect.given(vector.what), expect.unchanged(someone):
            expect.refused_as_not_genuine(old.refresh())
            expect.refused_as_not_genuine(old.revoke())
    expect.returns_same_pair(session)


# -- two genuine tokens of two pairs -----------------------------------------------------------


@requirement("HARD-11", logins=2, burns=True)
def test_tokens_of_two_sessions_make_no_pair(someone: Customer, expect: Expect) -> None:
    """One session's access token with another's refresh token is refused, and both live on."""
    laptop, phone = someone.live_sessions(2)
    is_no_theft([laptop.refresh_token], [laptop, phone], expect)
    is_no_theft([phone.refresh_token], [phone, laptop], expect)


@requirement("HARD-11", logins=2, burns=True, optional=True)
def test_tokens_of_two_sessions_make_no_pair_later(someone: Customer, expect: Expect) -> None:
    """Nor do they once the access tokens have expired."""
    laptop, phone = someone.soon_expired_sessions(2)
    with expect.unchanged(someone):
        mixed = laptop.altered(refresh_token=phone.refresh_token)
        expect.refused_as_not_genuine(mixed.refresh())
    expect.works(laptop)
    expect.works(phone)


@requirement("HARD-11", burns=True)
def test_an_old_tab_ends_nothing(someone: Customer, expect: Expect) -> None:
    """The access token of before a rotation with the refresh token of after it neither refreshes
    nor revokes; nor does the one of after it with the one of before.
    """
    old = someone.expired_session()
    mix_up(old, expect.rotates(old), expect)


def mix_up(old: Session, new: Session, expect: Expect) -> None:
    """Neither token of the one makes a pair with the other's, and the new session lives on."""
    for mixed in (new.altered(token=old.token), old.altered(token=new.token)):
        with expect.unchanged(new.customer):
            expect.refused_as_not_genuine(mixed.refresh())
            expect.refused_as_not_genuine(mixed.revoke())
    expect.returns_same_pair(new)


@requirement("HARD-11", burns=True, optional=True)
def test_an_older_tab_ends_nothing(someone: Customer, expect: Expect) -> None:
    """Nor does the access token of before two rotations."""
    [oldest] = someone.soon_expired_sessions(1)
    newest = expect.rotates(expect.rotates(oldest).expired())
    mix_up(oldest, newest, expect)


@requirement("HARD-11", burns=True)
def test_the_access_token_of_an_ended_session_ends_no_other(
    made_up: MadeUpCustomer, expect: Expect
) -> None:
    """Beside the refresh token of a session of today it is refused, and today's lives on."""
    ended, today = made_up.forge_session(-90, -60), made_up.forge_session(300, 600)
    expect.returns_same_pair(today)
    expect.refused(today.altered(token=ended.token).refresh())
    expect.returns_same_pair(today)


# -- nearly the refresh token ------------------------------------------------------------------


@requirement("HARD-24", burns=True)
def test_a_refresh_token_is_compared_exactly(someone: Customer, expect: Expect) -> None:
    """A live pair is repeated; with its refresh token written a little otherwise it is not."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    for how, text in similar_tokens(session.refresh_token).items():
        with expect.given(f"the refresh token {how}"):
            expect.refused_as_not_genuine(session.altered(refresh_token=text).refresh())


@requirement("HARD-24", burns=True)
def test_nothing_near_a_refresh_token_revokes_a_session(someone: Customer, expect: Expect) -> None:
    """A pair is revoked; with its refresh token written a little otherwise it was not."""
    session = someone.log_in()
    for how, text in similar_tokens(session.refresh_token).items():
        with expect.given(f"the refresh token {how}"), expect.unchanged(someone):
            session.altered(refresh_token=text).revoke()
    expect.returns_same_pair(session)
    expect.revokes(session)


@requirement("HARD-24", logins=13, burns=True, optional=True)
def test_nothing_near_a_refresh_token_renews_a_session(
    customers: Customers, deployment: Deployment, expect: Expect
) -> None:
    """An expired pair is renewed; with its refresh token written a little otherwise it is not."""
    twin, *sessions = customers.expired_apart(13)
    expect.rotates(twin)
    for place, session in enumerate(sessions):
        for how, text in list(similar_tokens(session.refresh_token).items())[place : place + 1]:
            with expect.given(f"the refresh token {how}"):
                expect.refused_as_not_genuine(session.altered(refresh_token=text).refresh())


@requirement("HARD-25", burns=True)
def test_what_cannot_be_a_refresh_token_changes_nothing(someone: Customer, expect: Expect) -> None:
    """A refresh token of another form neither refreshes nor revokes, and changes no row."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    with expect.unchanged_if_visible(someone):
        for what, text in malformed_tokens(session.refresh_token).items():
            odd = session.altered(refresh_token=text)
            with expect.given(f"{what} as refresh token"):
                expect.refused_as_not_genuine(odd.refresh())
                expect.refused_as_not_genuine(odd.revoke())
    expect.returns_same_pair(session)


@requirement("HARD-25", burns=True)
def test_what_cannot_be_a_refresh_token_is_refused_after_the_end_too(
    made_up: MadeUpCustomer, expect: Expect
) -> None:
    """Beside the access token of a session that has ended it is refused like any other."""
    today, ended = made_up.forge_session(300, 600), made_up.forge_session(-90, -60)
    expect.returns_same_pair(today)
    for what, text in malformed_tokens(ended.refresh_token).items():
        with expect.given(f"{what} as refresh token"):
            expect.refused_as_not_genuine(ended.altered(refresh_token=text).refresh())
    expect.returns_same_pair(today)


@requirement("HARD-25", burns=True)
def test_what_cannot_be_a_refresh_token_never_reaches_the_table(
    alice: RegisteredCustomer, faults: FaultProxy, expect: Expect
) -> None:
    """A login is seen to touch the table; a refresh token of another form is not."""
    with faults.watch() as calls:
        session = alice.log_in()
    expect.table_seen(calls)
    for what, text in malformed_tokens(session.refresh_token).items():
        odd = session.altered(refresh_token=text)
        with expect.given(f"{what} as refresh token"), expect.table_untouched(faults):
            expect.refused_as_not_genuine(odd.refresh())
            expect.refused_as_not_genuine(odd.revoke())
