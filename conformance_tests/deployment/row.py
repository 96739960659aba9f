"""One row of the table as a value, and the names of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PARTITION_KEY = "customer_id"
SORT_KEY = "refresh_token_hash"
KEYS = f"{PARTITION_KEY}, {SORT_KEY}"
#: Where an implementation of SPEC.md keeps a customer's tombstones and fence.
BOOKKEEPING = "ended#"
#: The sort key of the fence there.
FENCE = "burn"
#: How every id begins that the suite makes up.
OWN_IDS = "conformance-"
#: Characters of a long id, by far fewer than the bytes that one may have.
LONG_ID = 1_000
#: The rest: a random word and what follows it, or what the suite keeps for itself.
_OWN = re.compile(rf"({BOOKKEEPING})?{OWN_IDS}([0-9a-f]{{6,8}}-.*|runs|check)", re.DOTALL)


def is_made_up(partition: str) -> bool:
    """Whether a partition is of a customer whom the suite made up, or is kept beside one."""
    return _OWN.fullmatch(partition) is not None


@dataclass(frozen=True, slots=True)
class Row:
    """One item, its attributes in DynamoDB's JSON ({"S": …}, {"N": …})."""

    attributes: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(
        cls,
        customer_id: object,
        hash_: str,
        ttl: int | str | None,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Row:
        """A row of these; an int ttl is stored as Number, a str as String, None not at all."""
        stored: dict[str, Mapping[str, Any]] = {**key(str(customer_id), hash_), **(extra or {})}
        if ttl is not None:
            stored["ttl"] = {"S": ttl} if isinstance(ttl, str) else {"N": str(ttl)}
        return cls(stored)

    @property
    def customer_id(self) -> str:
        return str(self.attributes[PARTITION_KEY].get("S", ""))

    @property
    def hash(self) -> str:
        return str(self.attributes[SORT_KEY].get("S", ""))

    @property
    def ttl(self) -> int | None:
        """The row's expiry in epoch seconds, stored as Number or String; None if unreadable."""
        stored = self.attributes.get("ttl", {})
        try:
            return int(stored.get("N", stored.get("S", "")))
        except ValueError:
            return None

    @property
    def fenced(self) -> int:
        """The latest `exp` that a fence covers; 0 where the row is none."""
        before = self.attributes.get("before", {}).get("N", "0")
        return int(before) if self.hash == FENCE and before.isdigit() else 0

    @property
    def ttl_type(self) -> str | None:
        """The DynamoDB type of ttl (N, S, …), None where there is none."""
        return next(iter(self.attributes.get("ttl", {})), None)

    @property
    def key_types(self) -> tuple[str, str]:
        """The DynamoDB types of customer_id and refresh_token_hash."""
        partition, sort = (next(iter(self.attributes[key])) for key in (PARTITION_KEY, SORT_KEY))
        return partition, sort

    def texts(self) -> Iterator[str]:
        """Every scalar of the item as text."""
        pending: list[Any] = [dict(self.attributes)]
        while pending:
            node = pending.pop()
            if isinstance(node, dict):
                pending.extend(node.values())
            elif isinstance(node, (list, tuple, set)):
                pending.extend(node)
            else:
                yield node.decode("latin-1") if isinstance(node, bytes) else str(node)

    def __repr__(self) -> str:
        return f"Row({self.attributes})"


def key(customer_id: str, hash_: str) -> dict[str, Mapping[str, Any]]:
    """The key of a row, as DynamoDB takes it."""
    return {PARTITION_KEY: {"S": customer_id}, SORT_KEY: {"S": hash_}}
