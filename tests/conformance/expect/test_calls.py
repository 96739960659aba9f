"""What did not pass the fault proxy was not seen, and is no failure of the deployment."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from conformance_tests.deployment.faults.fault import Fault
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.expect.expect import Expect
from conformance_tests.outcomes import NotTestable
from tests.conformance.fakes import deployment


def test_a_request_that_is_answered_without_a_held_call_is_not_testable() -> None:
    """A deployment that by-passes the proxy is told so at once, and not as a failure."""
    by: Future[Answer] = Future()
    by.set_result(Answer("refreshCustomerToken", 200))
    fault = Fault(lambda fault, exchange: None, lambda call: True, times=1, patience=0.0)
    with pytest.raises(NotTestable, match="passed the fault proxy"):
        Expect(deployment()).held(fault, by)
