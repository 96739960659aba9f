"""Readers of a platform's answer."""

from __future__ import annotations

from typing import Any

from lessons import checks
from reference_auth.core.login import LoginRefused


def customer_in(body: Any) -> Any:
    if body.get("errors") or not (body.get("data") or {}).get("login"):
        raise LoginRefused
    return body["data"]["login"]["id"]


def refuse() -> Any:
    raise LoginRefused


CHECK = checks.customer_in
RIGHT = customer_in
WRONG: dict[str, tuple[Any, str]] = {
    "the id alone": (
        lambda body: body["data"]["login"]["id"],
        "A platform refuses",
    ),
    "as text": (lambda body: str(customer_in(body)), "value and type"),
    "errors only": (
        lambda body: body["data"]["login"]["id"] if not body.get("errors") else refuse(),
        "No error and no customer",
    ),
}
