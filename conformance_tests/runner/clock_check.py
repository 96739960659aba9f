"""Decides which clock a run uses: the offered one, once logins have shown that it moves."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from conformance_tests.deployment.clock import (
    Clock,
    ClockError,
    ClockToCome,
    MovableClock,
    offered,
    reset,
    reset_and_close,
)
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.outcomes import Violation
from conformance_tests.runner.other_runs import moved_clock

if TYPE_CHECKING:
    from conformance_tests.actors.pool import Customers
    from conformance_tests.deployment.instances import Instances

#: A clock is first moved by a random number of seconds between these. So a second run on the same
#: table does not reuse the seconds of the first run, whose ended pairs could not be issued again.
NEAREST_LEAP, FARTHEST_LEAP = 3_600, 60 * 86_400


def set_clock(customers: Customers, ends: ExitStack, *, later: bool = False) -> None:
    """Use the clock that the target offers, where logins show that it moves.

    later: real time is used until `take_clock`.
    """
    deployment = customers.deployment
    deployment.clock.skew = deployment.client.skew
    deployment.clock.newest_skew = lambda: deployment.client.skew
    clock = offered(deployment.target, deployment.wiring.transport)
    if clock is None or not can_try_clock(customers):
        return
    ends.callback(reset_and_close, clock)
    if moved := moved_clock(customers):
        reset(clock)
        deployment.about_runs.append(moved)
    if later:
        deployment.clock = ClockToCome(deployment.clock, clock)
    else:
        deployment.clock = checked(customers, deployment.clock, clock)


def checked(customers: Customers, real: Clock, clock: MovableClock) -> Clock:
    """The clock that was offered, where logins show that it moves; else real time."""
    if why := why_unusable(customers, clock):
        real.unusable = f"{why}; mend [clock] or leave it out"
        reset(clock)
        return real
    clock.tell = customers.deployment.recorder.note
    return clock


def take_clock(customers: Customers, instances: Instances) -> None:
    """From now on the clock is moved, where there is one that was left alone until now."""
    clock = customers.deployment.clock
    if isinstance(clock, ClockToCome):
        instances.set_clock(checked(customers, clock.real, clock.coming))


def can_try_clock(customers: Customers) -> bool:
    """Whether somebody can log in to see what time it is there."""
    return bool(customers.registered) and customers.locked_out is None


def why_unusable(customers: Customers, clock: MovableClock) -> str | None:
    """Why a clock that was offered cannot be used; None, and `frozen` known, where it can.

    It stays moved, whatever comes out: the caller resets it.
    """
    leap = NEAREST_LEAP + secrets.randbelow(FARTHEST_LEAP - NEAREST_LEAP)
    try:
        before = login_exp(customers)
        clock.move_to(clock.now() + leap)
        after = login_exp(customers)
        if not leap - 15 <= after - before <= leap + 15:
            moved = f"the deployment's time by {after - before} s"
            return f"the clock was moved by {leap} s, {moved}"
        clock.stands_still = customers.deployment.target.clock.frozen or (
            clock.name == "http" and _stands_still(customers, after)
        )
    except (ClockError, Violation, Throttled, OSError) as error:
        return f"the clock cannot be used: {error}"
    return None


def _stands_still(customers: Customers, exp: int) -> bool:
    """Another customer logs in, so that no collision within the second shifts `exp`."""
    time.sleep(1.2)
    return login_exp(customers, place=-1) <= exp


def login_exp(customers: Customers, place: int = 0) -> int:
    """The `exp` that a login of a customer, the first if no other is named, gets now."""
    customer = customers.registered[place]
    return customer.session_from(customer.ask_to_log_in()).exp
