"""Log in, refresh, revoke: the three procedures of SPEC.md sections 6 to 9."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import anyio

from reference_auth.core import lifetimes, tokens
from reference_auth.core.config import Config
from reference_auth.core.errors import (
    BadRefreshToken,
    NoCustomerId,
    NoSuchSession,
    OutcomeUnknown,
    PairMismatch,
    Replayed,
    Retry,
    SessionOver,
    WrongCredentials,
)
from reference_auth.core.judge import Means, Presented
from reference_auth.core.login import LoginRefused, LoginService
from reference_auth.core.rows import CLOCK_SKEW, Row, Tombstone, partition_of
from reference_auth.core.states import Refresh, State
from reference_auth.core.tokens import AccessToken, CustomerId, IssuedPair, RefreshToken, TokenPair
from reference_auth.flow.burn import Burn
from reference_auth.flow.derivation import Derivation
from reference_auth.flow.grace import Grace
from reference_auth.flow.rotations import Rotations
from reference_auth.store.retry import deadline, has_time_to_write
from reference_auth.store.sessions import Fenced, KeyTaken, RowGone, Sessions

LONGEST_SECOND = 1.5  # seconds of real time to wait for the next second of the clock
AT_ONCE = 32  # refreshes and revokes that are worked on: as many as may call the table
SUCCESSOR_LOOKUPS = 3  # how often a revoke looks for the successor, if rotations are faster

log = logging.getLogger(__name__)


class Flow:
    def __init__(self, config: Config, sessions: Sessions, login_service: LoginService) -> None:
        self.config = config
        self.sessions = sessions
        self.login_service = login_service
        self.derivation = Derivation(config.secret, config.cached_pairs)
        self.means = Means(self.derivation.derive, self.derivation.hash_of, sessions.read)
        self.burn = Burn(sessions, config)
        self.grace = Grace(config, sessions, self.burn, self.derivation)
        self.rotations = Rotations()
        self._turns = anyio.Semaphore(AT_ONCE)

    async def log_in(
        self, email: str, password: str, remember_me: bool, clock: Callable[[], float]
    ) -> TokenPair:
        """Start a session of the customer whom the platform names, or raise AuthError."""
        with deadline():  # FAULT-10
            customer_id = await self.ask_platform(email, password)  # CORE-02, HARD-18
            while True:
                now = int(clock())
                try:
                    return await self.start_session(customer_id, remember_me, now)  # CORE-01
                except KeyTaken:  # too many logins in this second: wait for the next (RACE-01)
                    pass
                except Fenced as fenced:  # a burn in this very second: wait for the next (HARD-31)
                    await self.burn.finish(partition_of(customer_id), fenced.fence)
                await self.wait_for_next_second(now, clock)

    async def refresh(
        self, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> TokenPair:
        """Answer by the state of the presented pair: return a pair, or raise AuthError."""
        presented = self.present(access_token, refresh_token, now)
        async with self.turn():
            match await presented.state():
                case State.ACCESS_VALID_REFRESH_VALID:
                    return self.return_same_pair(presented)
                case State.ACCESS_INVALID_REFRESH_VALID:
                    return await self.rotate(presented)
                case State.ACCESS_VALID_REFRESH_INVALID:
                    return await self.refuse_live_pair(presented)
                case State.ACCESS_INVALID_REFRESH_INVALID:
                    return await self.refuse_or_burn(presented)

    async def revoke(
        self, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> bool:
        """End the pair's session, expired or not; return true only when it has ended (CORE-21)."""
        presented = self.present(access_token, refresh_token, now)
        async with self.turn():
            # Departs: HARD-17 the module's revoke does not verify.
            presented.verify()  # HARD-17
            if not await presented.belongs():
                raise PairMismatch  # CORE-22
            try:
                await self.end(await presented.row(), presented)  # CORE-20
            except RowGone:
                await self.revoke_absent(presented)  # HARD-16
            return True

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until fewer than AT_ONCE are worked on, and be through in time (FAULT-10).

        Each step of a request waits for a step of all the others: with hundreds at once, none
        would be through in time.
        """
        with deadline():
            async with self._turns:
                yield

    def present(
        self, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Presented:
        pair, received = TokenPair(access_token, refresh_token), anyio.current_time()
        return Presented(pair, now, self.config, self.means, received)

    # The four states of a refresh

    def return_same_pair(self, presented: Presented) -> TokenPair:
        """ACCESS_VALID_REFRESH_VALID: there is nothing to renew yet (CORE-05)."""
        return presented.pair

    async def rotate(self, presented: Presented) -> TokenPair:
        """ACCESS_INVALID_REFRESH_VALID: replace the pair by a successor (CORE-06, STORE-07)."""
        successor = lifetimes.next_claims(presented.claims, presented.now, self.config)
        for claims in lifetimes.claims_to_try(successor, presented.now):
            fresh = await self.derivation.issue(claims)
            with suppress(KeyTaken):  # RACE-03
                return await self.replace_row(presented, fresh)
        raise Retry

    async def refuse_live_pair(self, presented: Presented) -> TokenPair:
        """ACCESS_VALID_REFRESH_INVALID: mismatched, expired early, or ended."""
        match await presented.refresh():
            case Refresh.MISMATCH:
                raise BadRefreshToken  # CORE-16, HARD-10, HARD-11
            case Refresh.EXPIRED:
                await self.delete_expired(presented)
                raise SessionOver
        if successor := await self.successor_within_grace(presented):
            return successor
        if presented.claims.exp - presented.now > CLOCK_SKEW:
            raise SessionOver  # HARD-14: a live pair cannot have been rotated
        raise Retry  # another server's clock may be ahead, and may have rotated it

    async def refuse_or_burn(self, presented: Presented) -> TokenPair:
        """ACCESS_INVALID_REFRESH_INVALID: forged, mismatched, expired, ended, or reused."""
        claims = presented.verify()  # HARD-01: a forged access token is refused here
        match await presented.refresh():
            case Refresh.MISMATCH:
                raise BadRefreshToken  # CORE-16, HARD-10, HARD-11
            case Refresh.EXPIRED:
                await self.delete_expired(presented)  # CORE-15, HARD-12
                raise SessionOver
        if successor := await self.successor_within_grace(presented):
            return successor  # RACE-08
        if claims.refresh_expiry - presented.now <= CLOCK_SKEW:
            raise SessionOver  # a server with a faster clock may have removed it as expired
        if self.rotations.lost_race((await presented.row()).hash, presented.received):
            raise Retry  # RACE-06: it was sent before the pair was spent
        await self.burn_for_reuse(presented)
        raise Replayed  # CORE-12

    # What the states share

    async def delete_expired(self, presented: Presented) -> None:
        """Delete an expired pair's row; its tombstone keeps a second try from being a replay.

        The row is found by its `exp`: an expired pair is not worth a derivation (HARD-26). A row of
        the module has no `exp`, and is found by its hash, if the refresh token is the pair's own.
        """
        claims = presented.claims
        row = await self.sessions.find(
            partition_of(claims.customer_id), lambda found: found.exp in (claims.exp, None)
        )
        if row is not None and row.exp is None:
            row = await presented.row() if await presented.belongs() else None  # HARD-11
        if row is not None:
            with suppress(RowGone):
                await self.end(row, presented)

    async def end(self, row: Row, presented: Presented) -> None:
        """Delete the pair's row and leave its tombstone, or raise RowGone."""
        await self.sessions.end(row, self.tombstones(row, presented))

    def tombstones(self, row: Row, presented: Presented) -> list[Tombstone]:
        """The tombstone of a pair that ends now; none is needed once the pair has expired."""
        claims = presented.claims
        if tokens.is_refresh_expired(claims, presented.now):
            return []
        return [Tombstone.revoked(row, claims.refresh_expiry)]

    async def successor_within_grace(self, presented: Presented) -> TokenPair | None:
        """Look up the tombstone and the fence of a pair whose row is gone.

        An ended pair is refused. Within the grace window the successor is returned, or the pair is
        reused if the successor was rotated itself. Otherwise None: nothing is kept of the pair.
        """
        kept = await self.burn.look_up(presented.claims.customer_id, await presented.row())
        if kept.is_over:
            raise SessionOver  # HARD-13, HARD-15, HARD-30
        if not self.grace.is_in_window(kept.tombstone, presented.now):
            return None
        if pair := await self.grace.successor(kept.tombstone, presented.now):
            return pair
        await self.burn_for_reuse(presented)
        raise Replayed  # RACE-09

    async def burn_for_reuse(self, presented: Presented) -> None:
        """A spent pair is reused: end every session of its customer."""
        await self.burn.begin(presented.claims, presented.now)

    # Logging in

    async def ask_platform(self, email: str, password: str) -> CustomerId:
        """Ask the platform for the customer's id, and refuse an unusable one."""
        if not (tokens.is_text(email) and tokens.is_text(password)):
            raise WrongCredentials  # GQL-06
        try:
            customer_id = await self.answer_of_platform(email, password)
        except LoginRefused:
            raise WrongCredentials from None
        if not tokens.is_customer_id(customer_id):
            raise NoCustomerId
        return customer_id

    async def answer_of_platform(self, email: str, password: str) -> CustomerId:
        """The platform's answer; raises Retry if it takes too long, even in a thread (FAULT-10)."""
        login = asyncio.create_task(self.login_service.login(email, password))
        login.add_done_callback(look_at)
        try:
            await asyncio.wait({login}, timeout=self.config.login_seconds)
            if login.done():
                return login.result()
        finally:
            login.cancel()
        log.warning("login-service-timeout", extra={"seconds": self.config.login_seconds})
        raise Retry

    async def start_session(
        self, customer_id: CustomerId, remember_me: bool, now: int
    ) -> TokenPair:
        """Issue the first pair whose row's key is free, or raise KeyTaken (RACE-01, STORE-01)."""
        first = lifetimes.first_claims(customer_id, remember_me, now, self.config)
        for claims in lifetimes.claims_to_try(first, now):
            fresh = await self.derivation.issue(claims)
            with suppress(KeyTaken):
                await self.sessions.create(Row.of(fresh.claims, fresh.hash))
                return fresh.pair
        raise KeyTaken

    async def wait_for_next_second(self, now: int, clock: Callable[[], float]) -> None:
        """Wait for the next whole second, or raise Retry when that takes too long."""
        give_up = anyio.current_time() + LONGEST_SECOND
        while anyio.current_time() < give_up:
            if int(clock()) > now:
                return
            await anyio.sleep(0.02)
        raise Retry

    # Rotating

    async def replace_row(self, old: Presented, fresh: IssuedPair) -> TokenPair:
        """Replace the old row by the new one in one transaction, then see what happened.

        Its answer must not be lost: the customer would send the spent pair again, and be burned.
        """
        if not has_time_to_write():
            raise Retry  # FAULT-10
        old_row = await old.row()
        new = Row.of(fresh.claims, fresh.hash, rotated_from=old_row.hash)
        tombstone = self.grace.tombstone(old_row, fresh.claims, old.now)
        try:
            with self.rotations.under_way(old_row.hash):
                await self.sessions.rotate(old_row, new, tombstone)
        except Fenced as fenced:
            await self.burn.finish(old_row.customer_id, fenced.fence)
            raise SessionOver from None  # RACE-12
        except RowGone as gone:
            return self.already_committed(new, fresh, gone.found) or await self.answer_lost_race(
                old
            )
        except OutcomeUnknown:
            found = await self.sessions.read(new.customer_id, new.hash)
            if pair := self.already_committed(new, fresh, found):
                return pair
            raise
        return fresh.pair

    def already_committed(self, new: Row, fresh: IssuedPair, found: Row | None) -> TokenPair | None:
        """If our new row is already there, the rotation has committed: its pair (FAULT-08)."""
        if found is None or found.rotated_from != new.rotated_from:
            return None
        if found.ttl is None or found.ttl == new.ttl:
            return fresh.pair
        # Another server wrote the same row at another second: promise what its row says.
        claims = replace(fresh.claims, refresh_expiry=found.ttl)
        return TokenPair(tokens.mint(claims, self.config.secret), fresh.pair.refresh_token)

    async def answer_lost_race(self, old: Presented) -> TokenPair:
        """A lost race is no replay: the winner's pair with grace, else retry (RACE-05..07)."""
        # Departs: RACE-05, RACE-06, RACE-07 the module burns for the loser.
        kept = await self.burn.look_up(old.claims.customer_id, await old.row())
        if kept.is_over:
            raise SessionOver
        pair = await self.grace.successor(kept.tombstone, old.now)
        if pair is None:
            raise Retry
        return pair

    # Revoking a pair whose row is gone

    async def revoke_absent(self, presented: Presented) -> None:
        """The pair has ended already, or its session must end now (HARD-16, RACE-11)."""
        # Departs: HARD-16, RACE-11 the module's revoke knows the presented row only.
        claims, row = presented.claims, await presented.row()
        for _ in range(SUCCESSOR_LOOKUPS):
            if await self.has_ended(claims.customer_id, row):
                return
            current = await self.sessions.find(
                row.customer_id, lambda found: found.continues(row, claims)
            )
            if current is None:
                break
            with suppress(RowGone):  # it was rotated meanwhile
                await self.revoke_successor(presented, current)
                return
        else:
            raise Retry
        # Another revoke, or a burn, may have ended it between the two reads.
        if tokens.is_refresh_expired(claims, presented.now) or await self.has_ended(
            claims.customer_id, row
        ):
            return
        raise NoSuchSession

    async def has_ended(self, customer_id: CustomerId, row: Row) -> bool:
        return (await self.burn.look_up(customer_id, row)).is_over

    async def revoke_successor(self, presented: Presented, successor: Row) -> None:
        """End the session's current pair, and leave a tombstone of both pairs."""
        until = successor.ttl or presented.claims.refresh_expiry
        ours = self.tombstones(await presented.row(), presented)
        await self.sessions.end(successor, [Tombstone.revoked(successor, until), *ours])


def look_at(login: asyncio.Task[CustomerId]) -> None:
    """Look at how a login ended that nobody waits for: asyncio would log its error (HARD-28)."""
    if not login.cancelled():
        login.exception()
