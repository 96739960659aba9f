"""A customer with many sessions, or large ones, is burned to the last row."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from conformance_tests.actors.customers import Customer
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement

#: Bytes of a row, of which three fill a page.
LARGE_ROW = 380_000
#: Beside the row of the session itself: a batch; one more row than batches hold; more bytes than a
#: page holds, where a row has at most 400 KB.
CROWDS = [
    pytest.param(24, 0, id="25 rows"),
    pytest.param(300, 0, id="301 rows"),
    pytest.param(4, LARGE_ROW, id="1.5 MB"),
]
#: DynamoDB refuses a larger batch, which an emulator may take.
BATCH = 25


@requirement("STORE-09", burns=True, serial=True)
@pytest.mark.parametrize("count, size", CROWDS)
def test_a_burn_takes_every_row(
    deployment: Deployment, someone: Customer, expect: Expect, count: int, size: int
) -> None:
    """A replay is refused, and no row of a crowded partition is left."""
    deployment.need_rows()
    stolen = someone.expired_session()
    expect.rotates_past_grace(stolen)
    watch = deployment.faults.watch() if deployment.faults else nullcontext(())
    with someone.extra_rows(count, size), watch as calls:
        expect.is_over(stolen)
        expect.burned(someone)
    batches = [len(call.accesses) for call in calls if call.operation == "BatchWriteItem"]
    expect.that(max(batches, default=0) <= BATCH, f"{BATCH} rows a batch at most", batches)


@requirement("CORE-15", burns=True, serial=True, optional=True, long_jump=True)
@pytest.mark.parametrize("count, size", CROWDS[::2])
def test_the_row_of_an_ended_session_is_found_behind_others(
    deployment: Deployment, someone: Customer, expect: Expect, count: int, size: int
) -> None:
    """Past refresh_expiry a pair is refused and its row removed, among a batch of rows and on
    whichever page it stands.
    """
    deployment.need_rows()
    ended = someone.log_in().ended()
    with someone.extra_rows(count, size):
        expect.is_over(ended)
        expect.not_stored(ended)
