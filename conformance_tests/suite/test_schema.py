"""The schema is the published one: its names in snake_case, and null allowed where it was."""

from __future__ import annotations

from conformance_tests.deployment.http.client import Client
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement


@requirement("WIRE-11", logins=0)
def test_the_schema_is_the_published_one(client: Client, expect: Expect) -> None:
    """Every operation that is there takes and answers what front ends send and read."""
    expect.published_schema(client)
