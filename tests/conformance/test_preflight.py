"""What stands in the way of a run is one sentence of the run, before any test is asked."""

from __future__ import annotations

import socket

import pytest

from conformance_tests import runner
from conformance_tests.target import Credentials, FaultAddress, Target
from tests.conformance.small_server import refusing, serving

UPSTREAM = "http://127.0.0.1:8000"


def hindrance(faults: FaultAddress) -> str:
    """Why a target whose fault proxy stands there could not be judged at all."""
    with serving(refusing()) as url:
        customers = (Credentials("alice@example.com", "a"), Credentials("bob@example.com", "b"))
        run = runner.run(Target(name="small", url=url, customers=customers, faults=faults))
    assert run.unreachable is not None
    assert (run.findings, run.crashed) == ((), None)
    return run.unreachable


@pytest.mark.parametrize(
    "faults, why",
    [
        (FaultAddress("127.0.0.1", UPSTREAM), "'127.0.0.1' is not an address"),
        (FaultAddress("0.0.0.0:0", UPSTREAM), "'0.0.0.0:0' is not a loopback address"),
        (FaultAddress("127.0.0.1:0", "https://127.0.0.1:8000"), "is not of the form http"),
    ],
)
def test_a_bad_address_of_the_fault_proxy_is_one_sentence(faults: FaultAddress, why: str) -> None:
    """The sentence says which address it is, and where to mend it."""
    sentence = hindrance(faults)
    assert why in sentence
    assert sentence.endswith("; mend [faults] or leave it out")


def test_a_port_in_use_is_one_sentence() -> None:
    """A fault proxy that finds its port taken ends the run, and not in a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        sentence = hindrance(FaultAddress(taken, UPSTREAM))
    assert sentence.startswith(f"Cannot listen on {taken}: Address already in use")
    assert sentence.endswith("; mend [faults] or leave it out")
