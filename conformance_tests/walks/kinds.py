"""The kinds of customers that walk: of each a customer, and a neighbour easily taken for her."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from conformance_tests.actors.customers import Customer, RegisteredCustomer
from conformance_tests.deployment.row import OWN_IDS
from conformance_tests.walks.developed import DevelopedCustomer

if TYPE_CHECKING:
    from conformance_tests.actors.pool import Customers
    from conformance_tests.deployment.http.developer import Developer

Id = int | str
REGISTERED: Final = "registered"
#: Of an id near a limit so many are tried, so that two runs seldom meet.
NEAR: Final = 1_000_000
LONG: Final = 900


@dataclass(frozen=True, slots=True)
class Kind:
    """How an id is made: from a fresh text, or from a random number where it is one."""

    name: str
    ids: Callable[[str, int], tuple[Id, Id]]
    numeric: bool = False


KINDS: Final = (
    Kind("plain", lambda own, n: (f"{own}a", f"{own}a-longer")),
    Kind("a number beyond 2^31", lambda own, n: (2**31 + n, 2**31 + n + 1), numeric=True),
    Kind("letters with accents", lambda own, n: (composed(f"{own}Zoë-李"), f"{own}Zoe-李")),
    Kind("capitals", lambda own, n: (f"{own}Anna", f"{own}anna")),
    Kind("digits in a string", lambda own, n: (str(2**40 + n), f"0{2**40 + n}"), numeric=True),
    Kind("decomposed letters", lambda own, n: (decomposed(f"{own}é"), composed(f"{own}é"))),
    Kind("a number below 2^53", lambda own, n: (2**53 - 1 - n, 2**53 - 2 - n), numeric=True),
    Kind("emoji", lambda own, n: (f"{own}🌱", f"{own}🌲")),
    Kind("a long id", lambda own, n: (own + "x" * LONG, own + "x" * (LONG - 1) + "y")),
    Kind("a negative number", lambda own, n: (-(2**31) - n, 2**31 + n), numeric=True),
    Kind("blanks", lambda own, n: (f"{own}a b ", f"{own}a b")),
    Kind("e-mail", lambda own, n: (f"{own}a+b@example.com", f"{own}a b@example.com")),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
#: The kinds that one item of the run walks with.
GROUPS: Final = (
    (REGISTERED,),
    *(tuple(kind.name for kind in KINDS[place::3]) for place in range(3)),
)


def is_numeric(kind: str) -> bool:
    """Whether an id of this kind is a number, or might be taken for one."""
    return kind != REGISTERED and BY_NAME[kind].numeric


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def customers_of(
    kind: str, customers: Customers, developer: Developer | None
) -> tuple[Customer, Customer] | None:
    """A customer of this kind and her neighbour; None where they cannot be had.

    developer: who makes them up, where there is no table.
    """
    if kind == REGISTERED:
        return _registered(customers)
    own = f"{OWN_IDS}{customers.deployment.run}-{secrets.token_hex(4)}-"
    made = BY_NAME[kind]
    ids = made.ids(own, secrets.randbelow(NEAR))
    if developer is not None:
        first, second = (DevelopedCustomer(customers.deployment, str(i), developer) for i in ids)
        return first, second
    if made.numeric:
        named = [customers.named_by_number(id_) for id_ in ids]
        return (named[0], named[1]) if named[0] and named[1] else None
    return customers.made_up(str(ids[0])), customers.made_up(str(ids[1]))


def _registered(customers: Customers) -> tuple[RegisteredCustomer, RegisteredCustomer] | None:
    if customers.locked_out or len(customers.registered) < 2:
        return None
    return customers.alice, customers.bob
