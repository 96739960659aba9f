"""How a test can end other than by passing: an exception for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: What a capability is called, and what to write into the target file to offer it.
CAPABILITIES = {
    "customer": ("a customer's credentials", "[[customers]] with email and password_env"),
    "second customer": ("a second customer", "a second [[customers]] entry"),
    "secret": ("the signing secret", "[signing] with secret_env"),
    "table": ("the table", "[table] with name, region and, for an emulator, endpoint_url"),
    "own table": (
        "a table without rows of others, which a careless server might delete",
        "[table] with a table made for tests, or [faults]",
    ),
    "small table": ("a smaller table", "[table] with a table made for tests"),
    "introspection": (
        "open introspection",
        "an instance that answers it, such as one in development, as a target of its own",
    ),
    "clock": ("a movable clock", "[clock] with http, faketime or max_wait"),
    "time": (
        "a movable clock",
        "[clock] with http, faketime or max_wait, or both [signing] and [table]",
    ),
    "frozen clock": ("a clock that stands still", "[clock] with http, where such a clock is"),
    "derivation": (
        "tokens derived as WIRE says",
        "WIRE to claims, if the deployment derives them so",
    ),
    "faults": ("the fault proxy", "[faults] with listen and upstream"),
    "log": ("the deployment's log", "[log] with file"),
    "launch": ("starting the deployment", "[launch] with command, url and port_variable"),
    "odd logins": ("logins without a usable id", "[[odd_logins]]"),
    "destructive": ("permission to log customers out", "the flag --allow-destructive"),
    "patience": ("a higher rate limit", "[limits] with logins_per_minute"),
    "second instance": ("a second instance on the same table", "[launch]"),
}


class Violation(AssertionError):
    """The deployment did something else than the requirement asks.

    rests_on: the requirements that ask for the call that failed, where a test only began with it.
    requirement: the one that is broken, where the test does not name it: a walk found it.
    story: the steps that led there, a sentence each.
    """

    requirement: str | None = None
    story: tuple[str, ...] = ()

    def __init__(self, expected: str, actual: str, rests_on: tuple[str, ...] = ()) -> None:
        super().__init__(expected, actual)
        self.expected = expected
        self.actual = actual
        self.rests_on = rests_on

    def __str__(self) -> str:
        return f"expected {self.expected}; got {self.actual}"


@contextmanager
def own_question() -> Iterator[None]:
    """A violation in here is what the test is about, whichever call it comes from."""
    try:
        yield
    except Violation as broken:
        broken.rests_on = ()
        raise


class NoAnswer(Violation):
    """A call got no answer at all."""


@contextmanager
def good_call(*rests_on: str) -> Iterator[None]:
    """A violation in here breaks one of these requirements, whichever the test is about."""
    try:
        yield
    except Violation as broken:
        broken.rests_on = broken.rests_on or rests_on
        raise


class NotTestable(Exception):
    """Something could not be seen because a capability is missing (a key of CAPABILITIES)."""

    def __init__(self, capability: str, why: str | None = None) -> None:
        self.capability = capability
        super().__init__(why or unseen_sentence(capability))


class NotApplicable(Exception):
    """The requirement does not concern this target; the text says why."""


class NotReached(Exception):
    """The run had stopped before this test; the text says why."""


class RunAlone(Exception):
    """A test cannot go on beside others: they would disturb it, or it them.

    It is run again, alone.
    """


class SuiteError(Exception):
    """The suite itself did something wrong: never the deployment's fault."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """One part of a requirement that this run could not look at."""

    what: str
    capability: str

    def __str__(self) -> str:
        return f"{self.what}: {unseen_sentence(self.capability)}"


def unseen_sentence(capability: str) -> str:
    name, add = CAPABILITIES[capability]
    return f"needs {name}; add {add}"
