"""`auth-conformance doctor`: twelve checks before a run.

Each problem is one sentence that says what to do; nothing is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urlsplit

from conformance_tests.actors.pool import Customers
from conformance_tests.deployment import opening
from conformance_tests.deployment.clock import FaketimeClock, MovableClock, reset, reset_and_close
from conformance_tests.deployment.clock import offered as offered_clock
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.client import open_client
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.deployment.launch import Launcher, LaunchError
from conformance_tests.deployment.wiring import NO_WIRING, Wiring
from conformance_tests.expect.schema import FLOW_OPERATIONS, operations
from conformance_tests.loopback import is_loopback
from conformance_tests.printable import on_one_line
from conformance_tests.redaction import SHOWN
from conformance_tests.report import exit_codes
from conformance_tests.runner import clock_check, discover, other_runs, preflight
from conformance_tests.runner.cleanup import clean_up
from conformance_tests.target.model import Target

MEND: Final = "Fix the items marked bad; until then a run is incomplete or exits 3."

TTL_ON: Final = "an emulator may delete expired rows that a run still has to show: turn its TTL off"

NO_TABLE: Final = "not given: [table] lets the session rows be seen"
DEVELOPED: Final = "not given: the operations for development stand in for most of what it shows"

Sign = Literal["ok", "bad", "note", "-"]


@dataclass(frozen=True, slots=True)
class Line:
    """The result of one check."""

    sign: Sign
    what: str
    says: str


def doctor(target: Target | None) -> int:
    """Print the checks; gives 0, or 3 where a run could not judge all that it should."""
    bad = 0
    with ExitStack() as ends:
        judged, wiring = (target, NO_WIRING) if target else _embedded(ends)
        for line in examine(judged, ends, wiring):
            print(f"{line.sign:4}  {line.what:12}  {on_one_line(line.says)}", flush=True)
            bad += line.sign == "bad"
    print(MEND if bad else "A run can begin.")
    return exit_codes.UNTESTED if bad else exit_codes.CONFORMANT


def _embedded(ends: ExitStack) -> tuple[Target, Wiring]:
    from conformance_tests.embedded import boot

    return ends.enter_context(boot.embedded_reference())


def examine(target: Target, ends: ExitStack, wiring: Wiring = NO_WIRING) -> Iterator[Line]:
    """The checks, each after those that it needs, with nothing secret in them."""
    customers = Customers(opening.assemble(target, ends, wiring))
    for line in _examined(customers, ends):
        yield replace(line, says=customers.deployment.recorder.redact(line.says, SHOWN))


def _examined(customers: Customers, ends: ExitStack) -> Iterator[Line]:
    deployment, target = customers.deployment, customers.deployment.target
    claims = ", ".join(target.claims)
    yield Line("ok", "target", f"{target.name}, {target.environment}, {target.profile}: {claims}")
    if problem := opening.reach(deployment.client):
        yield Line("bad", "reachable", problem)
        return
    if problem := opening.start_faults(deployment, ends):
        yield Line("bad", "faults", problem)
        return
    ends.callback(clean_up, customers)
    try:
        for look in LOOKS:
            yield look(customers)
    except Throttled as throttled:
        yield Line("bad", "throttle", str(throttled))


def _reachable(customers: Customers) -> Line:
    deployment = customers.deployment
    took = deployment.client.trivial().seconds * 1000
    return Line("ok", "reachable", f"{deployment.client.url} answers GraphQL in {took:.0f} ms")


def _encrypted(customers: Customers) -> Line:
    deployment = customers.deployment
    address = urlsplit(deployment.client.url)
    if address.scheme == "https":
        trust = deployment.target.http.ca_file or "this machine's authorities"
        return Line("ok", "TLS", f"the certificate is good, by {trust}")
    if is_loopback(address.hostname):
        return Line("-", "TLS", "none, and none needed on this machine")
    return Line("note", "TLS", "none: tokens and passwords travel in clear; put https:// in url")


def _operations(customers: Customers) -> Line:
    deployment = customers.deployment
    found = operations(deployment.client)
    if found.there is None:
        return Line("note", "operations", "which ones there are could not be told")
    if missing := found.missing(FLOW_OPERATIONS):
        says = f"{', '.join(missing)} not found by {found.how}: is this the right endpoint?"
        return Line("bad", "operations", says)
    more = len(found.there) - len(FLOW_OPERATIONS)
    says = f"all three of the flow, {more or 'none'} of the five for development, by {found.how}"
    return Line("ok", "operations", says)


def _environment(customers: Customers) -> Line:
    deployment = customers.deployment
    declared = deployment.target.environment
    if says := discover.other_environment(deployment.client, declared):
        return Line("note", "environment", says)
    return Line("ok", "environment", f"{declared}, as declared")


def _customers(customers: Customers) -> Line:
    deployment = customers.deployment
    if not deployment.target.customers:
        return Line("bad", "customers", "none given: add two [[customers]], or export them")
    if problem := preflight.log_in_customers(customers, deployment.target.customers):
        return Line("bad", "customers", problem)
    emails = " and ".join(one.credentials.email for one in customers.registered)
    return Line("ok", "customers", f"{emails} can log in")


def _lifetimes(customers: Customers) -> Line:
    deployment = customers.deployment
    if not customers.sessions:
        return Line("-", "lifetimes", "not checked: nobody is logged in")
    if says := discover.other_lifetimes(customers.sessions[0], deployment.lifetimes):
        return Line("note", "lifetimes", says)
    return Line("ok", "lifetimes", "as declared, as far as a login shows them")


def _secret(customers: Customers) -> Line:
    deployment = customers.deployment
    if deployment.forge is None:
        return Line("-", "secret", "not given: [signing] lets forged and expired pairs be tried")
    if not customers.sessions:
        return Line("-", "secret", "not checked: nobody is logged in")
    if deployment.forge.verifies(customers.sessions[0].token):
        if says := preflight.check_derivation(customers):
            return Line("note", "secret", f"it verifies the tokens that a login gives; {says}")
        return Line("ok", "secret", "it verifies the tokens that a login gives")
    return Line("bad", "secret", "it does not verify a login's token: check [signing]")


def _table(customers: Customers) -> Line:
    deployment = customers.deployment
    address = deployment.target.table
    if address is None:
        stand_in = preflight.find_developer(customers) is not None
        return Line("-", "table", DEVELOPED if stand_in else NO_TABLE)
    with ExitStack() as ends:
        if problem := opening.open_table(deployment, ends):
            return Line("bad", "table", problem)
        reaped = address.endpoint_url and deployment.need_table().deletes_expired_rows()
    usable = f"{address.name} can be read and written"
    if reaped:
        return Line("note", "table", f"{usable}; {TTL_ON}")
    return Line("ok", "table", usable)


def _other_runs(customers: Customers) -> Line:
    table = customers.deployment.table
    if table is None:
        return Line("-", "other runs", "not known: the table would show them")
    seen = [other_runs.at_work(table), other_runs.left_by_killed_runs(table)]
    seen.append(other_runs.sessions_of_others(customers))
    if told := "; ".join(filter(None, seen)):
        return Line("note", "other runs", told)
    return Line("ok", "other runs", "none at work, and nothing is left of any in the table")


def _offset(customers: Customers) -> Line:
    deployment = customers.deployment
    if not deployment.client.skews:
        return Line("note", "clock offset", "not known: the answers have no Date header")
    skew = deployment.client.skew
    if not skew:
        return Line("ok", "clock offset", "its clock agrees with ours")
    side = "ahead of" if skew > 0 else "behind"
    return Line("note", "clock offset", f"its clock is {abs(skew):.0f} s {side} ours")


def _clock(customers: Customers) -> Line:
    deployment = customers.deployment
    offered = deployment.target.clock
    clock = offered_clock(deployment.target, deployment.wiring.transport)
    if clock is None:
        return _waiting(offered.max_wait)
    if not clock_check.can_try_clock(customers):
        return Line("-", "clock", "not tried: nobody is logged in")
    if deployment.table is not None and other_runs.at_work(deployment.table):
        return Line("-", "clock", "not tried: another run is at work")
    moved = other_runs.moved_clock(customers)
    if moved:
        reset(clock)
    try:
        problem = clock_check.why_unusable(customers, clock)
        started = "" if problem else _clock_of_started(deployment, clock)
    finally:
        reset_and_close(clock)
    if problem:
        return Line("bad", "clock", f"{problem}; mend [clock] or leave it out")
    moves = f"{clock.name}: it moves{' and stands still' * clock.frozen}{started}"
    if moved:
        return Line("note", "clock", f"{moves}; {moved}, and is reset now")
    return Line("ok", "clock", moves)


def _clock_of_started(deployment: Deployment, clock: MovableClock) -> str:
    """Whether an instance that [launch] starts follows the moved clock; under one file it does."""
    launch = deployment.target.launch
    if launch is None or not isinstance(clock, FaketimeClock):
        return ""
    try:
        with Launcher(launch, deployment.target.secret).start() as launched, ExitStack() as ends:
            client = open_client(deployment.target, deployment.recorder, url=launched.url)
            ends.enter_context(closing(client)).trivial()
            follows = clock.is_ahead_by(client.skew)
    except LaunchError as problem:
        return f"; [launch]: {problem}"
    return f"; what [launch] starts {'follows it' if follows else 'reads real time'}"


def _waiting(max_wait: float) -> Line:
    if max_wait:
        return Line("ok", "clock", f"none to move: the suite may wait for {max_wait:g} s")
    return Line("-", "clock", "not given: [clock] lets the suite see what happens later")


LOOKS: Final[tuple[Callable[[Customers], Line], ...]] = (
    _reachable,
    _encrypted,
    _operations,
    _environment,
    _customers,
    _lifetimes,
    _secret,
    _table,
    _other_runs,
    _offset,
    _clock,
)
