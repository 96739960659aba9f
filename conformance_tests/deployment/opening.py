"""Opens what a target offers: its client, its table and its fault proxy.

Each thing that goes wrong becomes one sentence; none of them is a requirement's failure.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, closing

from conformance_tests.deployment.clock import Clock
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.faults.server import LoopbackError
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http.client import Client, open_client
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.deployment.log import RunLog
from conformance_tests.deployment.table import Table
from conformance_tests.deployment.table_client import troubles
from conformance_tests.deployment.wiring import NO_WIRING, Wiring
from conformance_tests.target.model import Target
from conformance_tests.target.parts import Features

#: What to do about the commonest reasons for which a table cannot be used.
TABLE_REMEDIES = {
    "AccessDeniedException": "let these credentials read and write it, or leave [table] out",
    "InvalidRegionError": "check region in [table], or AWS_REGION",
    "NoCredentialsError": "set the usual AWS variables, AWS_ACCESS_KEY_ID and its secret",
    "ProfileNotFound": "check AWS_PROFILE",
    "ExpiredTokenException": "the AWS credentials have expired: get new ones",
    "UnrecognizedClientException": "these AWS credentials are not known there",
    "CredentialRetrievalError": "check how your AWS settings get credentials: credential_process, "
    "or AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "FileNotFoundError": "check AWS_WEB_IDENTITY_TOKEN_FILE and credential_process",
    "PromptRefused": "its role asks for a one-time code: get credentials of a session first",
    "ValueError": "check the AWS_ variables, such as AWS_MAX_ATTEMPTS",
    "ResponseParserError": "something else answers at that address: check endpoint_url",
    "ResourceNotFoundException": "there is none of that name there: check [table]",
}


def assemble(target: Target, ends: ExitStack, wiring: Wiring = NO_WIRING) -> Deployment:
    """The deployment as the target describes it, before anyone has spoken to it."""
    recorder = Recorder()
    recorder.redactor.add_given(target.secrets())
    client = ends.enter_context(closing(open_client(target, recorder, wiring.transport)))
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
        wiring=wiring,
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
    address = deployment.target.table
    if address is None:
        return None
    try:
        table = Table(address, deployment.wiring.table_client)
    except troubles() as error:
        return remedied(f"the table {address.name} cannot be opened: {type(error).__name__}")
    ends.callback(table.close)
    if problem := table.check():
        return remedied(problem)
    deployment.table = table
    return None


def remedied(problem: str) -> str:
    """The problem with a table, which ends in a technical name, and what to do about it."""
    remedy = TABLE_REMEDIES.get(problem.rpartition(": ")[2], "mend [table] or leave it out")
    return f"{problem}; {remedy}"


def start_faults(deployment: Deployment, ends: ExitStack) -> str | None:
    """Why the fault proxy cannot be started; None, and it is started, where it can."""
    address = deployment.target.faults
    if address is None:
        return None
    try:
        deployment.faults = deployment.wiring.fault_proxy or ends.enter_context(
            FaultProxy(address.listen, address.upstream)
        )
    except LoopbackError as error:
        return f"{str(error).removesuffix('.')}; mend [faults] or leave it out"
    deployment.faults.tell = deployment.recorder.note_fault
    return None
