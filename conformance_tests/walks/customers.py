"""The customers of a walk: registered, made up in the table, or through development operations."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance_tests.actors.customers import Customer, RegisteredCustomer
from conformance_tests.deployment.row import OWN_IDS
from conformance_tests.walks.kinds import BY_NAME, NEAR, REGISTERED

if TYPE_CHECKING:
    from conformance_tests.actors.pool import Customers
    from conformance_tests.deployment.http.developer import Developer


def customers_of(
    kind: str, customers: Customers, developer: Developer | None
) -> tuple[Customer, Customer] | None:
    """A customer of this kind and her neighbour; None where they cannot be had.

    developer: who makes them up, where there is no table.
    """
    if kind == REGISTERED:
        return _registered(customers)
    if developer is not None:
        customers = customers.at(replace(customers.deployment, developer=developer))
    own = f"{OWN_IDS}{customers.deployment.run}-{secrets.token_hex(4)}-"
    made = BY_NAME[kind]
    ids = made.ids(own, secrets.randbelow(NEAR))
    if made.numeric:
        named = [customers.named(id_) for id_ in ids]
        return (named[0], named[1]) if named[0] and named[1] else None
    return customers.made_up(str(ids[0])), customers.made_up(str(ids[1]))


def _registered(customers: Customers) -> tuple[RegisteredCustomer, RegisteredCustomer] | None:
    if customers.locked_out or len(customers.registered) < 2:
        return None
    return customers.alice, customers.bob
