"""The rows of made-up customers where the suite has no table: by the development operations.

A row that they write ends with the normal refresh lifetime, and does not say which row it follows.
Of what type its attributes are they do not show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance_tests.deployment.http.answer import member
from conformance_tests.deployment.row import Row
from conformance_tests.outcomes import NotTestable

if TYPE_CHECKING:
    from conformance_tests.deployment.deployment import Deployment


def write(deployment: Deployment, customer_id: object, refresh_token: str, end: int) -> Row:
    """The row of a genuine pair; NotTestable where none can be written.

    end: the pair's refresh_expiry.
    """
    developer = deployment.developer
    if developer is None or not developer.update(str(customer_id), refresh_token).says_success:
        raise NotTestable("table")
    return Row.of(customer_id, deployment.need_forge().hash_of(refresh_token), end)


def listed(deployment: Deployment, customer_id: object) -> list[Row]:
    """A customer's rows; NotTestable where they are not listed."""
    answer = deployment.developer.list(str(customer_id)) if deployment.developer else None
    if answer is None or not isinstance(answer.value, list):
        raise NotTestable("table")
    shown = [(str(member(row, "refresh_token_hash")), member(row, "ttl")) for row in answer.value]
    return [Row.of(customer_id, hash_, _seconds(ttl)) for hash_, ttl in shown]


def _seconds(ttl: object) -> int | None:
    """What is shown as a ttl, whatever it is, in epoch seconds."""
    try:
        return int(str(ttl))
    except ValueError:
        return None


def remove(deployment: Deployment, customer_id: object, refresh_token: str) -> None:
    """The row of a pair goes, if it is there."""
    if deployment.developer is not None:
        deployment.developer.remove(str(customer_id), refresh_token)


def clear(deployment: Deployment, customer_id: object) -> None:
    """All rows of a made-up customer go."""
    if deployment.developer is not None:
        deployment.developer.remove_all(str(customer_id))
