"""Log in, refresh, revoke: the three procedures of SPEC.md, each read top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import anyio

from reference_auth.core import absolute_end, rolling, states, tokens
from reference_auth.core.config import Config
from reference_auth.core.errors import (
    NoCustomer,
    NoSuchSession,
    NotThePair,
    OutcomeUnknown,
    Replayed,
    Retry,
    SessionOver,
    WrongCredentials,
    WrongPair,
)
from reference_auth.core.login import LoginRefused, LoginService
from reference_auth.core.rows import Presented, Row, Tombstone, key_of
from reference_auth.core.states import Access, Refresh, State
from reference_auth.core.tokens import Claims, CustomerId, Issue, TokenPair
from reference_auth.flow import replay
from reference_auth.flow.burn import Burn
from reference_auth.flow.derivation import Derivation
from reference_auth.flow.grace import Grace
from reference_auth.flow.tombstones import Endings
from reference_auth.store.retry import deadline
from reference_auth.store.sessions import Fenced, Gone, Sessions, Taken

LONGEST_FENCE_WAIT = 1.5  # seconds of real time
LOOKS = 3  # how often a revocation looks again after losing to a rotation


class Flow:
    """The three procedures over one table, one secret and one platform."""

    def __init__(self, config: Config, sessions: Sessions, login_service: LoginService) -> None:
        self.config = config
        self.sessions = sessions
        self.login_service = login_service
        self.derivation = Derivation(config.secret)
        self.burn = Burn(sessions, config)
        self.endings = Endings(sessions, self.burn)
        self.grace = Grace(config, sessions, self.endings, self.derivation)

    async def log_in(
        self, email: str, password: str, remember_me: bool, clock: Callable[[], float]
    ) -> TokenPair:
        """Begin a session for the customer whom the platform names, or raise AuthError."""
        customer_id = await self.customer(email, password)  # CORE-02, HARD-18
        with deadline():  # FAULT-10
            give_up = anyio.current_time() + LONGEST_FENCE_WAIT
            while True:
                now = int(clock())
                try:
                    return await self.begin(customer_id, remember_me, now)  # CORE-01
                except Fenced as fenced:  # a burn's own second: the next one is free (HARD-31)
                    await self.burn.finish(key_of(customer_id), fenced.fence)
                    await self.next_second(now, clock, give_up)

    async def refresh(self, access_token: str, refresh_token: str, now: int) -> TokenPair:
        """Hand back the pair while it is live, then its successor, or raise AuthError."""
        with deadline():  # FAULT-10
            presented = await self.present(access_token, refresh_token, now)  # HARD-01, HARD-10
            access = self.judge_access(presented, now)  # CORE-10
            refresh = await self.judge_refresh(presented, now)  # CORE-11, STORE-08, HARD-14
            match states.state_of(access, refresh):
                case State.ACCESS_VALID_REFRESH_VALID:
                    return TokenPair(access_token, refresh_token)  # CORE-05
                case State.ACCESS_INVALID_REFRESH_VALID:
                    return await self.rotate(presented, now)  # CORE-06
            if refresh is Refresh.EXPIRED:
                await self.forget(presented, now)  # CORE-15, HARD-12
                raise SessionOver
            return await self.follow_or_burn(presented, now)  # CORE-12, RACE-08

    async def revoke(self, access_token: str, refresh_token: str, now: int) -> bool:
        """End the pair's session, whatever has expired; true only when it has ended (CORE-21)."""
        with deadline():  # FAULT-10
            try:
                presented = await self.present(access_token, refresh_token, now)  # HARD-17
            except NotThePair:
                raise WrongPair from None  # CORE-22
            try:
                await self.sessions.end(
                    presented.row, self.endings.tombstones(presented, now)
                )  # CORE-20
            except Gone:
                await self.end_absent(presented, now)  # HARD-16
            return True

    # What every pair goes through

    async def present(self, access_token: str, refresh_token: str, now: int) -> Presented:
        """Take a pair for genuine, or refuse it without looking at the table (HARD-01..11)."""
        # Departs: HARD-17 the module's revoke does not verify.
        claims = tokens.verify(access_token, self.config.secret, now)
        if not tokens.is_refresh_token(refresh_token):  # HARD-25
            raise NotThePair
        derived = await self.derivation.derive(claims.customer_id, claims.exp)
        # Departs: HARD-09, HARD-10, HARD-11, HARD-24 the module burns, or deletes the live row.
        if not tokens.matches(refresh_token, derived):  # CORE-16
            raise NotThePair
        return Presented(claims, Row.of(claims, await self.derivation.hash_of(refresh_token)))

    def judge_access(self, presented: Presented, now: int) -> Access:
        """A genuine access token is live or expired."""
        return Access.LIVE if tokens.is_live(presented.claims, now) else Access.EXPIRED

    async def judge_refresh(self, presented: Presented, now: int) -> Refresh:
        """A matching refresh token has expired, has lost its row, or is good."""
        # Departs: HARD-12 the module looks for the row first, and burns when it is gone.
        if self.is_past(presented.claims, now):
            return Refresh.EXPIRED
        # Departs: HARD-14, HARD-15 the module echoes a live pair without a look at the table.
        row = await self.sessions.read(presented.row.customer_id, presented.row.hash)
        if row is None:
            return Refresh.ABSENT
        return Refresh.EXPIRED if row.is_expired(now) else Refresh.MATCHES

    def is_past(self, claims: Claims, now: int) -> bool:
        """Past its refresh expiry, or past the absolute end where there is one (HARD-23)."""
        return tokens.is_past_refresh(claims, now) or absolute_end.is_past(
            claims, now, self.config.max_session_seconds
        )

    async def forget(self, presented: Presented, now: int) -> None:
        """Delete an expired pair's row, and keep what stops a second try from being a replay."""
        with suppress(Gone):
            await self.sessions.end(presented.row, self.endings.tombstones(presented, now))

    # Logging in

    async def customer(self, email: str, password: str) -> CustomerId:
        """Ask the platform who this is; an id that names nobody logs nobody in."""
        if not (tokens.is_text(email) and tokens.is_text(password)):
            raise WrongCredentials  # GQL-06
        try:
            customer_id = await self.login_service.login(email, password)
        except LoginRefused:
            raise WrongCredentials from None
        if not tokens.is_customer_id(customer_id):
            raise NoCustomer
        return customer_id

    async def begin(self, customer_id: CustomerId, remember_me: bool, now: int) -> TokenPair:
        """Write the row of the first pair whose key is free (RACE-01, STORE-01)."""
        first = rolling.first_claims(customer_id, remember_me, now, self.config)
        for claims in rolling.candidates(first, now):
            fresh = await self.derivation.issue(claims)
            with suppress(Taken):
                await self.sessions.begin(Row.of(fresh.claims, fresh.hash))
                return fresh.pair
        raise Retry

    async def next_second(self, now: int, clock: Callable[[], float], give_up: float) -> None:
        """Wait until the clock has moved on, or raise Retry when that takes too long."""
        while anyio.current_time() < give_up:
            if int(clock()) > now:
                return
            await anyio.sleep(0.02)
        raise Retry

    # Rotating

    async def rotate(self, old: Presented, now: int) -> TokenPair:
        """Replace the pair by the first successor whose key is free (STORE-07, RACE-03)."""
        successor = rolling.next_claims(old.claims, now, self.config)
        for claims in rolling.candidates(successor, now):
            fresh = await self.derivation.issue(claims)
            with suppress(Taken):
                return await self.replace(old, fresh, now)
        raise Retry

    async def replace(self, old: Presented, fresh: Issue, now: int) -> TokenPair:
        """Old row out, new row in, in one transaction; then read what really happened."""
        new = Row.of(fresh.claims, fresh.hash, rotated_from=old.row.hash)
        tombstone = self.grace.tombstone(old.row, fresh.claims, now)
        try:
            await self.sessions.rotate(old.row, new, tombstone)
        except Fenced as fenced:
            await self.burn.finish(old.row.customer_id, fenced.fence)
            raise SessionOver from None  # RACE-12
        except Gone as gone:
            return self.settled(old, fresh, gone.found) or await self.follow(old, now)
        except OutcomeUnknown:
            found = await self.sessions.read(new.customer_id, new.hash)
            if pair := self.settled(old, fresh, found):
                return pair
            raise
        return fresh.pair

    def settled(self, old: Presented, fresh: Issue, found: Row | None) -> TokenPair | None:
        """The very row that was to be written is there: this rotation is committed (FAULT-08)."""
        if found is None or found.rotated_from != old.row.hash:
            return None
        if found.ttl is None or found.ttl == fresh.claims.refresh_expiry:
            return fresh.pair
        # A twin on another second wrote it: the token must promise what the row says.
        claims = replace(fresh.claims, refresh_expiry=found.ttl)
        return TokenPair(tokens.mint(claims, self.config.secret), fresh.pair.refresh_token)

    async def follow(self, old: Presented, now: int) -> TokenPair:
        """A lost race is no replay: the winner's pair with grace, else try again (RACE-05..07)."""
        # Departs: RACE-05, RACE-06, RACE-07 the module burns for the loser.
        ending = await self.endings.of(old.claims.customer_id, old.row)
        if ending.is_over:
            raise SessionOver
        pair = await self.grace.successor(ending.tombstone, now)
        if pair is None:
            raise Retry
        return pair

    # Pairs whose row is gone

    async def follow_or_burn(self, presented: Presented, now: int) -> TokenPair:
        """Refuse what has ended, lead on what grace covers, and burn for what was spent."""
        ending = await self.endings.of(presented.claims.customer_id, presented.row)
        if ending.is_over:
            raise SessionOver  # HARD-13, HARD-15, HARD-30
        if pair := await self.grace.successor(ending.tombstone, now):
            return pair
        if not self.grace.covers(ending.tombstone, now):  # RACE-09: inside, no clock is in doubt
            replay.judge_absence(presented.claims, now)
        await self.burn.begin(presented.row.customer_id, presented.claims.exp, now)
        raise Replayed

    async def end_absent(self, presented: Presented, now: int) -> None:
        """Revoke a pair whose row is gone: it has ended, or its successor must (HARD-16)."""
        # Departs: HARD-16 to the module a second revoke is an error.
        if tokens.is_past_refresh(presented.claims, now):
            return
        lineage = {presented.row.hash}
        for _ in range(LOOKS):
            ending = await self.endings.of(presented.claims.customer_id, presented.row)
            if ending.is_over:
                return
            successor = await self.sessions.successor_of(presented.row.customer_id, lineage)
            if successor is None:
                # Another revoke, or a burn, may have ended it between the two reads (HARD-16).
                if (await self.endings.of(presented.claims.customer_id, presented.row)).is_over:
                    return
                raise NoSuchSession
            try:
                await self.end_successor(presented, successor)
            except Gone:
                lineage.add(successor.hash)  # rotated on meanwhile (RACE-11)
            else:
                return
        raise Retry

    async def end_successor(self, presented: Presented, successor: Row) -> None:
        """End the pair that followed, and keep both ended."""
        refresh_expiry = presented.claims.refresh_expiry
        await self.sessions.end(
            successor,
            [
                Tombstone.revoked(successor, successor.ttl or refresh_expiry),
                Tombstone.revoked(presented.row, refresh_expiry),
            ],
        )
