"""What is found out before any test runs: can we log in, is the secret the right one.

Each thing that goes wrong becomes one sentence; none of them is a requirement's failure.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.deployment.opening import open_table, reach, start_faults
from conformance_tests.deployment.table_client import TableLost, troubles
from conformance_tests.outcomes import NotTestable, SuiteError, Violation
from conformance_tests.runner import other_runs
from conformance_tests.runner.cleanup import remove_made_up
from conformance_tests.runner.clock_check import set_clock
from conformance_tests.runner.discover import may_be_derived

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance_tests.actors.customers import MadeUpCustomer
    from conformance_tests.actors.pool import Customers
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.http.answer import Answer
    from conformance_tests.target.parts import Credentials

LOGIN_TRIES = 3
OPAQUE = "refresh tokens are of another make than WIRE-05 says: name claims without WIRE"
LOGIN_PAUSE_SECONDS = 1.1
#: So many logins of one second are looked at, and so many logins made for them at most.
SAME_SECOND = 3
MOST_LOGINS = 6


def prepare(customers: Customers, ends: ExitStack, *, side_by_side: bool = False) -> str | None:
    """Open all that the target offers and log in; why it cannot be judged (None if it can).

    What was opened is closed, and the clock reset, when `ends` ends. The caller cleans up,
    whatever stops this on its way.

    side_by_side: several tests at once come first, so that a clock which is offered is left alone
        where sessions can be made to expire without it.
    """
    deployment = customers.deployment
    problem = (
        reach(deployment.client) or open_table(deployment, ends) or start_faults(deployment, ends)
    )
    if problem is None:
        try:
            named = other_runs.join(deployment, ends)
        except other_runs.Busy as busy:
            return str(busy)
        except troubles() as error:
            told = error if isinstance(error, TableLost) else type(error).__name__
            return f"the table failed: {told}"
        problem = log_in_customers(customers, named)
        deployment.wrong_secret = check_secret(customers)
        deployment.opaque = check_derivation(customers)
        deployment.odd_pairs = check_forging(customers)
        set_clock(customers, ends, later=side_by_side and deployment.can_forge)
        deployment.tells_pairs_apart = problem is None and tells_pairs_apart(customers)
        deployment.developer = find_developer(customers)
        deployment.alone_in_table = is_alone_in_table(customers)
    return problem


def is_alone_in_table(customers: Customers) -> bool:
    """Whether the table is seen to hold no row of anybody else."""
    table = customers.deployment.table
    try:
        return table is not None and not table.holds_others(customers.are_ours)
    except troubles():
        return False


def log_in_customers(customers: Customers, given: Sequence[Credentials]) -> str | None:
    """Log each of these customers in once, to learn the ids; why that failed, in a sentence."""
    deployment = customers.deployment
    named = tuple(RegisteredCustomer(deployment, each) for each in given)
    customers.registered = named  # at once: what is stopped here is cleaned up all the same
    for customer in named:
        email = customer.credentials.email
        try:
            answer = login_with_retry(customer)
            problem = refused_login(answer, email)
        except Throttled as throttled:
            problem = f"the login of {email} was not let by: {throttled}"
        if problem is not None:
            customers.locked_out = problem
            return problem
        try:
            session = customer.session_from(answer)
            customer.learn_id(session)
        except Violation:
            continue  # an answer without a usable pair: CORE-01 says so
    ids = [str(customer.known_id) for customer in named if customer.known_id is not None]
    if len(ids) != len(set(ids)):
        customers.locked_out = "two customers log in as one and the same: name different ones"
        return customers.locked_out
    return None


def login_with_retry(customer: RegisteredCustomer) -> Answer:
    """A first login; a deployment that could not, this time, is asked again before it is judged."""
    for _ in range(LOGIN_TRIES - 1):
        answer = customer.ask_to_log_in()
        if not answer.asks_to_retry:
            return answer
        time.sleep(LOGIN_PAUSE_SECONDS)
    return customer.ask_to_log_in()


def tells_pairs_apart(customers: Customers) -> bool:
    """Whether logins of one second are seen to give as many pairs, as RACE-01 says.

    A run that can only wait then need not do so between logins; another one logs in less often.
    """
    deployment = customers.deployment
    asked = deployment.must_wait and "RACE" in deployment.target.claims
    if not asked or deployment.target.logins_per_minute or not customers.sessions:
        return False
    alice = customers.registered[0]
    seconds: list[object] = []
    tokens: set[str] = set()
    for _ in range(MOST_LOGINS):
        try:
            session = alice.session_from(alice.ask_to_log_in())
            seconds.append(session.claims["iat"])
        except (Violation, Throttled, KeyError):
            return False
        tokens |= {session.token, session.refresh_token}
        if len(tokens) < 2 * len(seconds):
            return False
        if seconds.count(seconds[-1]) == SAME_SECOND:
            return True
    return False


def check_secret(customers: Customers) -> str | None:
    """Why the secret is of no use, where it does not verify the deployment's own tokens.

    What rests on it is then not testable; only WIRE-01 says whose fault that may be.
    """
    forge, sessions = customers.deployment.forge, customers.sessions
    if forge is None or not sessions or forge.verifies(sessions[0].token):
        return None
    return "the secret does not verify the deployment's own tokens: check [signing]"


def check_derivation(customers: Customers) -> str | None:
    """Why no derivation is looked for, where refresh tokens are plainly of another make.

    WIRE-05 says so once; the other rows need not guess at causes.
    """
    deployment, sessions = customers.deployment, customers.sessions
    looked_for = deployment.derives and deployment.forge is not None
    if not looked_for or not sessions or may_be_derived(sessions[0].refresh_token):
        return None
    return OPAQUE


def check_forging(customers: Customers) -> str | None:
    """Why a forged session would not pass, where pair or row are made otherwise than WIRE says.

    WIRE-06 and STORE-02 judge that; the other rows fall back on real sessions. What else the row of
    a login holds, and the suite can tell, it will write as well.
    """
    deployment, sessions = customers.deployment, customers.sessions
    if deployment.opaque:
        return deployment.opaque
    if deployment.table is None or not deployment.can_forge or not sessions:
        return None
    forge, table, session = deployment.need_forge(), deployment.need_table(), sessions[0]
    try:
        exp, id_ = session.claims.get("exp"), session.claims.get("customer_id")
    except Violation as broken:
        return f"the deployment does not give {broken.expected}"
    if session.refresh_token != forge.derive(f"{id_}{exp}"):
        return "the deployment's refresh tokens are derived in another way than WIRE-06 says"
    row = table.row(id_, forge.hash_of(session.refresh_token))
    if row is None:
        return "the row of a login is not where STORE-02 says"
    deployment.rows_tell_exp = row.attributes.get("exp") == {"N": str(exp)}
    return None


def find_developer(customers: Customers) -> Developer | None:
    """Who writes the suite's rows by development operations, where else it could only wait.

    A made-up customer is tried: her expired pair is renewed, her only row is listed, and her
    session ends when her token says, not when the row does that a developer wrote.
    """
    deployment = customers.deployment
    development = deployment.target.environment == "development"
    needed = development and deployment.table is None and not deployment.clock.moves_now
    if not needed or not deployment.can_hash or not customers.sessions:
        return None
    deployment.developer = Developer(deployment.client)
    own = customers.of_one_test()
    try:
        return deployment.developer if _developed_rows_work(own.made_up()) else None
    except (NotTestable, SuiteError, Throttled, Violation):
        return None
    finally:
        remove_made_up(own)
        deployment.developer = None


def _developed_rows_work(customer: MadeUpCustomer) -> bool:
    def only(*sessions: Session) -> bool:
        return [row.hash for row in customer.rows()] == [session.hash for session in sessions]

    if not (only() and only(session := customer.log_in(remember_me=True))):
        return False
    old = session.expired()
    new = customer.successor_of(old)
    return only(new) and new.refresh_expiry == old.refresh_expiry


def refused_login(answer: Answer, email: str) -> str | None:
    """Why nobody can log in, where the deployment said no (or nothing)."""
    if answer.status is None:
        return f"the login of {email} got no answer: {answer.problem}"
    if answer.errors or answer.body is None:
        return f"the login of {email} was refused: {answer.brief()}; check [[customers]]"
    return None
