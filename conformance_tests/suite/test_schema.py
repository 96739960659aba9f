"""The schema is the published one: its names in snake_case, and null allowed where it was."""

from __future__ import annotations

from conformance_tests.deployment.http.client import Client
from conformance_tests.expect import probing
from conformance_tests.expect import schema as sdl
from conformance_tests.expect.sessions import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable


@requirement("WIRE-11", logins=0)
def test_the_schema_is_the_published_one(client: Client, expect: Expect) -> None:
    """Every operation that is there takes and answers what front ends send and read."""
    differences = sdl.differences(client.schema())
    if differences is None:
        differences = probing.differences(client)
        expect.unseen(probing.UNSEEN, "introspection")
    if differences is None:
        raise NotTestable("introspection")
    expect.that(not differences, "the published schema", "; ".join(differences))
