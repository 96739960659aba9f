"""What is found out before any test runs: is anyone there, can we log in, does a clock move.

Each thing that goes wrong becomes one sentence; none of them is a requirement's failure.
"""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack, closing

from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.deployment.clock import Clock
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.deployment.http.throttle import LoginRate
from conformance_tests.deployment.log import RunLog
from conformance_tests.deployment.table import Table
from conformance_tests.outcomes import Throttled, Violation
from conformance_tests.runner.clock_check import set_clock
from conformance_tests.target.model import Target
from conformance_tests.target.parts import Features

LOGIN_TRIES = 3
LOGIN_PAUSE_SECONDS = 1.1

#: What to do about the commonest reasons for which a table cannot be used.
TABLE_REMEDIES = {
    "AccessDeniedException": "let these credentials read and write it, or leave [table] out",
    "InvalidRegionError": "check region in [table], or AWS_REGION",
    "NoCredentialsError": "set the usual AWS variables, AWS_ACCESS_KEY_ID and its secret",
    "ProfileNotFound": "check AWS_PROFILE",
    "ResourceNotFoundException": "there is none of that name there: check [table]",
}


def prepare(deployment: Deployment, ends: ExitStack) -> str | None:
    """Open all that its target offers; why it cannot be judged (None if it can).

    What was opened is closed, and the clock given back, when `ends` ends. The caller tidies,
    whatever stops this on its way.
    """
    problem = (
        reach(deployment.client) or open_table(deployment, ends) or start_faults(deployment, ends)
    )
    if problem is None:
        problem = log_everyone_in(deployment)
        deployment.wrong_secret = doubt_secret(deployment)
        deployment.odd_pairs = doubt_forging(deployment)
        set_clock(deployment, ends)
    return problem


def assemble(target: Target, ends: ExitStack) -> Deployment:
    """The deployment as the target describes it, before anyone has spoken to it."""
    recorder = Recorder()
    recorder.redactor.add_target(target)
    client = ends.enter_context(closing(open_client(target, recorder)))
    return Deployment(
        target=target,
        client=client,
        recorder=recorder,
        clock=Clock(max_wait=target.clock.max_wait),
        features=Features() if target.instances else target.features,
        lifetimes=target.lifetimes,
        run=secrets.token_hex(3),
        forge=Forge(target.secret) if target.secret else None,
        run_log=RunLog.of(target.log_file) if target.log_file else None,
    )


def open_client(
    target: Target, recorder: Recorder, url: str | None = None, rate: LoginRate | None = None
) -> Client:
    """What speaks to one instance; whoever speaks to several of one target keeps one rate."""
    return Client(
        url or target.url,
        target.http,
        recorder,
        transport=target.transport,
        rate=rate or LoginRate(target.logins_per_minute),
    )


def reach(client: Client) -> str | None:
    """Why the address is no GraphQL endpoint, in a sentence; None where it is one."""
    try:
        answer = client.trivial()
    except Throttled as throttled:
        return f"{client.url} lets nobody by: {throttled}"
    if answer.status is None:
        return f"{client.url} cannot be reached: {answer.problem}; check url"
    if answer.headers.get("location"):
        return f"{client.url} redirects to {answer.headers['location']}: put that address in url"
    if not isinstance(answer.body, dict) or not answer.body.keys() & {"data", "errors"}:
        kind = answer.content_type or "no content type"
        return f"{client.url} answers HTTP {answer.status} ({kind}), not GraphQL: check url"
    return None


def open_table(deployment: Deployment, ends: ExitStack) -> str | None:
    """Why the table that was offered cannot be used; None, and the table opened, where it can."""
    from botocore.exceptions import BotoCoreError

    address = deployment.target.table
    if address is None:
        return None
    try:
        table = Table(address)
    except BotoCoreError as error:
        return remedied(f"the table {address.name} cannot be opened: {type(error).__name__}")
    ends.callback(table.close)
    if problem := table.check():
        return remedied(problem)
    deployment.table = table
    return None


def remedied(problem: str) -> str:
    """The problem with a table, and what to do by the technical name that it ends in."""
    remedy = TABLE_REMEDIES.get(problem.rpartition(": ")[2], "mend [table] or leave it out")
    return f"{problem}; {remedy}"


def start_faults(deployment: Deployment, ends: ExitStack) -> str | None:
    """Why the fault proxy cannot stand where it was asked to; None, and it stands, where it can."""
    address = deployment.target.faults
    if address is None:
        return None
    if address.proxy is not None:
        deployment.faults = address.proxy
        return None
    from conformance_tests.deployment.faults import FaultProxy, LoopbackError

    try:
        deployment.faults = ends.enter_context(FaultProxy(address.listen, address.upstream))
    except LoopbackError as error:
        return f"{str(error).removesuffix('.')}; mend [faults] or leave it out"
    return None


def log_everyone_in(deployment: Deployment) -> str | None:
    """Log each customer in once, to learn the ids; why that failed, in a sentence."""
    customers = tuple(RegisteredCustomer(deployment, c) for c in deployment.target.customers)
    deployment.registered = customers  # at once: what is stopped here is tidied all the same
    for customer in customers:
        email = customer.credentials.email
        try:
            answer = patient_login(customer)
            problem = refused_login(answer, email)
        except Throttled as throttled:
            problem = f"the login of {email} was not let by: {throttled}"
        if problem is not None:
            deployment.locked_out = problem
            return problem
        try:
            session = customer.session_from(answer)
            customer.learn_id(session)
        except Violation:
            continue  # an answer without a usable pair: CORE-01 says so
    ids = [str(customer.known_id) for customer in customers if customer.known_id is not None]
    if len(ids) != len(set(ids)):
        deployment.locked_out = "two customers log in as one and the same: name different ones"
        return deployment.locked_out
    return None


def patient_login(customer: RegisteredCustomer) -> Answer:
    """A first login; a deployment that could not, this time, is asked again before it is judged."""
    for _ in range(LOGIN_TRIES - 1):
        answer = customer.ask_to_log_in()
        if not answer.asks_to_retry:
            return answer
        time.sleep(LOGIN_PAUSE_SECONDS)
    return customer.ask_to_log_in()


def doubt_secret(deployment: Deployment) -> str | None:
    """Why the secret is of no use, where it does not verify the deployment's own tokens.

    What rests on it is then not testable; only WIRE-01 says whose fault that may be.
    """
    forge, sessions = deployment.forge, deployment.sessions
    if forge is None or not sessions or forge.verifies(sessions[0].token):
        return None
    return "the secret does not verify the deployment's own tokens: check [signing]"


def doubt_forging(deployment: Deployment) -> str | None:
    """Why a forged session would not pass, where pair or row are made otherwise than WIRE says.

    WIRE-06 and STORE-02 judge that; the other rows fall back on real sessions.
    """
    sessions = deployment.sessions
    if not deployment.can_forge or not sessions:
        return None
    forge, table, session = deployment.need_forge(), deployment.need_table(), sessions[0]
    try:
        exp, id_ = session.claims.get("exp"), session.claims.get("customer_id")
    except Violation as broken:
        return f"the deployment does not give {broken.expected}"
    if session.refresh_token != forge.stretch(f"{id_}{exp}"):
        return "the deployment's refresh tokens are derived in another way than WIRE-06 says"
    if table.row(id_, forge.hash_of(session.refresh_token)) is None:
        return "the row of a login is not where STORE-02 says"
    return None


def refused_login(answer: Answer, email: str) -> str | None:
    """Why nobody can log in, where the deployment said no (or nothing)."""
    if answer.status is None:
        return f"the login of {email} got no answer: {answer.problem}"
    if answer.errors or answer.body is None:
        return f"the login of {email} was refused: {answer.brief()}; check [[customers]]"
    return None
