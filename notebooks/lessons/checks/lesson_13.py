"""What a platform answered, and what it means: an id, or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lessons.exercise import Hints, exercise
from reference_auth.core.login import LoginRefused
from reference_auth.core.tokens import CustomerId

Reads = Callable[[Any], CustomerId]

GOOD: tuple[tuple[Any, CustomerId], ...] = (
    ({"data": {"login": {"id": 23}}}, 23),
    ({"data": {"login": {"id": "bob-7"}}}, "bob-7"),
    ({"data": {"login": {"id": 23}}, "errors": []}, 23),
)
REFUSED: tuple[tuple[Any, str], ...] = (
    (
        {"data": {"login": None}, "errors": [{"message": "invalid credentials"}]},
        "A platform refuses with status 200, null data and errors.",
    ),
    ({"data": None, "errors": [{"message": "locked"}]}, "data itself may be null."),
    ({"errors": [{"message": "locked"}]}, "data may be missing altogether."),
    ({"data": {"login": {"id": 23}}, "errors": [{"message": "locked"}]}, "Any error is a refusal."),
    ({"data": {"login": None}}, "No error and no customer: refuse."),
)


@exercise
def customer_in(answer: Reads) -> Hints:
    """A function of the platform's answer: the customer's id, or LoginRefused."""
    for body, right in GOOD:
        found = answer(body)
        if found != right or type(found) is not type(right):
            yield f"{body} names customer {right!r}, and you said {found!r}: keep value and type."
    for body, hint in REFUSED:
        try:
            found = answer(body)
        except LoginRefused:
            continue
        except Exception as error:
            yield f"{hint} {body} raised {type(error).__name__} where LoginRefused was due."
        else:
            yield f"{hint} {body} must raise LoginRefused, and you said {found!r}."
