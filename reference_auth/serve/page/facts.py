"""What the page is told: the table of states, the lifetimes, and the demo's public customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_auth.core.states import CELLS, State
from reference_auth.serve.demo import CUSTOMERS
from reference_auth.serve.settings import Settings

# What each state means for the client that holds the pair.
SENTENCES: Mapping[State, str] = {
    State.ACCESS_VALID_REFRESH_VALID: "A refresh gives the same pair back: nothing to do yet.",
    State.ACCESS_INVALID_REFRESH_VALID: (
        "A refresh gives a new pair, and this one is spent from then on."
    ),
    State.ACCESS_VALID_REFRESH_INVALID: (
        "A refresh is refused, although the access token still opens what it protects."
    ),
    State.ACCESS_INVALID_REFRESH_INVALID: "A refresh is refused: log in again.",
}


def facts(settings: Settings) -> dict[str, Any]:
    """All that the page cannot learn from the endpoint; nothing in it is secret."""
    lifetimes = settings.config.lifetimes
    return {
        "cells": [
            {"access": access.value, "refresh": refresh.value, "state": state.name}
            for (access, refresh), state in CELLS.items()
        ],
        "sentences": {state.name: sentence for state, sentence in SENTENCES.items()},
        "lifetimes": {"refresh": lifetimes.refresh, "extended": lifetimes.extended},
        "customers": [
            {"email": customer.email, "password": customer.password}
            for customer in (() if settings.login_service else CUSTOMERS)
        ],
        "test_clock": settings.test_clock,
    }
