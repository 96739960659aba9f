"""Tests of the suite as plain functions, against a deployment that may answer anything at all."""

from __future__ import annotations

import contextlib
import gzip
import importlib
import itertools
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance_tests import suite
from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.protected import Protected
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.deployment.http.throttle import LoginRate
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import declare_marker
from conformance_tests.outcomes import NotApplicable, NotTestable, Violation
from conformance_tests.target.parts import Http
from tests.conformance import fakes

OUTCOMES = (Violation, NotTestable, NotApplicable)
OPERATIONS = ("generateCustomerToken", "refreshCustomerToken", "revokeCustomerToken", "__typename")

# -- what is answered --------------------------------------------------------------------------

ODD_TEXTS = st.sampled_from(
    ["", "eyJhbGciOiJIUzI1NiJ9.e30.x", "a.b.c", "\x1b[2J", "\u202e", "😀", "0" * 128, "\ud800"]
) | st.text(max_size=20)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ODD_TEXTS
    | st.sampled_from([10**400, 2**63, -1, 1e308])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["token", "refresh_token", "category", "a0"]), inner)
    ),
    max_leaves=6,
)


def compact(claims: Any) -> str:
    """A token with these claims that our forge has signed."""
    return Forge(fakes.SECRET).mint(json.dumps(claims).encode())


CLAIMS = VALUES | st.fixed_dictionaries(
    {},
    optional={
        name: VALUES | st.integers(fakes.NOW - 10**6, fakes.NOW + 10**6)
        for name in ("customer_id", "exp", "refresh_expiry", "iat", "auth_time")
    },
)
PAIRS = st.fixed_dictionaries(
    {"token": CLAIMS.map(compact) | VALUES, "refresh_token": VALUES}, optional={"result": VALUES}
)
ERRORS = st.fixed_dictionaries(
    {},
    optional={
        "message": VALUES,
        "path": VALUES,
        "locations": VALUES,
        "extensions": VALUES | st.fixed_dictionaries({"category": VALUES}),
    },
)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "data": VALUES | st.dictionaries(st.sampled_from(OPERATIONS), PAIRS | VALUES, max_size=3),
        "errors": VALUES | st.lists(ERRORS | VALUES, max_size=3),
        "extensions": VALUES,
    },
)
JSONS = (ENVELOPES | st.lists(ENVELOPES, max_size=2) | VALUES).map(json.dumps)
BODIES = (
    JSONS.map(lambda text: text.encode("utf-8", "surrogatepass"))
    | JSONS.map(lambda text: text.encode("utf-16", "surrogatepass"))
    | JSONS.map(lambda text: gzip.compress(text.encode()))
    | st.binary(max_size=60)
    | st.sampled_from([b"[" * 100_000, b'{"data":' * 500 + b"1" + b"}" * 500, b'{"a": 1e999}'])
)
HEADER_NAMES = (
    *("content-type", "content-encoding", "date", "retry-after", "location", "set-cookie"),
    *("cache-control", "content-length", "allow", "vary", "x-odd"),
)
HEADER_VALUES = (
    *("application/json", "application/json; charset=undefined", "gzip", "br", "²", "-1", "0"),
    *("9" * 400, "Mon, 01 Jan 2024 00:00:00 +99999999999999999999", "//[", "a=b", "\x1b[2J"),
)
LATIN_1 = st.characters(max_codepoint=255, exclude_characters="\r\n\0")
HEADERS = st.dictionaries(
    st.sampled_from(HEADER_NAMES),
    st.sampled_from(HEADER_VALUES) | st.text(LATIN_1, max_size=30),
    max_size=4,
)
ANSWERS = st.tuples(
    st.sampled_from([200, 200, 200, 400, 401, 429, 500, 302, 204, 101]) | st.integers(100, 999),
    HEADERS,
    BODIES,
)


def said(status: int, headers: Mapping[str, str], body: bytes) -> httpx.Response:
    """Such an answer, as it comes from a network."""
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    return httpx.Response(status, headers=raw, stream=httpx.ByteStream(body))


class Case(NamedTuple):
    """A test of the suite, what it asks for, and what of that its parameters are."""

    test: Callable[..., Any]
    asked: set[str]
    parameters: Mapping[str, Any]

    def run(self, known: Mapping[str, Any]) -> None:
        given_ = {name: {**known, **self.parameters}[name] for name in self.asked}
        if given_.get("forge", self) is not None:  # its fixture says that it is not testable
            self.test(**given_)


# -- who is asked ------------------------------------------------------------------------------


class Unthrottled(LoginRate):
    """Takes 429 for an answer like any other: nobody waits."""

    def ask(self, operation: str, send: Callable[[], Answer]) -> Answer:
        return send()


def words(judged: Deployment) -> dict[str, Any]:
    """What a test of the suite may ask for, as far as a deployment without a network has it."""
    registered = tuple(RegisteredCustomer(judged, one) for one in (fakes.ALICE, fakes.BOB))
    customers, developer = Customers(judged, registered), Developer(judged.client)
    return {
        "alice": customers.alice,
        "bob": customers.bob,
        "someone": customers.someone(),
        "another": customers.another(),
        "customers": customers,
        "deployment": judged,
        "client": judged.client,
        "clock": judged.clock,
        "forge": judged.forge,
        "developer": developer,
        "outsider": developer,
        "odd": OddClient(judged.client),
        "production": judged,
        "development": judged,
        "protected": Protected(judged.client, "{ me { customer_id } }"),
        "stranger": customers.someone(),
        "expect": Expect(judged),
    }


def tests() -> Iterator[Case]:
    """The suite's tests with one set of parameters each, that need nothing else."""
    known = set(words(fakes.deployment(secret=True)))
    for module in pkgutil.iter_modules(suite.__path__, f"{suite.__name__}."):
        found = vars(importlib.import_module(module.name)) if ".test_" in module.name else {}
        for name, function in found.items():
            if not name.startswith("test_"):
                continue
            asked = set(function.__code__.co_varnames[: function.__code__.co_argcount])
            for given_ in _parameters(getattr(function, "pytestmark", [])):
                if asked - given_.keys() <= known:
                    yield Case(function, asked, given_)


def _parameters(marks: list[pytest.Mark]) -> Iterator[dict[str, Any]]:
    lists = [
        [_named(mark.args[0], values) for values in mark.args[1]]
        for mark in marks
        if mark.name == "parametrize"
    ]
    for chosen in itertools.product(*lists):
        yield dict(pair for each in chosen for pair in each)


def _named(names: str, values: Any) -> list[tuple[str, Any]]:
    if type(values).__name__ == "ParameterSet":
        values = values.values
    split = [name.strip() for name in names.split(",")]
    if len(split) == 1:
        values = values if type(values) is tuple and len(values) == 1 else (values,)
    return list(zip(split, values, strict=True))


def check(config: pytest.Config, cases: int) -> None:
    """Whatever is answered, each test ends as a test may end."""
    declare_marker(config)
    callable_tests = list(tests())
    assert len(callable_tests) > 150

    @settings(max_examples=cases, deadline=None, database=None)
    @given(
        case=st.sampled_from(callable_tests),
        answers=st.lists(ANSWERS, min_size=1, max_size=4),
        lets_in=st.booleans(),
        visible=st.booleans(),
    )
    def no_answer_breaks_the_suite(
        case: Case,
        answers: list[Any],
        lets_in: bool,
        visible: bool,
    ) -> None:
        turns, login = itertools.cycle(answers), fakes.logins()

        def speak(request: httpx.Request) -> httpx.Response:
            if lets_in and b"generateCustomerToken" in request.content:
                return login({}, request.headers)
            return said(*next(turns))

        judged = fakes.deployment(
            clock=fakes.HandClock(), secret=visible, table=visible, environment="development"
        )
        way, rate = httpx.MockTransport(speak), Unthrottled()
        judged.client = Client(fakes.URL, Http(), judged.recorder, transport=way, rate=rate)
        judged.recorder.start_test()
        with contextlib.suppress(*OUTCOMES):
            case.run(words(judged))
        assert judged.recorder.transcript() is not None
        judged.recorder.curl()

    no_answer_breaks_the_suite()
