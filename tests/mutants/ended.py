"""Defects of what must do no harm: odd pairs, and pairs that have ended and come back."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from reference_auth.core import lifetimes, tokens
from reference_auth.core.errors import BadRefreshToken, NoSuchSession
from reference_auth.core.judge import Presented
from reference_auth.core.rows import Fence, Row, partition_of
from reference_auth.core.states import Refresh
from reference_auth.core.tokens import (
    AccessToken,
    Claims,
    RefreshToken,
    RefreshTokenHash,
    TokenPair,
)
from reference_auth.flow.burn import Burn
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.items import Item
from reference_auth.store.sessions import Fenced, KeyTaken, RowGone, Sessions
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, around_judging

DAY = 86_400
NOBODY_S = RefreshTokenHash("nobody's")


# -- a refresh token that does not belong ------------------------------------------------------


def burns_for(patch: pytest.MonkeyPatch, odd: Callable[[str, Claims, int], bool]) -> None:
    """A refused pair whose access token is genuine burns its customer, where this says so."""
    refresh = Flow.refresh

    async def burning(
        self: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> TokenPair:
        try:
            return await refresh(self, access_token, refresh_token, now)
        except BadRefreshToken:
            claims = tokens.verify(access_token, self.config.secret, now)
            if odd(refresh_token, claims, now):
                await self.burn.begin(claims, now)
            raise

    patch.setattr(Flow, "refresh", burning)


@mutant("HARD-09", also="HARD-25")
def burns_for_an_empty_refresh_token(patch: pytest.MonkeyPatch) -> None:
    """No refresh token at all is taken for a spent one."""
    burns_for(patch, lambda refresh_token, claims, now: refresh_token == "")


@mutant("HARD-09", also="HARD-25")
def takes_an_empty_refresh_token(patch: pytest.MonkeyPatch) -> None:
    """Without a refresh token the access token vouches for itself."""

    async def trusting(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        if refresh_token == "":
            claims = tokens.verify(access_token, flow.config.secret, now)
            refresh_token = await flow.derivation.derive(claims.customer_id, claims.exp)
        return await original(flow, access_token, refresh_token, now)

    around_judging(patch, trusting)


@mutant("HARD-10", also="FAULT-10 HARD-11 HARD-25 STORE-12")
def burns_for_a_refresh_token_that_nobody_issued(patch: pytest.MonkeyPatch) -> None:
    """Any text beside a genuine access token is taken for a spent refresh token."""
    burns_for(patch, lambda refresh_token, claims, now: refresh_token != "")


@mutant("HARD-10")
def burns_for_an_old_access_token(patch: pytest.MonkeyPatch) -> None:
    """An access token of days ago, beside any text, is taken for a theft."""
    burns_for(patch, lambda refresh_token, claims, now: claims.exp < now - DAY)


@mutant("HARD-11", also="FAULT-10", known_as="M49")
def deletes_the_row_of_a_mismatched_pair(patch: pytest.MonkeyPatch) -> None:
    """A refresh token beside the wrong access token loses its row before the pair is refused."""
    refresh = Flow.refresh

    async def deleting(
        self: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> TokenPair:
        try:
            return await refresh(self, access_token, refresh_token, now)
        except BadRefreshToken:
            claims = tokens.verify(access_token, self.config.secret, now)
            if tokens.is_refresh_token(refresh_token):
                hash = await self.derivation.hash_of(refresh_token)
                await self.sessions.delete(partition_of(claims.customer_id), hash)
            raise

    patch.setattr(Flow, "refresh", deleting)


def reads_refresh_token(patch: pytest.MonkeyPatch, read: Callable[[str], str]) -> None:
    """A refresh token is smoothed before it is compared."""
    present = Flow.present

    def smoothing(
        self: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Presented:
        return present(self, access_token, RefreshToken(read(refresh_token)), now)

    patch.setattr(Flow, "present", smoothing)


@mutant("HARD-24")
def ignores_the_case_of_a_refresh_token(patch: pytest.MonkeyPatch) -> None:
    """Hex digits may be capitals."""
    reads_refresh_token(patch, str.lower)


@mutant("HARD-24")
def strips_blanks_off_a_refresh_token(patch: pytest.MonkeyPatch) -> None:
    """Blanks and line ends around a refresh token are not looked at."""
    reads_refresh_token(patch, str.strip)


@mutant("HARD-24")
def normalises_a_refresh_token(patch: pytest.MonkeyPatch) -> None:
    """Digits and letters of any width are taken for the plain ones."""
    reads_refresh_token(patch, partial(unicodedata.normalize, "NFKC"))


@mutant("HARD-24")
def cuts_a_refresh_token_to_its_length(patch: pytest.MonkeyPatch) -> None:
    """What follows the 128th digit is not looked at."""
    reads_refresh_token(patch, lambda refresh_token: refresh_token[:128])


@mutant("HARD-24")
def compares_the_end_of_a_refresh_token(patch: pytest.MonkeyPatch) -> None:
    """What stands before the last 128 digits is not looked at."""
    reads_refresh_token(patch, lambda refresh_token: refresh_token[-128:])


@mutant("HARD-24", also="HARD-25")
def compares_as_much_as_was_sent(patch: pytest.MonkeyPatch) -> None:
    """The first half of a refresh token is enough."""

    async def lenient(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        claims = tokens.verify(access_token, flow.config.secret, now)
        right = await flow.derivation.derive(claims.customer_id, claims.exp)
        is_enough = len(refresh_token) >= 64 and right.startswith(refresh_token)
        return await original(flow, access_token, right if is_enough else refresh_token, now)

    around_judging(patch, lenient)


@mutant("HARD-25")
def looks_for_the_row_of_any_text(patch: pytest.MonkeyPatch) -> None:
    """What cannot be a refresh token is hashed, and looked for in the table."""

    async def looking(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        claims = tokens.verify(access_token, flow.config.secret, now)
        if tokens.is_text(refresh_token) and not tokens.is_refresh_token(refresh_token):
            hash = await flow.derivation.hash_of(refresh_token)
            await flow.sessions.read(partition_of(claims.customer_id), hash)
        return await original(flow, access_token, refresh_token, now)

    around_judging(patch, looking)


@mutant("HARD-25")
def looks_for_the_row_of_any_text_to_revoke(patch: pytest.MonkeyPatch) -> None:
    """revoke reads the customer's fence before it looks at the refresh token."""
    revoke = Flow.revoke

    async def looking(
        self: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> bool:
        claims = tokens.verify(access_token, self.config.secret, now)
        await self.sessions.fence(partition_of(claims.customer_id))
        return await revoke(self, access_token, refresh_token, now)

    patch.setattr(Flow, "revoke", looking)


@mutant("HARD-24", also="HARD-25")
def revokes_whatever_the_case_of_the_refresh_token(patch: pytest.MonkeyPatch) -> None:
    """For revoke alone, hex digits may be capitals."""
    revoke = Flow.revoke

    async def smoothing(
        self: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> bool:
        return await revoke(self, access_token, RefreshToken(refresh_token.lower()), now)

    patch.setattr(Flow, "revoke", smoothing)


# -- after it has expired, or was revoked ------------------------------------------------------


@mutant("HARD-12", also="HARD-11", known_as="M48")
def burns_for_an_expired_pair_whose_row_is_gone(patch: pytest.MonkeyPatch) -> None:
    """A pair that has expired is taken for a spent one when its row is not there any more."""

    async def delete_expired(self: Flow, presented: Presented) -> None:
        try:
            await self.end(await presented.row(), presented)
        except RowGone:
            if await presented.belongs():
                await self.burn_for_reuse(presented)

    patch.setattr(Flow, "delete_expired", delete_expired)


@mutant("HARD-12", also="CORE-15", sometimes="HARD-11 STORE-08")  # whichever comes first
def clears_away_what_is_as_old_as_an_expired_pair(patch: pytest.MonkeyPatch) -> None:
    """With an expired pair goes a row that is older than its own, or else its own."""

    async def delete_expired(self: Flow, presented: Presented) -> None:
        claims = presented.claims
        customer = partition_of(claims.customer_id)
        old = await self.sessions.find(customer, lambda row: (row.exp or 0) < claims.exp)
        old = old or await self.sessions.find(customer, lambda row: row.exp == claims.exp)
        if old is not None:
            with suppress(RowGone):
                await self.end(old, presented)

    patch.setattr(Flow, "delete_expired", delete_expired)


@mutant("HARD-13")
def burns_for_a_revoked_pair(patch: pytest.MonkeyPatch) -> None:
    """A pair that was logged out is taken for a spent one when it comes back."""
    successor_within_grace = Flow.successor_within_grace

    async def burning(self: Flow, presented: Presented) -> TokenPair | None:
        row = await presented.row()
        kept = await self.burn.look_up(presented.claims.customer_id, row)
        if kept.is_revoked:
            await self.burn_for_reuse(presented)
        return await successor_within_grace(self, presented)

    patch.setattr(Flow, "successor_within_grace", burning)


def echoes_still(patch: pytest.MonkeyPatch, *, revoked: bool) -> None:
    """A live pair that has ended in this way is handed back until its access token expires."""
    refuse_live_pair = Flow.refuse_live_pair

    async def lenient(self: Flow, presented: Presented) -> TokenPair:
        if await presented.refresh() is Refresh.ABSENT:
            row = await presented.row()
            kept = await self.burn.look_up(presented.claims.customer_id, row)
            if kept.is_over and kept.is_revoked is revoked:
                return self.return_same_pair(presented)
        return await refuse_live_pair(self, presented)

    patch.setattr(Flow, "refuse_live_pair", lenient)


@mutant("HARD-14")
def echoes_a_revoked_pair_while_it_is_live(patch: pytest.MonkeyPatch) -> None:
    """A logout is heeded only once the access token has expired."""
    echoes_still(patch, revoked=True)


@mutant("HARD-15")
def echoes_a_burned_pair_while_it_is_live(patch: pytest.MonkeyPatch) -> None:
    """A burn is heeded only once the access token has expired."""
    echoes_still(patch, revoked=False)


@mutant("HARD-16")
def calls_a_second_revoke_an_error(patch: pytest.MonkeyPatch) -> None:
    """A pair that was revoked already is no session to revoke."""
    revoke_absent = Flow.revoke_absent

    async def strict(self: Flow, presented: Presented) -> None:
        if await self.has_ended(presented.claims.customer_id, await presented.row()):
            raise NoSuchSession
        await revoke_absent(self, presented)

    patch.setattr(Flow, "revoke_absent", strict)


@mutant("HARD-16", also="RACE-11")
def burns_for_a_second_revoke(patch: pytest.MonkeyPatch) -> None:
    """A second revoke answers true, and ends the customer's other sessions."""
    revoke_absent = Flow.revoke_absent

    async def burning(self: Flow, presented: Presented) -> None:
        await revoke_absent(self, presented)
        await self.burn_for_reuse(presented)

    patch.setattr(Flow, "revoke_absent", burning)


# -- after a burn, and in the very second ------------------------------------------------------


@mutant("HARD-41")
def keeps_a_fence_for_todays_longest_lifetime(patch: pytest.MonkeyPatch) -> None:
    """What records a burn runs out with the present extended lifetime, whatever it deletes."""

    def fence_at(original: Any, burn: Burn, now: int, reused: Claims | None = None) -> Fence:
        fence: Fence = original(burn, now)
        return fence

    async def raise_to(
        original: Any, burn: Burn, customer_id: str, fence: Fence, rows: Sequence[Row]
    ) -> Fence:
        raised: Fence = await original(
            burn, customer_id, fence, [replace(row, ttl=None) for row in rows]
        )
        return raised

    around(patch, Burn, "fence_at", fence_at)
    around(patch, Burn, "raise_to", raise_to)


@mutant("RACE-15")
def follows_a_session_by_one_generation(patch: pytest.MonkeyPatch) -> None:
    """A revoke of a spent pair knows its successor, and nothing beyond."""
    patch.setattr(Row, "continues", lambda row, pair, claims: row.rotated_from == pair.hash)


@mutant("RACE-15")
def says_true_once_a_pair_has_run_out(patch: pytest.MonkeyPatch) -> None:
    """A revoke of a pair that is past its own end is done at once, whatever became of it."""

    async def revoke_absent(original: Any, flow: Flow, presented: Presented) -> None:
        if not tokens.is_refresh_expired(presented.claims, presented.now):
            await original(flow, presented)

    around(patch, Flow, "revoke_absent", revoke_absent)


@mutant("HARD-39")
def derives_before_it_looks_at_the_end(patch: pytest.MonkeyPatch) -> None:
    """A refresh token is derived and compared before it is known whether it has run out."""

    async def judge_refresh(original: Any, presented: Presented) -> Refresh:
        await presented.belongs()
        found: Refresh = await original(presented)
        return found

    around(patch, Presented, "_judge_refresh", judge_refresh)


@mutant("HARD-30", known_as="M66")
def burns_again_for_a_burned_pair(patch: pytest.MonkeyPatch) -> None:
    """A pair of before a burn is taken for a spent one when it comes back."""
    successor_within_grace = Flow.successor_within_grace

    async def burning(self: Flow, presented: Presented) -> TokenPair | None:
        row = await presented.row()
        kept = await self.burn.look_up(presented.claims.customer_id, row)
        if kept.is_fenced and not kept.is_revoked:
            fence = self.burn.fence_at(presented.now, presented.claims)
            over = fence.before + 1
            standing, _ = await self.sessions.put_fence(row.customer_id, fence, over=over)
            await self.burn.finish(row.customer_id, standing)
        return await successor_within_grace(self, presented)

    patch.setattr(Flow, "successor_within_grace", burning)


@mutant("HARD-31", known_as="M67")
def issues_a_revoked_pair_again(patch: pytest.MonkeyPatch) -> None:
    """A login does not look at tombstones."""
    check = Sessions.check_no_tombstone

    def lenient(self: Sessions, new: Row) -> Item:
        return check(self, new if new.rotated_from else replace(new, hash=NOBODY_S))

    patch.setattr(Sessions, "check_no_tombstone", lenient)


@mutant("HARD-31")
def forgets_that_a_renewed_pair_was_revoked(patch: pytest.MonkeyPatch) -> None:
    """No tombstone is left for a revoked pair that came from a rotation."""

    def tombstones(original: Any, flow: Flow, row: Row, presented: Presented) -> Any:
        return [] if presented.claims.session is not None else original(flow, row, presented)

    around(patch, Flow, "tombstones", tombstones)


@mutant("HARD-31")
def renews_into_a_revoked_pair(patch: pytest.MonkeyPatch) -> None:
    """A rotation does not look at tombstones."""
    check = Sessions.check_no_tombstone

    def lenient(self: Sessions, new: Row) -> Item:
        return check(self, replace(new, hash=NOBODY_S) if new.rotated_from else new)

    patch.setattr(Sessions, "check_no_tombstone", lenient)


@mutant("HARD-31")
def issues_a_burned_pair_again(patch: pytest.MonkeyPatch) -> None:
    """A login does not look at the fence of a burn."""
    begin = Sessions.create

    async def lenient(self: Sessions, row: Row) -> None:
        try:
            await begin(self, row)
        except Fenced:
            if await self.read(row.customer_id, row.hash):
                raise KeyTaken from None
            await self.put(row)

    patch.setattr(Sessions, "create", lenient)


# -- the absolute end --------------------------------------------------------------------------


@mutant("HARD-23", also="CORE-09")
def begins_the_absolute_end_anew(patch: pytest.MonkeyPatch) -> None:
    """The absolute end counts from the last rotation, so that a session can slide for ever."""
    bound = lifetimes.cut_at_absolute_end

    def anew(claims: Claims, auth_time: int | None, now: int, maximum: int | None) -> Claims:
        return bound(claims, None, now, maximum)

    patch.setattr(lifetimes, "cut_at_absolute_end", anew)


@mutant("HARD-23", also="CORE-09")
def knows_no_absolute_end(patch: pytest.MonkeyPatch) -> None:
    """A rotation keeps when the session began, and does not act on it."""
    patch.setattr(
        lifetimes,
        "cut_at_absolute_end",
        lambda claims, auth_time, now, maximum: replace(claims, auth_time=auth_time or now),
    )
    patch.setattr(lifetimes, "is_past_absolute_end", lambda claims, now, maximum: False)


@mutant("CORE-15")
def keeps_the_row_of_the_second_login_of_a_second(patch: pytest.MonkeyPatch) -> None:
    """A row notes the exp that its pair would have alone in its second, and is not found by it."""

    async def start_session(flow: Flow, customer_id: Any, remember_me: bool, now: int) -> TokenPair:
        first = lifetimes.first_claims(customer_id, remember_me, now, flow.config)
        for claims in lifetimes.claims_to_try(first, now):
            fresh = await flow.derivation.issue(claims)
            with suppress(KeyTaken):
                await flow.sessions.create(replace(Row.of(claims, fresh.hash), exp=first.exp))
                return fresh.pair
        raise KeyTaken

    patch.setattr(Flow, "start_session", start_session)


@mutant("CORE-15")
def looks_for_a_row_on_the_first_page(patch: pytest.MonkeyPatch) -> None:
    """Where a customer has more rows than a page holds, those behind it are not found."""

    async def find(sessions: Sessions, customer_id: str, wanted: Callable[[Row], bool]) -> Any:
        async for page in sessions.pages(customer_id):
            return next(filter(wanted, map(items.read_row, page)), None)
        return None

    patch.setattr(Sessions, "find", find)


@mutant("HARD-11", also="HARD-39")
def deletes_what_an_ended_access_token_comes_with(patch: pytest.MonkeyPatch) -> None:
    """Past the session's end the row of the presented refresh token goes, whoever it belongs to."""

    async def delete_expired(self: Flow, presented: Presented) -> None:
        with suppress(RowGone):
            await self.end(await presented.row(), presented)

    patch.setattr(Flow, "delete_expired", delete_expired)


@mutant("HARD-25")
def stumbles_over_odd_tokens_of_ended_sessions(patch: pytest.MonkeyPatch) -> None:
    """Past the session's end a refresh token is hashed before anybody looks at its form."""

    async def judge_refresh(original: Any, presented: Presented) -> Refresh:
        claims = presented.verify()
        if tokens.is_refresh_expired(claims, presented.now):
            bytes.fromhex(presented.pair.refresh_token)
        found: Refresh = await original(presented)
        return found

    around(patch, Presented, "_judge_refresh", judge_refresh)
