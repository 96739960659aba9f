"""The source that a lesson shows is the package's own, and an arm is what `Flow.refresh` calls."""

from __future__ import annotations

import inspect

import pytest

from lessons import arm, source
from reference_auth.core.states import State
from reference_auth.core.tokens import derive
from reference_auth.flow.flow import Flow

ARMS = {
    State.ACCESS_VALID_REFRESH_VALID: Flow.return_same_pair,
    State.ACCESS_INVALID_REFRESH_VALID: Flow.rotate,
    State.ACCESS_VALID_REFRESH_INVALID: Flow.refuse_live_pair,
    State.ACCESS_INVALID_REFRESH_INVALID: Flow.refuse_or_burn,
}


def test_a_source_says_where_it_is_from() -> None:
    """The module comes first, then the code."""
    assert (
        repr(source(derive))
        == f"# reference_auth.core.tokens\n{inspect.getsource(derive).rstrip()}"
    )


@pytest.mark.parametrize("state", State)
def test_an_arm_is_what_refresh_calls_in_that_state(state: State) -> None:
    """The case of that state comes first, then exactly the method that it calls."""
    case, _, method = arm(state).code.partition("\n\n")
    assert case.startswith(f"case State.{state.name}:")
    assert f"self.{ARMS[state].__name__}(" in case
    assert f"def {ARMS[state].__name__}(" in method.splitlines()[0]
    assert method.count("def ") == 1
