"""Where a test failed: which instance, under which fault, in the hands of which session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from conformance_tests.deployment.http.recorder import Exchange
    from conformance_tests.deployment.instances import Instances

SUITE: Final = Path(__file__).parents[1] / "suite"
#: What a test calls its only session: that tells a reader nothing.
THE_ONLY_ONE: Final = "session"


def where(error: BaseException, instances: Instances) -> tuple[str, ...]:
    """The instance of the last call, the faults that were set, and whose session was sent."""
    recorder = instances.main.recorder
    faults = tuple(recorder.faults())
    if not (exchanges := recorder.exchanges()):
        return faults
    last = exchanges[-1]
    instance = instances.name_of(last.request_line.partition(" ")[2])
    roles = [f"with the session `{role}`" for role in _roles(error, last)]
    return (instance, *faults, *roles[:1])


def _roles(error: BaseException, exchange: Exchange) -> Iterator[str]:
    """What the test calls the session whose tokens a request carries."""
    sent = f"{exchange.request_headers} {exchange.request_body}"
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        if Path(frame.f_code.co_filename).is_relative_to(SUITE):
            for name, value in frame.f_locals.items():
                token = getattr(value, "token", None)  # a session's, whatever its class
                if name != THE_ONLY_ONE and isinstance(token, str) and token and token in sent:
                    yield name
        step = step.tb_next
