"""The fixture `expect`: every expectation of a conformance test is one of its methods.

Categories, null data and effects are judged; wording, other status codes and further claims are
free.
"""

from __future__ import annotations

from conformance_tests.expect.calls import Calls
from conformance_tests.expect.development import Development
from conformance_tests.expect.disclosure import Disclosure
from conformance_tests.expect.http import Http
from conformance_tests.expect.schema import Schema
from conformance_tests.expect.sessions import Sessions


class Expect(Sessions, Calls, Http, Schema, Development, Disclosure):
    """One test's expectations: `expect.rotates(session)`."""
