"""What no storefront sends: it is turned away as such, and gives away nothing."""

from __future__ import annotations

import pytest

from conformance_tests.actors.customers import Customer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import never_issued
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.deployment.http.odd_documents import (
    MALFORMED,
    MANY_AT_ONCE,
    ODD_CHARACTERS,
    READABLE,
)
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.target.parts import Credentials

MOST_LOGINS = 10
NOBODY = Credentials("nobody@conformance.invalid", "no password")
#: What the table says when it fails in a way that nobody foresaw, and what else gives that away.
WORDS = "Shelf 17 of the inner archive is wet"
UNEXPECTED = {"unknown": ("UnheardOf",), "garbage": ("<html", "502 Bad Gateway")}
#: What an SDK's own sentence says of the call that failed.
CALLS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "WriteItem")


@requirement("GQL-05", logins=0)
@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_body_is_turned_away(
    client: Client, odd: OddClient, expect: Expect, kind: str
) -> None:
    """What is no GraphQL request is answered 4xx, and the next request is answered as ever.

    Variables that nest deeply, say, are JSON: their query may be answered.
    """
    answer = odd.malformed(kind)
    if kind in READABLE and answer.status == 200:
        expect.query_answered(answer)
    else:
        expect.not_executed(answer)
    expect.query_answered(client.trivial())


@requirement("GQL-06", logins=1 + 2 * len(ODD_CHARACTERS))
def test_odd_characters_in_credentials_are_an_ordinary_refusal(
    alice: RegisteredCustomer, client: Client, expect: Expect
) -> None:
    """Good credentials log in; e-mails and passwords with such a character are refused."""
    alice.log_in()
    for what, character in ODD_CHARACTERS.items():
        with expect.given(what):
            expect.refused_or_4xx(client.log_in(f"a{character}{NOBODY.email}", NOBODY.password))
            expect.refused_or_4xx(client.log_in(NOBODY.email, f"a{character}b"))


@requirement("GQL-06", logins=3, wrong_passwords=True)
def test_a_password_is_read_to_its_end(alice: RegisteredCustomer, expect: Expect) -> None:
    """The right password logs in; with NUL and more behind it, or a lone surrogate, it does not."""
    alice.log_in()
    for what, character in (("NUL", "\0x"), ("a lone surrogate", "\ud800")):
        with expect.given(f"the right password and {what}"):
            answer = alice.ask_to_log_in(password=f"{alice.credentials.password}{character}")
            expect.refused_or_4xx(answer)


@requirement("GQL-06", burns=True)
def test_odd_characters_in_a_refresh_token_are_an_ordinary_refusal(
    someone: Customer, expect: Expect
) -> None:
    """A refresh token with such a character neither refreshes nor revokes, and breaks nothing."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    for what, odd in ODD_CHARACTERS.items():
        altered = session.altered(refresh_token=f"{odd}{session.refresh_token[1:]}")
        with expect.given(what):
            expect.refused_or_4xx(altered.revoke())
            expect.refused_or_4xx(altered.refresh())


@requirement("GQL-06", burns=True)
def test_odd_characters_in_a_document_are_an_ordinary_refusal(
    someone: Customer, odd: OddClient, expect: Expect
) -> None:
    """The same where the refresh token is written into the document, plainly and as an escape."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    for what, character in ODD_CHARACTERS.items():
        altered = f"{character}{session.refresh_token[1:]}"
        for answer in odd.refresh_as_written(session.token, altered):
            with expect.given(what):
                expect.refused_or_4xx(answer)


@requirement("GQL-07", logins=MOST_LOGINS + 2)
@pytest.mark.parametrize("form", ["aliases", "batch"])
def test_one_request_makes_few_logins(
    odd: OddClient, alice: RegisteredCustomer, expect: Expect, form: str
) -> None:
    """One good login gets its pair; eleven in one request get at most ten, and as many rows."""
    alice.log_in()
    with expect.at_most_new_rows(alice, MOST_LOGINS):
        answer = odd.log_in_often(form, MOST_LOGINS + 1, alice.credentials)
    pairs = answer.pairs
    alice.keep(*pairs)
    expect.that(len(pairs) <= MOST_LOGINS, f"{MOST_LOGINS} pairs at most", len(pairs))


@requirement("GQL-07", logins=MOST_LOGINS + 2)
@pytest.mark.parametrize("form", MANY_AT_ONCE)
def test_one_request_tries_few_passwords(
    client: Client, odd: OddClient, expect: Expect, form: str
) -> None:
    """One wrong login is refused; of eleven in one request at most ten are refused as it was."""
    ordinary = client.log_in(NOBODY.email, NOBODY.password)
    expect.refused(ordinary)
    answer = odd.log_in_often(form, MOST_LOGINS + 1, NOBODY)
    tried = answer.refusals_like(ordinary)
    expect.that(tried <= MOST_LOGINS, f"{MOST_LOGINS} passwords tried at most", tried)


@requirement("GQL-08", logins=2)
def test_an_intended_error_keeps_its_message_and_extensions(
    alice: RegisteredCustomer, client: Client, expect: Expect
) -> None:
    """Good credentials log in; a refusal says what it is, in words and by category."""
    alice.log_in()
    expect.intended_error(client.refresh(None, never_issued()))
    expect.intended_error(client.revoke(None, never_issued()))
    expect.intended_error(client.log_in(NOBODY.email, NOBODY.password))


@requirement("GQL-08", logins=2)
@pytest.mark.parametrize("how", UNEXPECTED)
def test_what_went_wrong_at_a_login_is_not_told(
    alice: RegisteredCustomer, faults: FaultProxy, how: str, expect: Expect
) -> None:
    """A login works; when the table answers what nobody expects, the error hides its words."""
    alice.log_in()
    with faults.refuse("write", how, of=alice.id, saying=WORDS) as fault:
        answer = alice.ask_to_log_in()
    expect.fault_hit(fault)
    expect.masked_error(answer, WORDS, *UNEXPECTED[how], *CALLS)


@requirement("GQL-08", logins=2, burns=True, optional=True)
@pytest.mark.parametrize("how", UNEXPECTED)
def test_what_went_wrong_with_a_session_is_not_told(
    someone: Customer, faults: FaultProxy, expect: Expect, how: str
) -> None:
    """Renewing and revoking work; over an unexpected answer their errors hide its words."""
    twin, session = someone.expired_sessions(2)
    expect.revokes(expect.rotates(twin))
    with faults.refuse("any", how, of=someone.id, saying=WORDS) as fault:
        for answer in (session.refresh(), session.revoke()):
            expect.masked_error(answer, WORDS, *UNEXPECTED[how], *CALLS)
    expect.fault_hit(fault)
