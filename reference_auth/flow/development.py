"""The five development operations: read and change the table by hand.

The caller checks first that this is development mode (DEV-02).
"""

from __future__ import annotations

from dataclasses import dataclass

from reference_auth.core import tokens
from reference_auth.core.errors import MissingArgument, NoSuchSession
from reference_auth.core.rows import Row
from reference_auth.core.tokens import RefreshToken, RefreshTokenHash
from reference_auth.flow.derivation import Derivation
from reference_auth.store import items
from reference_auth.store.items import Item
from reference_auth.store.retry import deadline
from reference_auth.store.sessions import Sessions


@dataclass(frozen=True, slots=True)
class AuthItem:
    """One row as the development operations return it: every value as text (DEV-06)."""

    customer_id: str | None = None
    refresh_token_hash: str | None = None
    ttl: str | None = None


class Development:
    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.derivation = Derivation(sessions.config.secret)

    async def get(self, user_id: str | None, refresh_token: str | None) -> AuthItem:
        """Return one row; nulls if there is none (DEV-06)."""
        with deadline():
            item = await self.sessions.get(items.key(*await self.key(user_id, refresh_token)))
            return as_auth_item(item or {})

    async def list(self, user_id: str | None) -> list[AuthItem]:
        customer_id = partition_for(user_id)
        with deadline():
            pages = [page async for page in self.sessions.pages(customer_id)]
            return [as_auth_item(item) for page in pages for item in page]

    async def update(self, user_id: str | None, refresh_token: str | None, now: int) -> None:
        """Write the row of a refresh token, for one refresh lifetime (DEV-05, DEV-11)."""
        with deadline():
            customer_id, hash = await self.key(user_id, refresh_token)
            # Departs: DEV-11 the module writes a `ttl` of 1970.
            ttl = now + self.sessions.config.lifetimes.refresh
            await self.sessions.put(Row(customer_id, hash, ttl))

    async def remove(self, user_id: str | None, refresh_token: str | None) -> AuthItem:
        """Delete one row and return it; raise NoSuchSession if there is none (DEV-08)."""
        with deadline():
            item = await self.sessions.delete(*await self.key(user_id, refresh_token))
        if not item:
            raise NoSuchSession
        return as_auth_item(item)

    async def remove_all(self, user_id: str | None) -> None:
        """Delete every row of a customer; returns only when a query finds none (DEV-09)."""
        customer_id = partition_for(user_id)
        with deadline():
            while await self.sweep(customer_id):
                pass

    async def sweep(self, customer_id: str) -> bool:
        """Delete every row that a query finds; return whether there was any."""
        found = False
        async for page in self.sessions.pages(customer_id):
            await self.sessions.delete_all(map(items.read_row, page))
            found = found or bool(page)
        return found

    async def key(
        self, user_id: str | None, refresh_token: str | None
    ) -> tuple[str, RefreshTokenHash]:
        """The key of a refresh token's row; any text is accepted as a token here."""
        customer_id = partition_for(user_id)
        if not refresh_token or not tokens.is_text(refresh_token):
            raise MissingArgument
        return customer_id, await self.derivation.hash_of(RefreshToken(refresh_token))


def partition_for(user_id: str | None) -> str:
    """A customer's partition key; never that of ended pairs or of a missing id (STORE-11)."""
    if user_id is None or not tokens.is_customer_id(user_id):
        raise MissingArgument
    return user_id


def as_auth_item(item: Item) -> AuthItem:
    """An item as text, whether its ttl is a String, a Number or missing (STORE-06)."""
    # Departs: DEV-06 the module returns null for a Number.
    return AuthItem(
        customer_id=item.get("customer_id", {}).get("S"),
        refresh_token_hash=item.get("refresh_token_hash", {}).get("S"),
        ttl=item.get("ttl", {}).get("N") or item.get("ttl", {}).get("S"),
    )
