"""The fault proxy between a deployment and its DynamoDB endpoint, in words that a test can use."""

from __future__ import annotations

from conformance_tests.faults.calls import Call, CallLog
from conformance_tests.faults.fault import Fault
from conformance_tests.faults.proxy import FaultProxy
from conformance_tests.loopback import LoopbackError

__all__ = ["Call", "CallLog", "Fault", "FaultProxy", "LoopbackError"]
