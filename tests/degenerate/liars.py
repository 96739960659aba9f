"""Servers that get past the first look: all that a target offers, and no flow behind it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from conformance_tests.actors.session import claims_of
from conformance_tests.deployment.clock import Clock
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.forge import Forge, encoded
from conformance_tests.deployment.table import Table
from conformance_tests.deployment.wiring import Wiring
from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted
from conformance_tests.embedded.moto_endpoint import MotoEndpoint
from conformance_tests.outcomes import Violation
from conformance_tests.target.model import Target
from conformance_tests.target.parts import (
    ClockAddress,
    Credentials,
    FaultAddress,
    Features,
    Instance,
    Lifetimes,
    OddLogin,
    TableAddress,
)
from reference_auth.store.memory import REGION, memory_client
from reference_auth.store.own_environment import own_environment
from tests.conformance.small_server import Reply, says
from tests.degenerate.servers import CONSTANT, Asked, Speak, read, refuse
from tests.mutants.judged import derive_briefly

SECRET = "a-secret-of-a-server-without-a-flow-0123456789"
URL = "http://liar.test/graphql"
CUSTOMERS = {
    "alice@example.com": Credentials("alice@example.com", "pass-alice"),
    "bob@example.com": Credentials("bob@example.com", "pass-bob"),
}
LIFETIMES = Lifetimes()
#: A pair that has the form of one.
PAIR = {"token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "refresh_token": "ab" * 64}
YES = {"result": True, "success": True, "customer_id": "7", "ttl": "1", "refresh_token_hash": "ab"}


class Liar(httpx.BaseTransport):
    """A server with a clock that can be set, and a table that it may write to."""

    def __init__(self, speak: Callable[[Liar, Asked], Reply], table: Table) -> None:
        self.speak = speak
        self.table = table
        self.forge = Forge(SECRET)
        self.set_to: float | None = None

    @property
    def now(self) -> int:
        return int(time.time() if self.set_to is None else self.set_to)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Set the clock, or say what is said to everything."""
        content = request.read()
        if request.url.path == "/clock":
            self.set_to = json.loads(content)["now"]
            return httpx.Response(204)
        token = request.headers.get("authorization", "").rpartition(" ")[2]
        status, kind, body, more = self.speak(self, read(content, token))
        return httpx.Response(status, headers={"content-type": kind, **more}, content=body)

    def issue(self, customer: object, lasting: int = LIFETIMES.refresh) -> dict[str, Any]:
        """A genuine pair of this second."""
        exp, end = self.now + LIFETIMES.access, self.now + lasting
        claims = {"customer_id": customer, "exp": exp, "refresh_expiry": end, "iat": self.now}
        return {
            "token": self.forge.mint(claims),
            "refresh_token": self.forge.refresh_token(customer, exp),
        }

    def log_in(self, asked: Asked) -> Reply:
        """What a sound deployment answers to a login, with its row."""
        known = CUSTOMERS.get(str(asked.variables.get("email")))
        if known is None or asked.variables.get("password") != known.password:
            return refuse(asked)
        remembered = asked.variables.get("remember_me") is True
        lasting = LIFETIMES.extended if remembered else LIFETIMES.refresh
        customer = known.email.partition("@")[0]
        pair = self.issue(customer, lasting)
        self.table.put(customer, self.forge.hash_of(pair["refresh_token"]), self.now + lasting)
        return says({"data": {"generateCustomerToken": pair}})


def of_everything(asked: Asked, value: Any) -> Reply:
    """One value for each operation that the document names."""
    if not asked.operations:
        return says({"data": {"__typename": "Query", "me": {"customer_id": "7"}}})
    return says({"data": dict.fromkeys(asked.operations, value)})


def constant(speak: Speak) -> Callable[[Liar, Asked], Reply]:
    return lambda liar, asked: speak(asked)


def one_pair(liar: Liar, asked: Asked) -> Reply:
    """Everything is answered by one and the same pair, and by yes."""
    return of_everything(asked, {**PAIR, **YES})


def opaque_tokens(liar: Liar, asked: Asked) -> Reply:
    """Everything is answered by an access token that is no JWT, and by yes."""
    return of_everything(asked, {**PAIR, "token": "an-opaque-token", **YES})


def signed_gibberish(liar: Liar, asked: Asked) -> Reply:
    """Everything is answered by an access token that is well signed and says nothing."""
    signed = f"{encoded(b'{}')}.{encoded(b'gibberish')}"
    token = f"{signed}.{liar.forge.signature(signed, 'HS256')}"
    return of_everything(asked, {**PAIR, "token": token, **YES})


def fresh_pairs(liar: Liar, asked: Asked) -> Reply:
    """Everything is answered by a new and genuine pair, and by yes; nothing is looked at."""
    try:
        customer = claims_of(asked.token).get("customer_id")
    except Violation:
        customer = ascii(asked.variables.get("email", "somebody")).partition("@")[0]
    return of_everything(asked, {**liar.issue(customer), **YES})


def sound_logins_then_no(liar: Liar, asked: Asked) -> Reply:
    """Whoever has the password gets a sound session, and is refused with it ever after."""
    return liar.log_in(asked) if asked.operations == ["generateCustomerToken"] else refuse(asked)


def sound_logins_then_yes(liar: Liar, asked: Asked) -> Reply:
    """Whoever has the password gets a sound session, and hears it repeated ever after."""
    if asked.operations == ["generateCustomerToken"]:
        return liar.log_in(asked)
    pair = {"token": asked.token, "refresh_token": asked.variables.get("refresh_token")}
    return of_everything(asked, {**pair, **YES})


KINDS: dict[str, Callable[[Liar, Asked], Reply]] = {
    **{name: constant(CONSTANT[name]) for name in ("null", "another API", "every refusal")},
    "one pair": one_pair,
    "fresh pairs": fresh_pairs,
    "sound logins, then no": sound_logins_then_no,
    "sound logins, then yes": sound_logins_then_yes,
}


@contextmanager
def lying(speak: Callable[[Liar, Asked], Reply]) -> Iterator[Booted]:
    """Such a server as a target that offers everything but a command that starts it."""
    with ExitStack() as ends:
        patch = ends.enter_context(pytest.MonkeyPatch.context())
        derive_briefly(patch)
        # No server here minds the second of a request, and most have no clock that moves.
        patch.setattr(Clock, "second_has_passed", lambda self, moment: True)
        ends.enter_context(own_environment())
        client = memory_client()
        engine = ends.enter_context(MotoEndpoint(client)).url
        name = ends.enter_context(boot.own_table(engine, client))
        proxy = ends.enter_context(FaultProxy("127.0.0.1:0", engine))
        address = TableAddress(name, REGION, engine)
        table = Table(address, client)
        ends.callback(table.close)
        instance = Instance(URL, LIFETIMES)
        target = Target(
            url=URL,
            name="a liar",
            environment="development",
            profile="hardened",
            customers=tuple(CUSTOMERS.values()),
            secret=SECRET,
            table=address,
            clock=ClockAddress(http="http://liar.test/clock"),
            features=Features(grace_seconds=60, max_session_minutes=60),
            protected_query="{ me { customer_id } }",
            odd_logins=(OddLogin("null", "null@odd.example.com", "odd"),),
            faults=FaultAddress("127.0.0.1:0", engine),
            instances=dict.fromkeys(("development", "production", "featured"), instance),
        )
        yield Booted(target, Wiring(Liar(speak, table), client, proxy))
