"""The fault proxy between a deployment and its DynamoDB endpoint, in words that a test can use."""

from __future__ import annotations

from conformance_tests.deployment.faults.calls import Call, CallLog
from conformance_tests.deployment.faults.fault import Fault
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.faults.server import LoopbackError

__all__ = ["Call", "CallLog", "Fault", "FaultProxy", "LoopbackError"]
