"""One token pair in a customer's hands: what it says, what it does, how it grows old."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance_tests.actors import ageing
from conformance_tests.deployment.table import Row
from conformance_tests.outcomes import NotTestable, Violation

if TYPE_CHECKING:
    from conformance_tests.actors.customers import Customer
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.deployment.http.answer import Answer

#: Attributes that no implementation knows, one of each kind.
UNKNOWN_ATTRIBUTES: Mapping[str, Mapping[str, Any]] = {
    "conformance_text": {"S": "ünknown"},
    "conformance_number": {"N": "-1.5e3"},
    "conformance_bytes": {"B": b"\x00\xff"},
    "conformance_bool": {"BOOL": True},
    "conformance_null": {"NULL": True},
    "conformance_list": {"L": [{"S": "one"}, {"N": "2"}]},
    "conformance_map": {"M": {"inner": {"S": "text"}}},
    "conformance_set": {"SS": ["a", "b"]},
}


@dataclass(frozen=True, eq=False, repr=False)
class Session:
    """One token pair in a customer's hands; `row` is known where it was seen to appear."""

    customer: Customer
    token: str
    refresh_token: str
    row: Row | None = None

    def refresh(self) -> Answer:
        self.customer.mark_active()
        return self.customer.deployment.client.refresh(self.token, self.refresh_token)

    def revoke(self) -> Answer:
        return self.customer.deployment.client.revoke(self.token, self.refresh_token)

    def altered(self, *, token: str | None = None, refresh_token: str | None = None) -> Session:
        """The same session with one of its tokens exchanged for another text."""
        return replace(
            self,
            token=self.token if token is None else token,
            refresh_token=self.refresh_token if refresh_token is None else refresh_token,
        )

    def on(self, deployment: Deployment) -> Session:
        """The same session presented to another instance on the same table."""
        return replace(self, customer=self.customer.on(deployment))

    # -- what the token says -------------------------------------------------------------------

    @property
    def claims(self) -> dict[str, Any]:
        """The access token's payload, unverified."""
        return claims_of(self.token)

    @property
    def header(self) -> dict[str, Any]:
        """The access token's header, unverified."""
        return header_of(self.token)

    @property
    def exp(self) -> int:
        return self._seconds("exp", self.claims.get("exp"))

    @property
    def refresh_expiry(self) -> int:
        """The claim, or the row's ttl where the token carries none."""
        claimed = self.claims.get("refresh_expiry")
        if claimed is None and self.customer.deployment.table is not None:
            row = self.stored()
            claimed = row.ttl if row is not None else None
        return self._seconds("refresh_expiry (or the row's ttl)", claimed)

    @staticmethod
    def _seconds(name: str, value: Any) -> int:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise Violation(f"{name} to be epoch seconds", f"{value!r}")
        return int(value)

    # -- what the table says -------------------------------------------------------------------

    @property
    def hash(self) -> str:
        """The key of the session's row; NotTestable where it can neither be derived nor seen."""
        if self.row is not None:
            return self.row.hash
        deployment = self.customer.deployment
        if deployment.forge is None or not deployment.can_hash:
            why = deployment.wrong_secret or deployment.odd_pairs
            raise NotTestable(deployment.forging_lacks, why)
        return deployment.forge.hash_of(self.refresh_token)

    def stored(self) -> Row | None:
        """The session's row as it is now, or None; NotTestable without a table."""
        return self.customer.deployment.need_table().row(self.customer.id, self.hash)

    def annotated(self) -> Session:
        """This session, its row holding one more attribute of each kind that a table knows."""
        row = self.row or self.stored()
        if row is None:
            raise Violation("a row for this session", "no such row")
        annotated = Row({**row.attributes, **UNKNOWN_ATTRIBUTES})
        self.customer.deployment.need_table().write(annotated)
        return replace(self, row=annotated)

    # -- time ----------------------------------------------------------------------------------

    def expired(self) -> Session:
        """This session once its access token has expired (its refresh token has not)."""
        return ageing.expired(self)[0]

    def expired_by_replacing(self) -> Session:
        """This session expired at once where that is forged; else as it is, to be expired later."""
        return ageing.expired_by_replacing(self)

    def ended(self) -> Session:
        """This session once its refresh token has expired too."""
        return ageing.ended(self)[0]

    def with_left(self, seconds: int) -> Session:
        """This session, its access token expired, with so many seconds of refresh left."""
        return ageing.with_left(seconds, self)[0]


def claims_of(token: str) -> dict[str, Any]:
    """The payload of a compact JWS, unverified; Violation where there is none."""
    return _part_of(token, 1, "payload")


def header_of(token: str) -> dict[str, Any]:
    """The header of a compact JWS, unverified; Violation where there is none."""
    return _part_of(token, 0, "header")


def _part_of(token: str, place: int, name: str) -> dict[str, Any]:
    try:
        part = token.split(".")[place]
        members = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError, RecursionError) as error:
        raise Violation(
            f"an access token that is a JWT with a JSON {name}", "another text"
        ) from error
    if not isinstance(members, dict):
        raise Violation(f"a JWT whose {name} is a JSON object", type(members).__name__)
    return members
