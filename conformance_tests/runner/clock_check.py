"""The canary: which clock a run goes by, once a login has shown that it really moves."""

from __future__ import annotations

import secrets
import statistics
import time
from contextlib import ExitStack, suppress

from conformance_tests.deployment.clock import (
    Clock,
    ClockError,
    FaketimeClock,
    HttpClock,
    MovableClock,
)
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.client import Client
from conformance_tests.outcomes import Throttled, Violation

#: A difference of clocks below this is the network's, in seconds.
NOTICED_SKEW = 1.5
#: How far a clock is moved at first, in seconds, is left to chance between these two. A second run
#: on the same table then meets no second of the first one's, whose ended pairs it could not issue.
NEAREST_LEAP, FARTHEST_LEAP = 3_600, 60 * 86_400


def set_clock(deployment: Deployment, ends: ExitStack) -> None:
    """The best clock that the target offers and that a canary shows to move."""
    deployment.clock.skew = measured_skew(deployment.client)
    clock = offered_clock(deployment)
    if clock is None or not can_try_clock(deployment):
        return
    ends.callback(reset_and_close, clock)
    if why := why_unusable(deployment, clock):
        deployment.clock.unusable = f"{why}; mend [clock] or leave it out"
        reset(clock)
    else:
        clock.tell = deployment.recorder.note
        deployment.clock = clock


def can_try_clock(deployment: Deployment) -> bool:
    """Whether somebody can log in to see what time it is there."""
    return bool(deployment.registered) and deployment.locked_out is None


def reset(clock: Clock) -> None:
    """Real time again, where the clock is still there."""
    with suppress(ClockError):
        clock.reset()


def reset_and_close(clock: Clock) -> None:
    """Give the clock back and let go of it."""
    reset(clock)
    clock.close()


def offered_clock(deployment: Deployment) -> MovableClock | None:
    """The clock that the target names, not yet tried."""
    offered = deployment.target.clock
    if offered.http:
        target = deployment.target
        return HttpClock(offered.http, target.transport, target.http.ca_file)
    return FaketimeClock(offered.faketime) if offered.faketime else None


def measured_skew(client: Client) -> float:
    """Seconds that the deployment's clock is ahead of this machine's, 0 where it is little."""
    skew = statistics.median(client.skews) if client.skews else 0.0
    return skew if abs(skew) >= NOTICED_SKEW else 0.0


def why_unusable(deployment: Deployment, clock: MovableClock) -> str | None:
    """Why a clock that was offered cannot be used; None, and `standing` known, where it can.

    It stays moved, whatever comes out: the caller gives it back.
    """
    leap = NEAREST_LEAP + secrets.randbelow(FARTHEST_LEAP - NEAREST_LEAP)
    try:
        before = login_exp(deployment)
        clock.move_to(clock.now() + leap)
        after = login_exp(deployment)
        if not leap - 15 <= after - before <= leap + 15:
            moved = f"the deployment's time by {after - before} s"
            return f"the clock was moved by {leap} s, {moved}"
        clock.standing = deployment.target.clock.stands or (
            clock.name == "http" and _stands_still(deployment, after)
        )
    except (ClockError, Violation, Throttled, OSError) as error:
        return f"the clock cannot be used: {error}"
    return None


def _stands_still(deployment: Deployment, exp: int) -> bool:
    """Judged by a customer who has not met this second yet, so that no collision shifts `exp`."""
    time.sleep(1.2)
    return login_exp(deployment, place=-1) <= exp


def login_exp(deployment: Deployment, place: int = 0) -> int:
    """The `exp` that a login of a customer, the first if no other is named, gets now."""
    customer = deployment.registered[place]
    return customer.session_from(customer.ask_to_log_in()).exp
