"""A mutant whose logout ends nothing: does the suite notice it, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lessons.exercise import Hints, exercise
from lessons.server import Server
from reference_auth.flow.flow import Flow

ASKED = ("CORE-05", "CORE-06", "CORE-20", "HARD-14")
#: The row is still there, so a revoked pair works on: these show the same fault.
SAME_FAULT = {"CORE-24", "HARD-14"}


@exercise
def is_caught(answer: type[Flow]) -> Hints:
    """A subclass of Flow whose logout says true and ends nothing."""
    if not (isinstance(answer, type) and issubclass(answer, Flow)):
        yield "A mutant is a class that inherits from Flow: give the class itself."
        return
    yield from what_a_server_shows(answer)
    red = {id for id, status in found(answer).items() if status in ("fail", "warn")}
    if others := sorted(red - {"CORE-20", *SAME_FAULT}):
        yield f"{', '.join(others)} turned red too: one mutant has one defect."
    if "CORE-20" not in red:
        yield "The suite noticed nothing: CORE-20 passed."


def what_a_server_shows(mutant: type[Flow]) -> Iterator[str]:
    """A quick look, before the suite runs."""
    server = Server(flow=mutant)
    login = server.log_in()
    if login.category:
        yield f"Nobody can log in: {login.message}. Leave log_in alone."
    revoked = server.revoke(login.pair)
    if revoked.data != {"result": True}:
        yield f"The logout does not say true: it answered {revoked.data or revoked.message!r}."
    if not server.table().of_customer(23):
        yield "The session's row is gone: this logout really ends it."


def found(mutant: type[Flow]) -> Mapping[str, str]:
    """What the suite says of a few rows; it is imported only when it is asked."""
    from lessons.judging import judged, statuses

    return statuses(judged(mutant, ASKED))
