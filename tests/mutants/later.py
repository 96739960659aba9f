"""Defects that begin later: at the second rotation, after days, or at the hundredth row."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from reference_auth.core import lifetimes, tokens
from reference_auth.core.config import Config
from reference_auth.core.errors import AccessExpired, NoSuchSession, SessionOver
from reference_auth.core.judge import Presented
from reference_auth.core.rows import Fence, Row, Tombstone, partition_of
from reference_auth.core.states import Refresh
from reference_auth.core.tokens import (
    AccessToken,
    Claims,
    IssuedPair,
    RefreshToken,
    RefreshTokenHash,
    TokenPair,
)
from reference_auth.flow.burn import Burn
from reference_auth.flow.development import AuthItem, Development
from reference_auth.flow.flow import Flow
from reference_auth.flow.grace import Grace
from reference_auth.store import items
from reference_auth.store.sessions import KeyTaken, Sessions
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, is_remembered, note, rows_of

HOUR, DAY, WEEK = 3_600, 86_400, 7 * 86_400
HUNDRED, LATEST = 100, 10

# -- from the second rotation on ---------------------------------------------------------------


def at_the_second_rotation(patch: pytest.MonkeyPatch, change: Any) -> None:
    """A pair that came from a rotation gets a successor with other claims."""

    def next_claims(original: Any, old: Claims, now: int, config: Config) -> Claims:
        claims: Claims = original(old, now, config)
        return change(claims, now, config) if old.session else claims

    around(patch, lifetimes, "next_claims", next_claims)


@mutant("CORE-08")
def cuts_a_long_session_at_its_second_rotation(patch: pytest.MonkeyPatch) -> None:
    """The first rotation keeps the end of a long session, the second gives it the normal one."""
    at_the_second_rotation(
        patch,
        lambda claims, now, config: replace(
            claims, refresh_expiry=min(claims.refresh_expiry, now + config.lifetimes.refresh)
        ),
    )


@mutant("CORE-26")
def makes_a_text_of_the_id_at_the_second_rotation(patch: pytest.MonkeyPatch) -> None:
    """The second rotation writes the customer's number as a text."""
    at_the_second_rotation(
        patch, lambda claims, *_: replace(claims, customer_id=str(claims.customer_id))
    )


@mutant("WIRE-10")
def lets_an_access_token_live_longer_from_the_second_rotation_on(
    patch: pytest.MonkeyPatch,
) -> None:
    """The second rotation gives an access token 15 minutes in place of 14."""
    at_the_second_rotation(patch, lambda claims, *_: replace(claims, exp=claims.exp + 30))


@mutant("WIRE-13")
def signs_with_a_later_iat_from_the_second_rotation_on(patch: pytest.MonkeyPatch) -> None:
    """The second rotation's token says that it was issued a minute later than it was."""
    at_the_second_rotation(patch, lambda claims, now, _: replace(claims, iat=now + 60))


def after_the_second_rotation(patch: pytest.MonkeyPatch, act: Any) -> None:
    """Something happens when a pair is replaced that came from a rotation itself."""

    async def replace_row(original: Any, flow: Flow, old: Presented, fresh: IssuedPair) -> Any:
        pair: TokenPair = await original(flow, old, fresh)
        if old.claims.session:
            await act(flow, old, Row.of(fresh.claims, fresh.hash))
        return pair

    around(patch, Flow, "replace_row", replace_row)


@mutant("STORE-03")
def keeps_the_refresh_token_of_a_second_rotation(patch: pytest.MonkeyPatch) -> None:
    """The row that a second rotation writes holds the refresh token that it replaced."""

    async def act(flow: Flow, old: Presented, row: Row) -> None:
        await note(flow.sessions, row, "was", items.text(old.pair.refresh_token))

    after_the_second_rotation(patch, act)


@mutant("STORE-05")
def writes_ttl_as_a_string_from_the_second_rotation_on(patch: pytest.MonkeyPatch) -> None:
    """The ttl of a second rotation's row is a text."""

    async def act(flow: Flow, old: Presented, row: Row) -> None:
        await note(flow.sessions, row, "ttl", items.text(str(row.ttl)))

    after_the_second_rotation(patch, act)


@mutant("STORE-04")
def gives_a_remembered_row_the_normal_end_at_the_second_rotation(patch: pytest.MonkeyPatch) -> None:
    """From its second rotation on a remembered session's row has the ttl of a normal one."""

    async def rotate(
        original: Any, sessions: Sessions, old: Row, new: Row, tombstone: Tombstone
    ) -> None:
        of = sessions.config.lifetimes
        assert new.ttl is not None
        assert new.exp is not None
        if old.session is not None and new.ttl - new.exp > of.refresh:
            new = replace(new, ttl=new.exp - of.access + of.refresh)
        await original(sessions, old, new, tombstone)

    around(patch, Sessions, "rotate", rotate)


@mutant("STORE-05")
def keeps_a_ttl_that_is_a_text(patch: pytest.MonkeyPatch) -> None:
    """A rotation takes over the ttl of an older node's row where its end stays."""

    async def rotate(
        original: Any, sessions: Sessions, old: Row, new: Row, tombstone: Tombstone
    ) -> None:
        before = await sessions.get(items.key(old.customer_id, old.hash))
        await original(sessions, old, new, tombstone)
        if before and before.get("ttl") == items.text(str(new.ttl)):
            await note(sessions, new, "ttl", before["ttl"])

    around(patch, Sessions, "rotate", rotate)


@mutant("STORE-07", also="STORE-03 STORE-05")
def leaves_a_mark_at_the_second_rotation(patch: pytest.MonkeyPatch) -> None:
    """A second rotation leaves a row in the customer's partition beside the new one."""

    async def act(flow: Flow, old: Presented, row: Row) -> None:
        await flow.sessions.put(replace(row, hash=RefreshTokenHash(f"spent-{row.hash[:8]}")))

    after_the_second_rotation(patch, act)


@mutant("CORE-05")
def notes_when_a_remembered_session_was_last_seen(patch: pytest.MonkeyPatch) -> None:
    """A refresh of a live remembered pair writes the hour into its row."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        pair: TokenPair = await original(flow, token, refresh_token, now)
        presented = flow.present(token, refresh_token, now)
        if pair.token == token and is_remembered(presented.claims):
            await note(flow.sessions, await presented.row(), "seen", items.number(now))
        return pair

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-10", also="API-03")
def gives_renewed_access_tokens_a_minute_of_leeway(patch: pytest.MonkeyPatch) -> None:
    """The access token that a rotation gave counts as live for a minute after `exp`."""
    around(
        patch,
        tokens,
        "is_live",
        lambda original, claims, now: original(claims, now - 60 * bool(claims.session)),
    )


@mutant("CORE-21", also="HARD-14", sometimes="RACE-11")
def says_true_for_a_renewed_pair_and_ends_nothing(patch: pytest.MonkeyPatch) -> None:
    """A revoke of a pair that came from a rotation answers true, and leaves its row."""

    async def revoke(original: Any, flow: Flow, *given: Any) -> bool:
        ended: bool = True
        presented = flow.present(*given)
        if not presented.verify().session or not await presented.belongs():
            ended = await original(flow, *given)
        return ended

    around(patch, Flow, "revoke", revoke)


@mutant("HARD-14")
def echoes_a_revoked_pair_that_was_renewed(patch: pytest.MonkeyPatch) -> None:
    """A logout of a pair that came from a rotation is heeded once the access token expired."""

    async def refuse_live_pair(original: Any, flow: Flow, presented: Presented) -> TokenPair:
        if presented.claims.session and await presented.refresh() is Refresh.ABSENT:
            kept = await flow.burn.look_up(presented.claims.customer_id, await presented.row())
            if kept.is_revoked:
                return flow.return_same_pair(presented)
        pair: TokenPair = await original(flow, presented)
        return pair

    around(patch, Flow, "refuse_live_pair", refuse_live_pair)


def burns_where(patch: pytest.MonkeyPatch, when: Any) -> None:
    """A pair of which something is kept is taken for a replay, where this says so."""

    async def burning(original: Any, flow: Flow, presented: Presented) -> Any:
        row, now = await presented.row(), presented.now
        kept = await flow.burn.look_up(presented.claims.customer_id, row)
        if when(kept, presented):
            fence = flow.burn.fence_at(now, presented.claims)
            over = fence.before + 1
            standing, _ = await flow.sessions.put_fence(row.customer_id, fence, over=over)
            await flow.burn.finish(row.customer_id, standing)
        return await original(flow, presented)

    around(patch, Flow, "successor_within_grace", burning)


@mutant("RACE-08")
def leads_on_once(patch: pytest.MonkeyPatch) -> None:
    """Within the window the old pair leads on at its first return, and at the second burns."""
    answered: set[str] = set()

    async def successor(original: Any, grace: Grace, tombstone: Any, now: int) -> Any:
        if tombstone is not None and tombstone.hash in answered:
            return None
        pair = await original(grace, tombstone, now)
        if pair is not None:
            answered.add(tombstone.hash)
        return pair

    around(patch, Grace, "successor", successor)


@mutant("RACE-08")
def leads_on_from_the_first_pair_of_a_session_only(patch: pytest.MonkeyPatch) -> None:
    """A pair that came from a rotation has no window when it is renewed."""
    around(
        patch,
        Grace,
        "tombstone",
        lambda original, grace, old, successor, now: (
            None if old.session else original(grace, old, successor, now)
        ),
    )


@mutant("RACE-10")
def slides_a_normal_session_at_a_grace_hit(patch: pytest.MonkeyPatch) -> None:
    """The pair that a lost answer is answered with ends one normal lifetime from now, if sooner."""

    async def successor(original: Any, grace: Grace, tombstone: Any, now: int) -> Any:
        pair = await original(grace, tombstone, now)
        if pair is None:
            return None
        rolled = lifetimes.rolled_expiry(
            tombstone.successor.refresh_expiry, now, grace.sessions.config.lifetimes
        )
        claims = replace(tombstone.successor, refresh_expiry=rolled)
        return replace(pair, token=tokens.mint(claims, grace.sessions.config.secret))

    around(patch, Grace, "successor", successor)


@mutant("RACE-15")
def follows_a_session_by_two_generations(patch: pytest.MonkeyPatch) -> None:
    """A revoke of a spent pair knows its grandchild, and nothing beyond."""
    renewals: Counter[int] = Counter()

    async def rotate(original: Any, flow: Flow, presented: Presented) -> TokenPair:
        pair: TokenPair = await original(flow, presented)
        renewals[presented.claims.session_id] += 1
        return pair

    around(patch, Flow, "rotate", rotate)
    around(
        patch,
        Row,
        "continues",
        lambda original, row, pair, claims: (
            renewals[claims.session_id] < 3 and original(row, pair, claims)
        ),
    )


@mutant("CORE-12")
def knows_the_parent_of_a_live_pair_only(patch: pytest.MonkeyPatch) -> None:
    """A spent pair burns where its successor is in the table, and is only refused otherwise."""

    async def burn_for_reuse(original: Any, flow: Flow, presented: Presented) -> None:
        row = await presented.row()
        rows = await rows_of(flow.sessions, row.customer_id)
        if row.hash not in {each.rotated_from for each in rows}:
            raise SessionOver
        await original(flow, presented)

    around(patch, Flow, "burn_for_reuse", burn_for_reuse)


@mutant("CORE-12")
def takes_no_replay_for_one_after_a_logout(patch: pytest.MonkeyPatch) -> None:
    """A spent pair whose session was logged out since is refused, and burns nothing."""
    logged_out: set[int] = set()

    async def revoke(original: Any, flow: Flow, *given: Any) -> Any:
        ended = await original(flow, *given)
        logged_out.add(flow.present(*given).claims.session_id)
        return ended

    async def burn_for_reuse(original: Any, flow: Flow, presented: Presented) -> None:
        if presented.claims.session_id in logged_out:
            raise SessionOver
        await original(flow, presented)

    around(patch, Flow, "revoke", revoke)
    around(patch, Flow, "burn_for_reuse", burn_for_reuse)


@mutant("HARD-28")
def logs_the_first_burn_of_a_customer_only(patch: pytest.MonkeyPatch) -> None:
    """A customer who is burned again leaves no line in the log."""
    told: set[str] = set()

    def log_event(original: Any, burn: Burn, customer_id: str) -> None:
        if customer_id not in told:
            told.add(customer_id)
            original(burn, customer_id)

    around(patch, Burn, "log_event", log_event)


# -- after days --------------------------------------------------------------------------------


@mutant("CORE-12")
def forgets_after_an_hour_what_was_spent(patch: pytest.MonkeyPatch) -> None:
    """A spent pair that comes back an hour after its end is refused, and burns nothing."""

    async def burn_for_reuse(original: Any, flow: Flow, presented: Presented) -> None:
        if presented.now - presented.claims.exp > HOUR:
            raise SessionOver
        await original(flow, presented)

    around(patch, Flow, "burn_for_reuse", burn_for_reuse)


@mutant("CORE-12")
def spares_sessions_that_were_asleep_for_a_day(patch: pytest.MonkeyPatch) -> None:
    """A burn leaves the rows of sessions whose access token expired more than a day ago."""

    def is_to_delete(original: Any, burn: Burn, row: Row, fence: Fence, reach: Fence) -> bool:
        now = fence.before - burn.config.lifetimes.access
        return (row.exp is None or row.exp > now - DAY) and original(burn, row, fence, reach)

    around(patch, Burn, "is_to_delete", is_to_delete)


@mutant("CORE-15")
def leaves_the_row_of_a_session_that_ran_out_days_ago(patch: pytest.MonkeyPatch) -> None:
    """The row of a session whose access token expired days ago stays when the session is over."""

    async def delete_expired(original: Any, flow: Flow, presented: Presented) -> None:
        if presented.now - presented.claims.exp < DAY:
            await original(flow, presented)

    around(patch, Flow, "delete_expired", delete_expired)


@mutant("CORE-21")
def asks_for_an_access_token_of_today_to_log_out(patch: pytest.MonkeyPatch) -> None:
    """A revoke with an access token that expired more than a day ago is refused."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        if tokens.verify(access_token, flow.config.secret, now).exp < now - DAY:
            raise AccessExpired
        return await original(flow, access_token, refresh_token, now)

    around(patch, Flow, "revoke", revoke)


@mutant("HARD-12")
def burns_for_a_pair_that_ran_out_days_ago(patch: pytest.MonkeyPatch) -> None:
    """A pair that has expired is taken for a spent one a day after its end."""

    async def delete_expired(original: Any, flow: Flow, presented: Presented) -> None:
        await original(flow, presented)
        if presented.now - presented.claims.refresh_expiry > DAY and await presented.belongs():
            await flow.burn_for_reuse(presented)

    around(patch, Flow, "delete_expired", delete_expired)


@mutant("HARD-12")
def burns_for_an_expired_pair_of_a_session_that_goes_on(patch: pytest.MonkeyPatch) -> None:
    """A pair past its own end is taken for a replay, if its session goes on."""

    async def delete_expired(original: Any, flow: Flow, presented: Presented) -> None:
        await original(flow, presented)
        claims = presented.claims
        rows = await rows_of(flow.sessions, partition_of(claims.customer_id))
        if any(row.session == claims.session_id for row in rows) and await presented.belongs():
            await flow.burn_for_reuse(presented)

    around(patch, Flow, "delete_expired", delete_expired)


@mutant("CORE-25")
def logs_out_the_session_that_was_renewed_last(patch: pytest.MonkeyPatch) -> None:
    """The revoke of a spent pair ends whichever of the customer's sessions was renewed last."""

    async def revoke_absent(original: Any, flow: Flow, presented: Presented) -> None:
        own = await presented.row()
        rows = await rows_of(flow.sessions, own.customer_id)
        renewed = [row for row in rows if row.rotated_from]
        if renewed and not await flow.has_ended(presented.claims.customer_id, own):
            await flow.revoke_successor(presented, max(renewed, key=lambda row: row.exp or 0))
        else:
            await original(flow, presented)

    around(patch, Flow, "revoke_absent", revoke_absent)


@mutant("CORE-15")
def leaves_an_expired_row_among_many(patch: pytest.MonkeyPatch) -> None:
    """The row of an ended session is not looked for among more than ten."""

    async def delete_expired(original: Any, flow: Flow, presented: Presented) -> None:
        rows = await rows_of(flow.sessions, partition_of(presented.claims.customer_id))
        if len(rows) <= 10:
            await original(flow, presented)

    around(patch, Flow, "delete_expired", delete_expired)


@mutant("HARD-13")
def forgets_a_logout_after_a_day(patch: pytest.MonkeyPatch) -> None:
    """A pair that was logged out is taken for a spent one a day later."""
    burns_where(patch, lambda kept, given: kept.is_revoked and given.now - given.claims.exp > DAY)


@mutant("HARD-13")
def keeps_a_tombstone_for_the_normal_lifetime(patch: pytest.MonkeyPatch) -> None:
    """What records a logout runs out with the normal lifetime, that of a long session too."""

    def tombstones(original: Any, flow: Flow, row: Row, presented: Presented) -> list[Tombstone]:
        latest = presented.now + flow.config.lifetimes.refresh
        return [replace(one, ttl=min(one.ttl, latest)) for one in original(flow, row, presented)]

    around(patch, Flow, "tombstones", tombstones)


@mutant("HARD-16")
def calls_a_second_revoke_an_error_after_a_day(patch: pytest.MonkeyPatch) -> None:
    """A pair that was revoked is no session to revoke a day later."""

    async def revoke_absent(original: Any, flow: Flow, presented: Presented) -> None:
        if presented.now - presented.claims.exp > DAY:
            raise NoSuchSession
        await original(flow, presented)

    around(patch, Flow, "revoke_absent", revoke_absent)


@mutant("HARD-30")
def heeds_a_burn_for_a_day(patch: pytest.MonkeyPatch) -> None:
    """A pair of before a burn is taken for a spent one a day after it."""
    burns_where(
        patch,
        lambda kept, given: (
            kept.is_fenced and not kept.is_revoked and given.now - kept.fence.before > DAY
        ),
    )


@mutant("CORE-09")
def extends_for_half_a_day(patch: pytest.MonkeyPatch) -> None:
    """A session that has been renewed for half a day keeps the end that it has."""

    def next_claims(original: Any, old: Claims, now: int, config: Config) -> Claims:
        claims: Claims = original(old, now, config)
        if is_remembered(old) or now - old.session_id < DAY // 2:
            return claims
        end = old.refresh_expiry
        return replace(claims, refresh_expiry=end, exp=min(claims.exp, end - 1))

    around(patch, lifetimes, "next_claims", next_claims)


@mutant("CORE-09")
def extends_for_as_long_as_a_login_lasts(patch: pytest.MonkeyPatch) -> None:
    """A session that began longer ago than a remembered one lasts keeps the end that it has."""

    def next_claims(original: Any, old: Claims, now: int, config: Config) -> Claims:
        claims: Claims = original(old, now, config)
        if now - old.session_id <= config.lifetimes.extended:
            return claims
        end = old.refresh_expiry
        return replace(claims, refresh_expiry=end, exp=min(claims.exp, end - 1))

    around(patch, lifetimes, "next_claims", next_claims)


@mutant("CORE-29")
def ends_a_renewed_session_a_week_after_its_login(patch: pytest.MonkeyPatch) -> None:
    """A session that was renewed before is not renewed a week after its login."""

    async def rotate(original: Any, flow: Flow, presented: Presented) -> TokenPair:
        begun = presented.claims.session
        if begun and presented.now - begun > WEEK:
            raise SessionOver
        pair: TokenPair = await original(flow, presented)
        return pair

    around(patch, Flow, "rotate", rotate)


@mutant("CORE-29")
def ends_a_renewed_session_where_its_login_could_have_ended(patch: pytest.MonkeyPatch) -> None:
    """A session is not renewed past the longest lifetime of its login, however it was used."""

    async def rotate(original: Any, flow: Flow, presented: Presented) -> TokenPair:
        begun = presented.claims.session
        if begun and presented.now - begun > flow.config.lifetimes.extended:
            raise SessionOver
        pair: TokenPair = await original(flow, presented)
        return pair

    around(patch, Flow, "rotate", rotate)


# -- with many rows ----------------------------------------------------------------------------


@mutant("STORE-09")
def burns_ten_batches(patch: pytest.MonkeyPatch) -> None:
    """A burn ends 250 sessions, and calls that all."""

    async def sweep(self: Burn, customer_id: str, fence: Fence) -> Fence:
        rows = await rows_of(self.sessions, customer_id)
        await self.sessions.delete_all(rows[: 10 * 25])
        return fence

    patch.setattr(Burn, "sweep", sweep)


def sweeps_some(patch: pytest.MonkeyPatch, some: Any) -> None:
    """A burn deletes these rows of the ones it found, and calls that all."""

    async def sweep(original: Any, burn: Burn, customer_id: str, fence: Fence) -> Fence:
        rows = some(await rows_of(burn.sessions, customer_id))
        if rows is None:
            fence = await original(burn, customer_id, fence)
        else:
            await burn.sessions.delete_all(rows)
        return fence

    around(patch, Burn, "sweep", sweep)


@mutant("STORE-09")
def rounds_the_number_of_batches_down(patch: pytest.MonkeyPatch) -> None:
    """A burn leaves the row that is alone in its last batch."""
    sweeps_some(
        patch, lambda found: found[:-1] if len(found) > 25 and len(found) % 25 == 1 else None
    )


@mutant("STORE-09")
def sends_no_batch_that_is_full(patch: pytest.MonkeyPatch) -> None:
    """A burn leaves the last batch where it is a full one."""
    sweeps_some(patch, lambda found: found[25:] if found and len(found) % 25 == 0 else None)


@mutant("DEV-07")
def lists_a_hundred_rows(patch: pytest.MonkeyPatch) -> None:
    """getAllAuthItemsById shows 100 rows."""

    async def listed(original: Any, development: Development, user_id: Any) -> list[AuthItem]:
        found: list[AuthItem] = await original(development, user_id)
        return found[:HUNDRED]

    around(patch, Development, "list", listed)


@mutant("DEV-09")
def removes_a_hundred_rows(patch: pytest.MonkeyPatch) -> None:
    """removeAllUserAuthItems deletes 100 rows, and says that these were all."""

    async def remove_all(original: Any, development: Development, user_id: Any) -> None:
        rows = await rows_of(development.sessions, str(user_id))
        if len(rows) <= HUNDRED:
            await original(development, user_id)
        await development.sessions.delete_all(rows[:HUNDRED])

    around(patch, Development, "remove_all", remove_all)


@mutant("STORE-01", sometimes="RACE-01")
def keeps_the_ten_latest_sessions(patch: pytest.MonkeyPatch) -> None:
    """A login deletes the customer's rows beyond ten, those that end first."""

    async def create(original: Any, sessions: Sessions, row: Row) -> None:
        await original(sessions, row)
        rows = await rows_of(sessions, row.customer_id)
        others = sorted((r for r in rows if r.hash != row.hash), key=lambda r: -(r.ttl or 0))
        await sessions.delete_all(others[LATEST - 1 :])

    around(patch, Sessions, "create", create)


@mutant("CORE-07")
def signs_a_renewed_pair_anew_at_an_echo(patch: pytest.MonkeyPatch) -> None:
    """A live pair that came from a rotation comes back without the claim `session`."""

    def return_same_pair(original: Any, flow: Flow, presented: Presented) -> TokenPair:
        pair: TokenPair = original(flow, presented)
        if presented.claims.session is None:
            return pair
        changed = replace(presented.claims, session=None)
        return replace(pair, token=tokens.mint(changed, flow.config.secret))

    around(patch, Flow, "return_same_pair", return_same_pair)


@mutant("CORE-11")
def ends_a_renewed_pair_a_second_early(patch: pytest.MonkeyPatch) -> None:
    """A pair that came from a rotation is over in the second of its refresh_expiry."""

    def is_refresh_expired(original: Any, claims: Claims, now: int) -> bool:
        over = bool(original(claims, now))
        return over or (claims.session is not None and now == claims.refresh_expiry)

    around(patch, tokens, "is_refresh_expired", is_refresh_expired)


@mutant("CORE-15")
def looks_for_an_expired_row_by_the_exp_of_its_login(patch: pytest.MonkeyPatch) -> None:
    """The row of an expired pair stays if the pair came from a rotation."""

    async def delete_expired(original: Any, flow: Flow, presented: Presented) -> None:
        if presented.claims.session in (None, presented.claims.exp):
            await original(flow, presented)

    around(patch, Flow, "delete_expired", delete_expired)


@mutant("WIRE-13")
def counts_iat_back_from_the_end(patch: pytest.MonkeyPatch) -> None:
    """A rotation takes iat from refresh_expiry, which is far ahead in a remembered session."""

    def next_claims(original: Any, old: Claims, now: int, config: Config) -> Claims:
        claims: Claims = original(old, now, config)
        return replace(claims, iat=claims.refresh_expiry - config.lifetimes.refresh)

    around(patch, lifetimes, "next_claims", next_claims)


# -- in the last second, or in the same one ----------------------------------------------------


@mutant("RACE-03")
def overwrites_what_a_rotation_of_this_second_wrote(patch: pytest.MonkeyPatch) -> None:
    """A login respects the row of another login of its second, not that of a rotation."""

    async def create(original: Any, sessions: Sessions, row: Row) -> None:
        try:
            await original(sessions, row)
        except KeyTaken:
            found = await sessions.read(row.customer_id, row.hash)
            if found is None or found.rotated_from is None:
                raise
            await sessions.put(row)

    around(patch, Sessions, "create", create)


@mutant("RACE-08")
def closes_the_window_a_second_early(patch: pytest.MonkeyPatch) -> None:
    """The spent pair is a replay in the last second of its grace window."""

    def is_in_grace(original: Any, tombstone: Tombstone, now: int) -> bool:
        return bool(original(tombstone, now)) and now != tombstone.until

    around(patch, Tombstone, "is_in_grace", is_in_grace)


@mutant("RACE-09")
def opens_the_window_anew_for_whoever_uses_it(patch: pytest.MonkeyPatch) -> None:
    """A spent pair that was sent within its grace window gets another one."""

    async def successor(original: Any, grace: Grace, kept: Any, now: int) -> TokenPair | None:
        pair: TokenPair | None = await original(grace, kept, now)
        if pair is not None:
            until = now + grace.seconds
            later = items.tombstone_item(replace(kept, until=until, ttl=until))
            await grace.sessions.call("put_item", Item=later)
        return pair

    around(patch, Grace, "successor", successor)


@mutant("STORE-06")
def takes_a_row_without_ttl_for_an_old_one(patch: pytest.MonkeyPatch) -> None:
    """A row without ttl is over a refresh lifetime after its access token is."""

    async def judge(original: Any, presented: Presented) -> Refresh:
        verdict: Refresh = await original(presented)
        if verdict is not Refresh.MATCHES:
            return verdict
        expected = await presented.row()
        row = await presented._means.read(expected.customer_id, expected.hash)
        late = presented.now - presented.claims.exp > presented.config.lifetimes.refresh
        return Refresh.EXPIRED if row and row.ttl is None and late else verdict

    around(patch, Presented, "_judge_refresh", judge)


@mutant("CORE-25")
def ends_the_session_that_was_renewed_last(patch: pytest.MonkeyPatch) -> None:
    """The revoke of a renewed pair ends whichever of the customer's sessions was renewed last."""

    async def end(original: Any, flow: Flow, row: Row, presented: Presented) -> None:
        rows = await rows_of(flow.sessions, row.customer_id)
        renewed = [found for found in rows if found.rotated_from]
        if any(found.hash == row.hash for found in renewed):
            row = max(renewed, key=lambda found: found.exp or 0)
        await original(flow, row, presented)

    around(patch, Flow, "end", end)
