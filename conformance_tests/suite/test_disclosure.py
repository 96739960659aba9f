"""A deployment keeps its secrets, whatever it is asked and whatever goes wrong inside."""

from __future__ import annotations

import math
import secrets
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import mismatches, never_issued
from conformance_tests.actors.session import Session, load
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client, bearer
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.odd_documents import unreadable_logins
from conformance_tests.deployment.log import RunLog
from conformance_tests.deployment.table import Table
from conformance_tests.expect.development import is_open
from conformance_tests.expect.expect import Expect
from conformance_tests.expect.http import GRAPHQL_JSON
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable

#: HARD-26: so many refreshes, so many of them at once, and what a trivial query may take then.
REFRESHES = 200
AT_ONCE = 40
#: So many looks at most show how long one takes.
LOOKS = 500
TIMES_QUIET = 20
ALWAYS_ALLOWED = 0.050
QUIET_LOOKS = 15
#: HARD-39: so many looks at each kind of pair, and what a derivation takes at least, in seconds.
ROUNDS = 30
LEAST_DERIVATION = 0.0015
LONG = 300 * 24 * 3600
#: A machine that is busy with something else may spoil a try; a blocked event loop spoils each.
TRIES = 3


# -- what a login may not issue ----------------------------------------------------------------


@requirement("HARD-18", logins=6)
def test_a_login_without_an_id_issues_nothing(
    deployment: Deployment, alice: RegisteredCustomer, client: Client, expect: Expect
) -> None:
    """Good credentials give a pair; those for which the platform names nobody give none."""
    alice.log_in()
    for odd in deployment.target.odd_logins:
        with expect.given(f"a platform that answers {odd.kind} as id"):
            expect.nothing_issued(client.log_in(odd.email, odd.password))


# -- what an answer may not tell ---------------------------------------------------------------


@requirement("HARD-20", logins=2)
@pytest.mark.parametrize("how", ["error", "denied", "missing"])
def test_a_table_in_trouble_does_not_speak_for_itself(
    deployment: Deployment,
    alice: RegisteredCustomer,
    faults: FaultProxy,
    expect: Expect,
    how: str,
) -> None:
    """What the table says of its problem reaches nobody outside."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    saying = f"requested resource not found: table {secrets.token_hex(8)}"
    with faults.refuse("any", how, saying=saying) as fault:
        answers = deployment.together(session.refresh, session.revoke, alice.ask_to_log_in)
    expect.fault_hit(fault, answers)
    expect.leaks_nothing(deployment.recorder.exchanges(), saying)


@requirement("HARD-20", burns=True)
def test_a_session_that_cannot_be_found_is_not_described(
    table: Table, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """What is answered to a genuine pair of which the table holds nothing names no hash."""
    session = made_up.log_in()
    expect.returns_same_pair(session)
    table.delete_many(made_up.rows())
    session.revoke()
    session.refresh()
    expect.leaks_nothing(made_up.deployment.recorder.exchanges())


@requirement("HARD-20", last=True)
def test_no_answer_told_of_the_inside(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """In the whole run no answer held the secret, a hash, a stack trace or the table's name."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    session.altered(token=f"{session.token}x").refresh()
    mismatched = session.altered(refresh_token=never_issued())
    mismatched.refresh()
    mismatched.revoke()
    session.revoke()
    session.refresh()
    expect.leaks_nothing(deployment.recorder.history)


@requirement("HARD-37", logins=6, wrong_passwords=True)
def test_no_answer_repeats_what_was_sent(
    alice: RegisteredCustomer, client: Client, expect: Expect
) -> None:
    """Whether of the right kind or not, a password or token that is refused is not repeated."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    password, token, access = (secrets.token_urlsafe(32), never_issued(), secrets.token_urlsafe(32))
    given = alice.credentials.email
    expect.repeats_nothing(
        {"password": password, "refresh": token, "access": access},
        (
            lambda: alice.ask_to_log_in(password=password),
            *(partial(client.log_in, given, odd) for odd in odd_kinds(password)),
            partial(client.log_in, [password], [password]),
            *(partial(client.log_in, given, "", odd) for odd in (password, [password])),
            *(partial(client.refresh, session.token, odd) for odd in odd_kinds(token)),
            *(partial(client.revoke, session.token, odd) for odd in odd_kinds(token)),
            *(
                partial(ask, access, token, scheme=scheme)
                for ask in (client.refresh, client.revoke)
                for scheme in ("Bearer", "Token", "")
            ),
        ),
    )


@requirement("HARD-37")
def test_no_answer_repeats_what_it_cannot_read(
    alice: RegisteredCustomer, client: Client, expect: Expect
) -> None:
    """Nor is one that stands where the document, or the body, is no longer understood."""
    expect.returns_same_pair(alice.log_in())
    password = secrets.token_urlsafe(12)  # no longer than what is shown around a mistake
    expect.repeats_nothing(
        {"password": password},
        (partial(client.post, body) for body in unreadable_logins(password)),
    )


def odd_kinds(text: str) -> tuple[object, ...]:
    """A text as GraphQL takes it, and in kinds that it refuses with a word about the value."""
    return text, [text], {"value": text}, {text: 1}


@requirement("HARD-22")
def test_tokens_are_not_for_caches(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A login and a refresh forbid everybody between to keep their answers."""
    expect.returns_same_pair(alice.log_in())
    expect.equal(expect.no_store(deployment.recorder.exchanges()), 2, "answers with tokens")


@requirement("HARD-22", optional=True)
def test_nor_are_they_in_graphqls_own_media_type(
    deployment: Deployment, client: Client, alice: RegisteredCustomer, expect: Expect
) -> None:
    """So does an answer to whoever accepts application/graphql-response+json."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    given = {"refresh_token": session.refresh_token}
    client.call("refreshCustomerToken", given, bearer(session.token), accept=GRAPHQL_JSON)
    expect.no_store(deployment.recorder.exchanges())


@requirement("HARD-22", last=True, optional=True)
def test_no_answer_with_tokens_was_for_caches(deployment: Deployment, expect: Expect) -> None:
    """In the whole run each answer that carried tokens said so."""
    expect.no_store(deployment.recorder.history)


# -- what a log may not hold -------------------------------------------------------------------


@requirement("HARD-28", burns=True)
def test_a_burn_is_a_security_event(
    client: Client, someone: Customer, run_log: RunLog, expect: Expect
) -> None:
    """A replay leaves a line that names the customer; an ordinary refusal does not."""
    stolen = someone.expired_session()
    expect.rotates_past_grace(stolen)
    before = run_log.log.mark()
    client.refresh(None, stolen.refresh_token)
    usual, replayed = run_log.log.since(before), run_log.log.mark()
    expect.is_over(stolen)
    told = run_log.log.event(replayed, someone.id, usual)
    run_log.need_lines()
    expect.that(told, "a line in the log that names the customer", "no such line")


@requirement("HARD-28", logins=2, last=True, wrong_passwords=True)
def test_the_log_keeps_no_secret(
    deployment: Deployment, alice: RegisteredCustomer, run_log: RunLog, expect: Expect
) -> None:
    """In the whole run no line held a password, a token, a hash or the secret."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    session.altered(token=f"{session.token}x").refresh()
    alice.ask_to_log_in(password=f"{alice.credentials.password}!")
    session.revoke()
    expect.no_secret_logged(run_log)


@requirement("HARD-28", burns=True, optional=True)
def test_each_burn_is_a_security_event(
    deployment: Deployment, someone: Customer, run_log: RunLog, expect: Expect
) -> None:
    """So does a second replay of the same customer."""
    if not deployment.clock.movable:  # a pair that is made to look expired is older than the burn
        raise NotTestable("clock")
    for _ in range(2):
        stolen = someone.log_in(remember_me=True).expired()
        expect.rotates_past_grace(stolen)
        before = run_log.log.mark()
        usual = run_log.log.since(before)
        expect.is_over(stolen)
        told = run_log.log.event(before, someone.id, usual)
    run_log.need_lines()
    expect.that(told, "a line in the log that names the customer", "no such line")


# -- what one client may not do to all ---------------------------------------------------------


@requirement("HARD-26", burns=True, seconds=1.2, serial=True)
def test_deriving_keys_holds_nobody_up(
    deployment: Deployment, alice: RegisteredCustomer, client: Client, expect: Expect
) -> None:
    """While hundreds of refreshes are worked out, the cheapest query is still answered at once."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    quiet = statistics.median(client.trivial().seconds for _ in range(QUIET_LOOKS))
    allowed = max(TIMES_QUIET * quiet, ALWAYS_ALLOWED)
    busy = (median_under_load(deployment, session, expect) for _ in range(TRIES))
    best = next((found for found in busy if found <= allowed), None)
    expect.that(
        best is not None,
        f"a median of at most {allowed:.3f} s for a trivial query under load",
        f"more in each of {TRIES} tries",
    )


@requirement("HARD-39", burns=True)
def test_a_pair_that_ended_long_ago_costs_no_derivation(
    someone: Customer, forge: Forge, developer: Developer, expect: Expect
) -> None:
    """It is refused as soon as a forged one, but for two looks at the table: sooner than a pair
    that has to be derived. What a look takes, a development operation shows.

    Each kind is timed at its best: what else a machine does only makes it slower.
    """
    nobody = f"conformance-{someone.deployment.run}-nobody"
    if not is_open(developer.list(nobody)):
        raise NotTestable("launch", "no development operation shows what a look at the table takes")
    session = someone.log_in()
    expect.returns_same_pair(session)
    told = ""
    for _ in range(TRIES):
        pairs = [[pair.refresh for pair in kind] for kind in timed_pairs(session, forge)]
        looks = [partial(developer.list, nobody)] * ROUNDS
        forged, live, ended, look = best_times(*pairs, looks)
        derivation = live - forged
        if derivation < LEAST_DERIVATION:
            continue
        if ended < forged + 2 * max(look - forged, 0) + derivation / 2:
            return
        told = (
            f"{1000 * ended:.1f} ms; a forged one {1000 * forged:.1f}, "
            f"a live one {1000 * live:.1f}, a look {1000 * look:.1f}"
        )
    if not told:
        raise NotTestable("secret", "a derivation takes too little time here to be seen")
    someone.deployment.need_alone()
    expect.that(False, "less than half a derivation on top", told)


def timed_pairs(session: Session, forge: Forge) -> Iterator[list[Session]]:
    """Pairs with a forged access token, with a live one, and with one of 300 days ago.

    Each has an access token of its own, and a refresh token that nobody issued.
    """
    live = mismatches(session, ROUNDS)
    yield [pair.altered(token=f"{pair.token[:-4]}AAAA") for pair in live]
    yield live
    ages = [{"exp": pair.exp - LONG, "refresh_expiry": pair.exp - LONG + 1} for pair in live]
    deployment = session.customer.deployment
    nobody = {"customer_id": f"conformance-{deployment.run}-nobody"}
    minted = [forge.mint({**session.claims, **nobody, **age}) for age in ages]
    yield [
        pair.altered(token=deployment.add_access_token(token))
        for pair, token in zip(live, minted, strict=True)
    ]


def best_times(*kinds: Sequence[Callable[[], Answer]]) -> list[float]:
    """The shortest of each kind, asked in turn: what else is going on slows all kinds alike."""
    rounds = [[ask().seconds for ask in asked] for asked in zip(*kinds, strict=True)]
    return [min(seconds) for seconds in zip(*rounds, strict=True)]


def median_under_load(deployment: Deployment, session: Session, expect: Expect) -> float:
    """Seconds that a trivial query takes while refreshes with a wrong refresh token run."""
    with load(mismatches(session, REFRESHES), AT_ONCE) as running:
        looks = [seconds_of(deployment.client.trivial())]
        while running.running and len(looks) < LOOKS:
            looks.append(seconds_of(deployment.client.trivial()))
    expect.between(running.answered, 1, REFRESHES, "the number of refreshes that were answered")
    return statistics.median(looks)


def seconds_of(look: Answer) -> float:
    return math.inf if look.status is None else look.seconds
