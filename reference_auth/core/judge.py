"""The judge: in which of the twelve cells is a presented pair?

It does no more work than the answer needs. The access verdict needs no I/O. Beside a forged access
token the state is known at once. A mismatch needs one derivation at most. Only a refresh token that
belongs to its access token is hashed and looked up in the table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property

from reference_auth.core import lifetimes, states, tokens
from reference_auth.core.config import Config
from reference_auth.core.errors import BadAccessToken
from reference_auth.core.rows import Row
from reference_auth.core.states import Access, Refresh, State
from reference_auth.core.tokens import (
    Claims,
    CustomerId,
    RefreshToken,
    RefreshTokenHash,
    TokenPair,
)


@dataclass(frozen=True, slots=True)
class Means:
    """What the judge may ask for: the two derivations of `tokens`, and one read of the table."""

    derive: Callable[[CustomerId, int], Awaitable[RefreshToken]]
    hash_of: Callable[[RefreshToken], Awaitable[RefreshTokenHash]]
    read: Callable[[str, RefreshTokenHash], Awaitable[Row | None]]


class Presented:
    """A pair that a customer presents, and its verdicts; each is reached when first needed."""

    def __init__(
        self, pair: TokenPair, now: int, config: Config, means: Means, received: float = 0.0
    ) -> None:
        """`now` in epoch seconds; `received` on the event loop's clock, which orders requests."""
        self.pair = pair
        self.now = now
        self.received = received
        self.config = config
        self._means = means
        self._refresh: Refresh | None = None
        self._hash: RefreshTokenHash | None = None

    # The access verdict: no I/O

    @cached_property
    def claims(self) -> Claims:
        """The claims of a genuine access token; raises BadAccessToken for a forged one."""
        return tokens.verify(self.pair.token, self.config.secret, self.now)

    def verify(self) -> Claims:
        """Return the claims; said where a forged access token is refused."""
        return self.claims

    @cached_property
    def access(self) -> Access:
        try:
            return Access.LIVE if tokens.is_live(self.claims, self.now) else Access.EXPIRED
        except BadAccessToken:
            return Access.FORGED

    # The refresh verdict: one derivation, then a second one and one read

    async def belongs(self) -> bool:
        """Whether the refresh token is the one derived from the access token (CORE-16)."""
        # Departs: HARD-09, HARD-10, HARD-11, HARD-24 the module burns, or deletes the live row.
        claims = self._stated_claims
        if claims is None or not tokens.is_refresh_token(self.pair.refresh_token):
            return False
        derived = await self._means.derive(claims.customer_id, claims.exp)
        return tokens.matches(self.pair.refresh_token, derived)

    async def row(self) -> Row:
        """The pair's row as it should be, whether or not the table has it."""
        return await self._expected_row(self.claims)

    async def refresh(self) -> Refresh:
        """The refresh verdict: the first of expired, mismatch and absent that applies.

        A pair that has expired by its own claims costs no derivation (HARD-26).
        """
        if self._refresh is None:
            self._refresh = await self._judge_refresh()
        return self._refresh

    async def _judge_refresh(self) -> Refresh:
        claims = self._stated_claims
        if not tokens.is_refresh_token(self.pair.refresh_token):
            return Refresh.MISMATCH  # HARD-25
        # Departs: HARD-12 the module looks for the row first, and burns when it is gone.
        if claims and lifetimes.is_session_over(claims, self.now, self.config.max_session_seconds):
            return Refresh.EXPIRED  # CORE-11
        if claims is None or not await self.belongs():
            return Refresh.MISMATCH
        # Departs: HARD-14, HARD-15 the module echoes a live pair without a look at the table.
        expected = await self._expected_row(claims)
        row = await self._means.read(expected.customer_id, expected.hash)
        if row is None:
            return Refresh.ABSENT
        return Refresh.EXPIRED if row.is_expired(self.now) else Refresh.MATCHES  # STORE-08

    # Both verdicts

    async def state(self) -> State:
        """The state of the pair's cell; the refresh verdict is reached only if it matters."""
        possible = states.possible_states(self.access)
        if len(possible) == 1:
            return possible.pop()
        return states.state_of(self.access, await self.refresh())

    async def cell(self) -> tuple[Access, Refresh]:
        """Both verdicts, for pictures and tests; the flow needs only the state."""
        return self.access, await self.refresh()

    @cached_property
    def _stated_claims(self) -> Claims | None:
        """What the access token says, forged or not; None if it cannot be read."""
        if self.access is Access.FORGED:
            return tokens.read_unverified(self.pair.token)
        return self.claims

    async def _expected_row(self, claims: Claims) -> Row:
        if self._hash is None:
            self._hash = await self._means.hash_of(self.pair.refresh_token)
        return Row.of(claims, self._hash)
