"""A small host application: six customers, and a field that only signed-in customers may read.

It shows how a host brings its own platform (`LoginService`), adds fields to our operations
(`DemoQuery`) and protects them (`SignedIn`, `current_customer`).
"""

# mypy: disable-error-code="untyped-decorator"
# (strawberry.field is typed as Any)

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import strawberry
from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from strawberry import Info

from reference_auth import AuthQuery, LoginRefused, SignedIn, current_customer
from reference_auth.core.tokens import CustomerId


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer with an argon2id hash; the demo's passwords are public."""

    customer_id: CustomerId
    email: str
    password: str = field(repr=False)
    password_hash: str = field(repr=False)


# 7 MiB and five passes: least memory among the settings that OWASP recommends.
ARGON2ID = "$argon2id$v=19$m=7168,t=5,p=1$"


def _customer(customer_id: CustomerId, name: str, salt_and_hash: str) -> DemoCustomer:
    email, password = f"{name}@example.com", f"{name}-demo-password"
    return DemoCustomer(customer_id, email, password, ARGON2ID + salt_and_hash)


CUSTOMERS = (
    _customer(23, "alice", "XE9bSGqE1LgFypoW3CK7+w$WEu1zFrQsJrPSch0L+j0OFSK/ByyTTgbgMGEaKFXNgI"),
    _customer("bob-7", "bob", "vCurcRLREfppPwdoUjUjNQ$hfGxAWpbABGzqcmmwgOr0e2HJ2Olw12LDCmn04CVEHY"),
    _customer(40, "carol", "dYtuzKwlg6wZXdaQXDTQXg$o9mOAS/YvDn86e0Z5GJh7wCWSfTammXw5jz/8sAmJYY"),
    _customer("d-8", "dave", "ZGex4x00sNSm520qETrRFA$cEflHghloXlOPMmFi8hcywOURXFC97o9ZIHn/puOL+8"),
    _customer(61, "erin", "nwQSNWwqYXEBc/JWH9MpuQ$Z0B6VJIyhBm1RJpJyVE9SRB3R4Bglt6Gp5P3UU7CZW0"),
    _customer("f-9", "frank", "ce8R8BclAnJPeg7vHgYAtw$doF0AM0crw3zeRTiXs8R6+CWPd7wQvdTtqFhgRee3tc"),
)
ALICE, BOB, *_ = CUSTOMERS

# Verified for an unknown e-mail, so that it takes as long as a wrong password.
NOBODY = ARGON2ID + "1WMreKy51xCTeIz3w9+hDg$Z5kMSI8VFxcWMDhdTyxTrCoTeshM00dFqpPPtle7F2s"


class Directory:
    """Finds customers by e-mail, and checks passwords off the event loop."""

    def __init__(self, customers: Iterable[DemoCustomer] = CUSTOMERS) -> None:
        self._customers = {customer.email: customer for customer in customers}
        self._hasher = PasswordHasher()

    async def login(self, email: str, password: str) -> CustomerId:
        customer = self._customers.get(email)
        known_hash = customer.password_hash if customer else NOBODY
        is_right = await to_thread.run_sync(self._verify, known_hash, password)
        if customer is None or not is_right:
            raise LoginRefused
        return customer.customer_id

    def email_of(self, customer_id: CustomerId) -> str | None:
        """The e-mail of a customer; None for an unknown id."""
        emails = {customer.customer_id: email for email, customer in self._customers.items()}
        return emails.get(customer_id)

    def _verify(self, known_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(known_hash, password)
        except VerifyMismatchError:
            return False


DIRECTORY = Directory()


@strawberry.type
class Me:
    customer_id: str
    email: str | None


@strawberry.type(name="Query")
class DemoQuery(AuthQuery):
    @strawberry.field(permission_classes=[SignedIn])
    async def me(self, info: Info[Any, Any]) -> Me | None:
        customer_id = current_customer(info)
        return Me(customer_id=str(customer_id), email=DIRECTORY.email_of(customer_id))
