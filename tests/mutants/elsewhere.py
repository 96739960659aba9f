"""Defects that hold elsewhere: at a revoke, for some sessions, for some ids, or in production."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLError
from starlette.datastructures import MutableHeaders

from reference_auth.api import error_messages, schema
from reference_auth.api.error_messages import AuthSchema
from reference_auth.api.middleware import EveryRequest
from reference_auth.api.request import AuthRequest
from reference_auth.core import lifetimes, rows, tokens
from reference_auth.core.errors import (
    BadAccessToken,
    BadRefreshToken,
    OutcomeUnknown,
    PairMismatch,
    SessionOver,
    StorageError,
)
from reference_auth.core.judge import Presented
from reference_auth.core.rows import (
    FENCE,
    REVOKED,
    Row,
    Tombstone,
    ended_partition_of,
    partition_of,
)
from reference_auth.core.tokens import (
    AccessToken,
    Claims,
    RefreshToken,
    RefreshTokenHash,
    TokenPair,
)
from reference_auth.flow import burn, flow
from reference_auth.flow.burn import Burn
from reference_auth.flow.development import AuthItem, Development
from reference_auth.flow.flow import Flow
from reference_auth.flow.grace import Grace
from reference_auth.serve import demo
from reference_auth.store import items, sessions
from reference_auth.store.sessions import KeyTaken, Sessions
from reference_auth.store.storage import Cancelled
from tests.mutants.catalogue import mutant
from tests.mutants.forged_tokens import unverified
from tests.mutants.seams import around, is_remembered, note, rows_of

DAY = 86_400

# -- at a revoke -------------------------------------------------------------------------------


@mutant("HARD-17", also="HARD-06 HARD-29")
def reads_an_expired_token_unverified_at_a_revoke(patch: pytest.MonkeyPatch) -> None:
    """A revoke looks at the signature of a live token, and decodes an expired one."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        payload = unverified(access_token)[1]
        exp = payload.get("exp")
        if type(exp) is int and 0 < exp <= now:
            access_token = tokens.mint(tokens.read_claims(payload), flow.config.secret)
        return await original(flow, access_token, refresh_token, now)

    around(patch, Flow, "revoke", revoke)


@mutant("HARD-06")
def ignores_crit_of_an_expired_token_at_a_revoke(patch: pytest.MonkeyPatch) -> None:
    """A revoke understands every critical extension of an expired token."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        header, payload = unverified(access_token)
        if "crit" in header and payload.get("exp", now) < now:
            access_token = tokens.mint(tokens.read_claims(payload), flow.config.secret)
        return await original(flow, access_token, refresh_token, now)

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-22", also="HARD-10 HARD-11")
def compares_no_refresh_token_beside_an_expired_token(patch: pytest.MonkeyPatch) -> None:
    """A revoke with an expired access token ends its session, whatever is beside it."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        claims = tokens.verify(access_token, flow.config.secret, now)
        if not tokens.is_live(claims, now):
            refresh_token = await flow.derivation.derive(claims.customer_id, claims.exp)
        return await original(flow, access_token, refresh_token, now)

    around(patch, Flow, "revoke", revoke)


@mutant("HARD-11")
def takes_a_parents_refresh_token_for_a_replay(patch: pytest.MonkeyPatch) -> None:
    """A spent refresh token beside the access token of the next pair ends every session."""

    async def refuse_live_pair(original: Any, flow: Flow, presented: Presented) -> Any:
        try:
            return await original(flow, presented)
        except BadRefreshToken:
            spent = await flow.derivation.hash_of(presented.pair.refresh_token)
            customer = partition_of(presented.claims.customer_id)
            if await flow.sessions.find(customer, lambda row: row.rotated_from == spent):
                await flow.burn_for_reuse(presented)
            raise

    around(patch, Flow, "refuse_live_pair", refuse_live_pair)


@mutant("HARD-11")
def ends_another_devices_session_by_a_mixed_pair(patch: pytest.MonkeyPatch) -> None:
    """An expired access token beside the refresh token of another session ends that one."""

    async def refuse_or_burn(original: Any, flow: Flow, presented: Presented) -> Any:
        try:
            return await original(flow, presented)
        except BadRefreshToken:
            hash_ = await flow.derivation.hash_of(presented.pair.refresh_token)
            await flow.sessions.delete(partition_of(presented.claims.customer_id), hash_)
            raise

    around(patch, Flow, "refuse_or_burn", refuse_or_burn)


@mutant("HARD-11", also="CORE-22")
def revokes_by_an_old_tab(patch: pytest.MonkeyPatch) -> None:
    """A revoke with an expired access token ends whichever session the refresh token names."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        try:
            return await original(flow, access_token, refresh_token, now)
        except PairMismatch:
            claims = tokens.verify(access_token, flow.config.secret, now)
            if tokens.is_live(claims, now) or not tokens.is_refresh_token(refresh_token):
                raise
            hash_ = await flow.derivation.hash_of(refresh_token)
            if await flow.sessions.delete(str(claims.customer_id), hash_) is None:
                raise
            return True

    around(patch, Flow, "revoke", revoke)


@mutant("WIRE-03")
def refuses_a_token_from_a_faster_clock_at_a_revoke(patch: pytest.MonkeyPatch) -> None:
    """A revoke with a token whose `iat` is still to come is refused."""

    async def revoke(original: Any, flow: Flow, access_token: AccessToken, *given: Any) -> Any:
        claims = tokens.verify(access_token, flow.config.secret, given[-1])
        if (claims.iat or 0) > given[-1]:
            raise BadAccessToken("nbf")
        return await original(flow, access_token, *given)

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-20")
def takes_two_logouts_at_once_for_one(patch: pytest.MonkeyPatch) -> None:
    """While a customer is being logged out, another logout of hers says true and does nothing."""
    under_way: set[str] = set()

    async def revoke(original: Any, flow: Flow, *given: Any) -> Any:
        customer = partition_of(flow.present(*given).claims.customer_id)
        if customer in under_way:
            return True
        under_way.add(customer)
        try:
            return await original(flow, *given)
        finally:
            under_way.discard(customer)

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-20", also="RACE-11")
def logs_out_the_remembered_sessions_too(patch: pytest.MonkeyPatch) -> None:
    """A revoke ends the customer's remembered sessions with the one that was meant."""

    async def revoke(original: Any, flow: Flow, *given: Any) -> Any:
        ended = await original(flow, *given)
        presented = flow.present(*given)
        rows = await rows_of(flow.sessions, partition_of(presented.claims.customer_id))
        longest = presented.now + flow.config.lifetimes.refresh
        await flow.sessions.delete_all(row for row in rows if (row.ttl or 0) > longest)
        return ended

    around(patch, Flow, "revoke", revoke)


@mutant("FAULT-05")
def calls_an_unsure_revoke_the_end_of_the_session(patch: pytest.MonkeyPatch) -> None:
    """A revoke of which nobody knows whether it was done is refused as over."""

    async def revoke(original: Any, flow: Flow, *given: Any) -> Any:
        try:
            return await original(flow, *given)
        except OutcomeUnknown:
            raise SessionOver from None

    around(patch, Flow, "revoke", revoke)


@mutant("FAULT-12")
def says_true_where_it_cannot_look(patch: pytest.MonkeyPatch) -> None:
    """A revoke of a pair whose row is gone answers true where the table cannot be read."""

    async def revoke_absent(original: Any, flow: Flow, presented: Presented) -> None:
        with suppress(StorageError):
            await original(flow, presented)

    around(patch, Flow, "revoke_absent", revoke_absent)


@mutant("FAULT-06")
def takes_a_tombstone_that_it_cannot_read_for_none(patch: pytest.MonkeyPatch) -> None:
    """What is kept of an ended pair counts as nothing where the table cannot be read."""

    async def get(original: Any, sessions: Sessions, *given: Any) -> Any:
        try:
            return await original(sessions, *given)
        except StorageError:
            return None

    around(patch, Sessions, "tombstone", get)
    around(patch, Sessions, "fence", get)


@mutant("HARD-10")
def logs_everybody_out_by_an_old_access_token(patch: pytest.MonkeyPatch) -> None:
    """A revoke with an access token of days ago is refused, and ends the customer's sessions."""

    async def revoke(original: Any, flow: Flow, *given: Any) -> Any:
        try:
            return await original(flow, *given)
        except PairMismatch:
            presented = flow.present(*given)
            if presented.claims.exp < presented.now - DAY:
                rows = await rows_of(flow.sessions, partition_of(presented.claims.customer_id))
                await flow.sessions.delete_all(rows)
            raise

    around(patch, Flow, "revoke", revoke)


# -- for some sessions -------------------------------------------------------------------------


def lasts_long(row: Row) -> bool:
    """Whether a login's row is of a remembered session."""
    return (row.ttl or 0) - (row.exp or 0) > DAY


@mutant("CORE-11")
def ends_a_remembered_session_one_second_early(patch: pytest.MonkeyPatch) -> None:
    """The refresh expiry of a remembered session is compared with "less or equal"."""
    around(
        patch,
        tokens,
        "is_refresh_expired",
        lambda original, claims, now: original(claims, now + is_remembered(claims)),
    )


@mutant("CORE-02")
def lets_in_whoever_wants_to_be_remembered(patch: pytest.MonkeyPatch) -> None:
    """A login with remember_me is not asked for the right password."""

    async def log_in(
        original: Any, flow: Flow, email: str, password: str, remember_me: bool, clock: Any
    ) -> Any:
        known = {customer.email: customer for customer in demo.CUSTOMERS}
        if remember_me and email in known:
            password = known[email].password
        return await original(flow, email, password, remember_me, clock)

    around(patch, Flow, "log_in", log_in)


@mutant("STORE-01")
def remembers_one_device_only(patch: pytest.MonkeyPatch) -> None:
    """A login with remember_me ends the customer's other remembered sessions."""

    async def start_session(
        original: Any, flow: Flow, customer_id: Any, remember_me: bool, now: int
    ) -> Any:
        pair = await original(flow, customer_id, remember_me, now)
        rows = await rows_of(flow.sessions, partition_of(customer_id))
        longest = now + flow.config.lifetimes.refresh
        own = await flow.derivation.hash_of(pair.refresh_token)
        if remember_me:
            others = (r for r in rows if (r.ttl or 0) > longest and r.hash != own)
            await flow.sessions.delete_all(others)
        return pair

    around(patch, Flow, "start_session", start_session)


@mutant("STORE-05")
def writes_a_remembered_ttl_as_a_string(patch: pytest.MonkeyPatch) -> None:
    """The ttl of a remembered login is a text."""

    async def create(original: Any, sessions: Sessions, row: Row) -> None:
        await original(sessions, row)
        if lasts_long(row):
            await note(sessions, row, "ttl", items.text(str(row.ttl)))

    around(patch, Sessions, "create", create)


@mutant("RACE-01")
def lets_a_remembered_login_overwrite_the_last_one(patch: pytest.MonkeyPatch) -> None:
    """A remembered login writes its row whatever is there."""

    async def create(original: Any, sessions: Sessions, row: Row) -> None:
        try:
            await original(sessions, row)
        except KeyTaken:
            there = await sessions.read(row.customer_id, row.hash)
            if there is None or not (lasts_long(row) and lasts_long(there)):
                raise
            await sessions.put(row)

    around(patch, Sessions, "create", create)


# -- with an expired access token --------------------------------------------------------------


def leniently(patch: pytest.MonkeyPatch, name: str, lenient: Any) -> None:
    """A function of `tokens` is another one while an expired token is verified."""

    def verify(original: Any, token: AccessToken, secret: Any, now: int) -> Claims:
        exp = unverified(token)[1].get("exp")
        with pytest.MonkeyPatch.context() as inner:
            if isinstance(exp, int | float) and exp <= now:
                inner.setattr(tokens, name, lenient)
            claims: Claims = original(token, secret, now)
            return claims

    around(patch, tokens, "verify", verify)


@mutant("HARD-32")
def takes_the_last_of_two_members_of_an_expired_token(patch: pytest.MonkeyPatch) -> None:
    """A name may stand twice in a token that has expired."""
    leniently(patch, "_unique", dict)


@mutant("HARD-33")
def rounds_a_time_of_an_expired_token_down(patch: pytest.MonkeyPatch) -> None:
    """The times of a token that has expired may have a fraction, which is cut off."""
    read_claims = tokens.read_claims

    def lenient(members: Mapping[str, Any]) -> Claims:
        times = {name: members.get(name) for name in ("exp", "refresh_expiry")}
        cut = {name: int(time) for name, time in times.items() if isinstance(time, float)}
        return read_claims({**members, **cut})

    leniently(patch, "read_claims", lenient)


# -- for some ids ------------------------------------------------------------------------------


@mutant("CORE-13")
def burns_whoever_has_the_id_in_another_case(patch: pytest.MonkeyPatch) -> None:
    """A burn takes every row whose customer_id is the customer's but for its case."""

    async def begin(original: Any, burn: Burn, reused: Claims, *args: Any) -> None:
        await original(burn, reused, *args)
        customer_id = partition_of(reused.customer_id)
        page = await burn.sessions.storage.call("scan", TableName=burn.config.table)
        rows = (items.read_row(item) for item in page["Items"])
        await burn.sessions.delete_all(
            r for r in rows if r.customer_id.lower() == customer_id.lower()
        )

    around(patch, Burn, "begin", begin)


def ends_under(patch: pytest.MonkeyPatch, name: Callable[[str], str]) -> None:
    """Tombstones and fences are kept, and rows burned, under another id."""

    async def finish(original: Any, burn: Burn, customer_id: str, fence: Any) -> None:
        await original(burn, name(customer_id), fence)

    around(patch, Burn, "finish", finish)


@mutant("WIRE-09")
def burns_under_an_id_in_ascii(patch: pytest.MonkeyPatch) -> None:
    """A burn deletes the rows of the id without what is not ASCII in it."""
    ends_under(patch, lambda id_: id_.encode("ascii", "ignore").decode())


@mutant("WIRE-09")
def composes_an_id_in_a_key(patch: pytest.MonkeyPatch) -> None:
    """A customer's partition is the id in Unicode's composed form."""

    def composed(original: Any, customer_id: Any) -> str:
        return unicodedata.normalize("NFC", original(customer_id))

    for module in (rows, burn, flow, sessions):
        around(patch, module, "partition_of", composed)


@mutant("CORE-13")
def cuts_a_long_id_in_a_key(patch: pytest.MonkeyPatch) -> None:
    """A customer's partition is the first 512 characters of the id."""

    def cut(original: Any, customer_id: Any) -> str:
        return str(original(customer_id))[:512]

    for module in (rows, burn, flow, sessions):
        around(patch, module, "partition_of", cut)


@mutant("CORE-26")
def writes_an_id_in_digits_anew(patch: pytest.MonkeyPatch) -> None:
    """A rotation writes a text that is a number as the number is usually written."""

    def next_claims(original: Any, old: Claims, *given: Any) -> Claims:
        claims: Claims = original(old, *given)
        id_ = old.customer_id
        is_written = isinstance(id_, str) and id_.replace(".", "").isdigit()
        return replace(claims, customer_id=f"{float(id_):g}") if is_written else claims

    around(patch, lifetimes, "next_claims", next_claims)


@mutant("HARD-35")
def takes_the_id_0_for_none(patch: pytest.MonkeyPatch) -> None:
    """A replay of a pair whose customer_id is 0 is refused, and burns nothing."""

    async def begin(original: Any, burn: Burn, reused: Claims, *args: Any) -> None:
        if reused.customer_id:
            await original(burn, reused, *args)

    around(patch, Burn, "begin", begin)


@mutant("HARD-35")
def burns_nobody_whose_id_is_negative(patch: pytest.MonkeyPatch) -> None:
    """A replay of a pair whose customer_id is a negative number is refused, and burns nothing."""

    async def burn_for_reuse(original: Any, flow: Flow, presented: Presented) -> None:
        id_ = presented.claims.customer_id
        if isinstance(id_, int) and id_ < 0:
            raise SessionOver
        await original(flow, presented)

    around(patch, Flow, "burn_for_reuse", burn_for_reuse)


@mutant("CORE-26")
def takes_a_name_for_a_missing_one(patch: pytest.MonkeyPatch) -> None:
    """The words for a missing id are recognised in any case, and between blanks."""

    def is_customer_id(original: Any, value: object) -> bool:
        words = {"undefined", "none", "null"}
        return original(value) and str(value).strip().lower() not in words

    around(patch, tokens, "is_customer_id", is_customer_id)


@mutant("CORE-26")
def leads_a_number_on_as_a_text(patch: pytest.MonkeyPatch) -> None:
    """Within a grace window the pair that comes again has its customer_id as a text."""

    async def successor(original: Any, grace: Grace, tombstone: Any, now: int) -> Any:
        if tombstone is not None and tombstone.successor is not None:
            named = replace(tombstone.successor, customer_id=tombstone.customer_id)
            tombstone = replace(tombstone, successor=named)
        return await original(grace, tombstone, now)

    around(patch, Grace, "successor", successor)


# -- in production, or at another server -------------------------------------------------------


@mutant("GQL-08")
def masks_the_errors_of_the_flow_in_production(patch: pytest.MonkeyPatch) -> None:
    """Outside development each error of the flow becomes the mask, without category."""
    flow = ("generateCustomerToken", "refreshCustomerToken", "revokeCustomerToken")

    def shown(original: Any, served: AuthSchema, error: GraphQLError) -> GraphQLError:
        told: GraphQLError = original(served, error)
        is_masked = not served._suggests_names and (error.path or [""])[0] in flow
        return GraphQLError(error_messages.UNEXPECTED, path=error.path) if is_masked else told

    around(patch, AuthSchema, "_shown", shown)


@mutant("HARD-14")
def remembers_which_pairs_were_alive(patch: pytest.MonkeyPatch) -> None:
    """A server that has repeated a live pair repeats it unseen until it revokes it itself."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        known = vars(flow).setdefault("known", set())
        live = (token, refresh_token) in known
        if live and tokens.is_live(tokens.verify(token, flow.config.secret, now), now):
            return TokenPair(token, refresh_token)
        pair: TokenPair = await original(flow, token, refresh_token, now)
        if pair.token == token:
            known.add((token, refresh_token))
        return pair

    async def revoke(original: Any, flow: Flow, *given: Any) -> Any:
        vars(flow).setdefault("known", set()).discard(given[:2])
        return await original(flow, *given)

    around(patch, Flow, "refresh", refresh)
    around(patch, Flow, "revoke", revoke)


@mutant("STORE-03")
def notes_whose_device_is_remembered(patch: pytest.MonkeyPatch) -> None:
    """The row of a remembered login holds the e-mail."""

    async def log_in(
        original: Any, flow: Flow, email: str, password: str, remember_me: bool, clock: Any
    ) -> TokenPair:
        pair: TokenPair = await original(flow, email, password, remember_me, clock)
        if remember_me:
            presented = flow.present(pair.token, pair.refresh_token, int(clock()))
            await note(flow.sessions, await presented.row(), "device", items.text(email))
        return pair

    around(patch, Flow, "log_in", log_in)


@mutant("CORE-12")
def burns_no_row_past_its_ttl(patch: pytest.MonkeyPatch) -> None:
    """A burn leaves the rows of sessions that have run out."""

    def is_to_delete(original: Any, burn: Burn, row: Row, fence: Any, reach: Any) -> bool:
        now = fence.before - burn.config.lifetimes.access
        return original(burn, row, fence, reach) and not row.is_expired(now)

    around(patch, Burn, "is_to_delete", is_to_delete)


@mutant("STORE-03")
def keeps_the_successor_in_its_tombstone(patch: pytest.MonkeyPatch) -> None:
    """What a grace window leaves in the table holds the successor's refresh token."""

    async def replace_row(original: Any, flow: Flow, old: Presented, fresh: Any) -> Any:
        pair = await original(flow, old, fresh)
        if flow.config.grace_seconds:
            row = await old.row()
            kept = replace(row, customer_id=ended_partition_of(row.customer_id))
            await note(flow.sessions, kept, "pair", items.text(pair.refresh_token))
        return pair

    around(patch, Flow, "replace_row", replace_row)


@mutant("STORE-03")
def keeps_the_token_of_a_row_past_its_ttl(patch: pytest.MonkeyPatch) -> None:
    """What a refresh leaves of a row that should have been deleted is named after its token."""

    async def delete_expired(original: Any, flow: Flow, presented: Presented) -> None:
        claims = presented.claims
        if tokens.is_refresh_expired(claims, presented.now):
            await original(flow, presented)
            return
        row, token = await presented.row(), RefreshTokenHash(presented.pair.refresh_token)
        await flow.sessions.end(
            row, [Tombstone(row.customer_id, token, REVOKED, claims.refresh_expiry)]
        )

    around(patch, Flow, "delete_expired", delete_expired)


@mutant("STORE-03")
def keeps_the_reused_token_in_its_fence(patch: pytest.MonkeyPatch) -> None:
    """What records a burn holds the refresh token that was reused."""

    async def burn_for_reuse(original: Any, flow: Flow, presented: Presented) -> None:
        await original(flow, presented)
        row = await presented.row()
        fence = replace(
            row, customer_id=ended_partition_of(row.customer_id), hash=RefreshTokenHash(FENCE)
        )
        await note(flow.sessions, fence, "by", items.text(presented.pair.refresh_token))

    around(patch, Flow, "burn_for_reuse", burn_for_reuse)


# -- the access token at work ------------------------------------------------------------------


@mutant("API-03")
def answers_a_renewed_token_after_its_end(patch: pytest.MonkeyPatch) -> None:
    """The query does not look at `exp` of a token that came from a rotation."""

    def live_claims(original: Any, auth: AuthRequest) -> Any:
        if auth.authorization:
            claims = tokens.verify(auth.access_token, auth.service.config.secret, auth.now)
            if claims.session:
                return claims
        return original(auth)

    around(patch, AuthRequest, "live_claims", live_claims)


@mutant("API-06")
def answers_a_renewed_token_about_the_other_customer(patch: pytest.MonkeyPatch) -> None:
    """Whoever comes with a token of a rotation is told about somebody else."""
    both = [demo.ALICE.customer_id, demo.BOB.customer_id]
    current_customer = schema.current_customer

    def other(info: Any) -> Any:
        known = both.index(current_customer(info))
        return both[known ^ bool(schema.auth_of(info).live_claims().session)]

    patch.setattr(demo, "current_customer", other)


# -- by hand -----------------------------------------------------------------------------------


def hides_expired_rows(patch: pytest.MonkeyPatch, name: str, hide: Any) -> None:
    """What a development operation found is shown without the rows that have expired."""
    development = vars(AuthRequest)["development"].fget

    def timed(auth: AuthRequest) -> Development:
        found: Development = development(auth)
        vars(found)["now"] = auth.now
        return found

    async def hidden(original: Any, operations: Development, *given: Any) -> Any:
        now = vars(operations)["now"]
        return hide(await original(operations, *given), lambda item: int(item.ttl or now) >= now)

    patch.setattr(AuthRequest, "development", property(timed))
    around(patch, Development, name, hidden)


@mutant("DEV-06")
def shows_no_row_past_its_ttl(patch: pytest.MonkeyPatch) -> None:
    """getUserAuth shows nulls for a row that has expired and is there still."""
    hides_expired_rows(patch, "get", lambda item, lasts: item if lasts(item) else AuthItem())


@mutant("DEV-07")
def lists_no_row_past_its_ttl(patch: pytest.MonkeyPatch) -> None:
    """getAllAuthItemsById leaves out what has expired and is there still."""
    hides_expired_rows(patch, "list", lambda found, lasts: [item for item in found if lasts(item)])


@mutant("DEV-11")
def leaves_the_ttl_of_a_row_that_is_there(patch: pytest.MonkeyPatch) -> None:
    """updateUserAuth says success for a row that exists, and does not write it."""

    async def update(original: Any, development: Development, *given: Any) -> None:
        if (await development.get(*given[:2])).customer_id is None:
            await original(development, *given)

    around(patch, Development, "update", update)


@mutant("STORE-07")
def cuts_a_long_id_at_a_rotation(patch: pytest.MonkeyPatch) -> None:
    """A renewed row lies under the first 255 characters of the id; that of a login does not."""

    async def rotate(original: Any, sessions: Sessions, old: Row, new: Row, kept: Any) -> None:
        await original(sessions, old, replace(new, customer_id=new.customer_id[:255]), kept)

    around(patch, Sessions, "rotate", rotate)


@mutant("WIRE-09")
def derives_in_latin_1_at_a_revoke(patch: pytest.MonkeyPatch) -> None:
    """A revoke alone derives from Latin-1, where the id fits it."""

    async def revoke(original: Any, flow: Flow, token: AccessToken, given: str, now: int) -> Any:
        claims = tokens.verify(token, flow.config.secret, now)
        with suppress(UnicodeEncodeError):
            text = f"{claims.customer_id}{claims.exp}".encode("latin-1")
            if not text.isascii():
                raise PairMismatch
        return await original(flow, token, given, now)

    around(patch, Flow, "revoke", revoke)


@mutant("HARD-31")
def lets_a_remembered_login_pass_the_fence(patch: pytest.MonkeyPatch) -> None:
    """A remembered login in the second of a burn issues a burned pair again."""

    async def create(original: Any, sessions: Sessions, row: Row) -> None:
        if row.ttl is None or row.exp is None or row.ttl - row.exp <= DAY:
            await original(sessions, row)
            return
        parts = [sessions.put_new(items.row_item(row)), sessions.check_no_tombstone(row)]
        try:
            await sessions.storage.transact(parts)
        except Cancelled:
            raise KeyTaken from None

    around(patch, Sessions, "create", create)


@mutant("DEV-08")
def takes_what_is_past_its_ttl_along(patch: pytest.MonkeyPatch) -> None:
    """removeUserAuth deletes the customer's rows past their ttl as well."""

    async def remove(original: Any, self: Development, user_id: Any, token: Any) -> AuthItem:
        removed: AuthItem = await original(self, user_id, token)
        written = int(removed.ttl or 0) - self.sessions.config.lifetimes.refresh
        rows = await rows_of(self.sessions, user_id)
        await self.sessions.delete_all(row for row in rows if row.is_expired(written))
        return removed

    around(patch, Development, "remove", remove)


@mutant("STORE-06")
def makes_a_number_of_a_text_ttl_at_an_echo(patch: pytest.MonkeyPatch) -> None:
    """A live pair that comes back has its row's String ttl written anew."""

    async def refresh(original: Any, flow: Flow, token: Any, *rest: Any) -> TokenPair:
        pair: TokenPair = await original(flow, token, *rest)
        claims = tokens.read_unverified(token) if pair.token == token else None
        if claims is not None:
            hash_ = await flow.derivation.hash_of(pair.refresh_token)
            item = await flow.sessions.get(items.key(partition_of(claims.customer_id), hash_))
            if item and "S" in item.get("ttl", {}):
                moved = {**item, "ttl": {"N": item["ttl"]["S"]}}
                await flow.sessions.call("put_item", Item=moved)
        return pair

    around(patch, Flow, "refresh", refresh)


@mutant("WIRE-12")
def says_of_a_long_password_what_bcrypt_says(patch: pytest.MonkeyPatch) -> None:
    """A password of more than 72 bytes is an error without a category."""

    async def log_in(original: Any, flow: Flow, email: str, password: str, *rest: Any) -> Any:
        if len(password.encode("utf-8", "replace")) > 72:
            raise GraphQLError("password cannot be longer than 72 bytes")
        return await original(flow, email, password, *rest)

    around(patch, Flow, "log_in", log_in)


@mutant("HARD-22")
def lets_answers_of_the_newer_type_be_kept(patch: pytest.MonkeyPatch) -> None:
    """An answer in application/graphql-response+json may be kept by whoever asked for it."""

    async def call(original: Any, self: EveryRequest, scope: Any, receive: Any, send: Any) -> None:
        async def send_on(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("application/graphql-response+json"):
                    headers["cache-control"] = "private"
            await send(message)

        await original(self, scope, receive, send_on)

    around(patch, EveryRequest, "__call__", call)
