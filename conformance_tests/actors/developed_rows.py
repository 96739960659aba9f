"""Rows that the suite writes where it has no table: by the development operations.

Such a row ends with the normal refresh lifetime, and does not say which row it follows.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

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


@contextmanager
def extra(deployment: Deployment, customer_id: object, count: int) -> Iterator[list[Row]]:
    """So many more rows of a customer's, which are no session's; removed afterwards."""
    end = int(deployment.clock.now()) + deployment.lifetimes.refresh
    texts = [secrets.token_hex(64) for _ in range(count)]
    try:
        yield [write(deployment, customer_id, text, end) for text in texts]
    finally:
        for text in texts:
            remove(deployment, customer_id, text)


def remove(deployment: Deployment, customer_id: object, refresh_token: str) -> None:
    """The row of a pair goes, if it is there."""
    if deployment.developer is not None:
        deployment.developer.remove(str(customer_id), refresh_token)


def clear(deployment: Deployment, customer_id: object) -> None:
    """All rows of a made-up customer go."""
    if deployment.developer is not None:
        deployment.developer.remove_all(str(customer_id))
