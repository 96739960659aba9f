"""Defects of the login: who gets in, and what the pair promises."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import pytest
import strawberry
from starlette.requests import Request

from reference_auth.api import endpoint, error_messages, request, schema
from reference_auth.api.endpoint import BadRequest
from reference_auth.api.error_messages import AuthSchema
from reference_auth.core import lifetimes, tokens
from reference_auth.core.config import Config, Lifetimes
from reference_auth.core.errors import MissingHeader, WrongCredentials
from reference_auth.core.rows import Row, partition_of
from reference_auth.core.tokens import Claims, CustomerId, RefreshToken, RefreshTokenHash, TokenPair
from reference_auth.flow.flow import Flow
from reference_auth.serve import demo
from reference_auth.store.sessions import KeyTaken
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, rows_of


@mutant("HARD-36")
def tells_an_unknown_e_mail_from_a_wrong_password(patch: pytest.MonkeyPatch) -> None:
    """A login with an e-mail that nobody has is refused in words of its own."""

    class UnknownEmail(WrongCredentials):
        message = "There is no such customer"

    async def ask_platform(original: Any, flow: Flow, email: str, password: str) -> Any:
        try:
            return await original(flow, email, password)
        except WrongCredentials:
            if email.startswith("nobody-"):
                raise UnknownEmail from None
            raise

    around(patch, Flow, "ask_platform", ask_platform)


@mutant("CORE-02")
def ends_the_sessions_at_the_third_wrong_password(patch: pytest.MonkeyPatch) -> None:
    """Whoever guesses three times in a row ends the sessions of a customer."""
    ids: dict[str, Any] = {}
    wrong: Counter[str] = Counter()

    async def log_in(original: Any, flow: Flow, email: str, *given: Any) -> Any:
        try:
            pair = await original(flow, email, *given)
        except WrongCredentials:
            wrong[email] += 1
            if wrong[email] == 3 and email in ids:
                await flow.sessions.delete_all(
                    await rows_of(flow.sessions, partition_of(ids[email]))
                )
            raise
        claims = tokens.read_unverified(pair.token)
        assert claims is not None
        wrong[email], ids[email] = 0, claims.customer_id
        return pair

    around(patch, Flow, "log_in", log_in)


@mutant("HARD-37")
def repeats_a_value_of_the_wrong_kind(patch: pytest.MonkeyPatch) -> None:
    """GraphQL's own words about a value of the wrong kind are passed on with the value."""
    patch.setattr(error_messages, "REFUSED_VALUE", re.compile("(?!)()"))


@mutant("HARD-37")
def repeats_a_value_that_is_no_boolean(patch: pytest.MonkeyPatch) -> None:
    """Of GraphQL's words about a value of the wrong kind only those about texts are cut short."""
    patch.setattr(
        error_messages,
        "REFUSED_VALUE",
        re.compile("(String cannot represent [^:]*|Expected value of type [^,]*)(?:: |, found ).*"),
    )


@mutant("HARD-37")
def names_the_header_that_it_does_not_know(patch: pytest.MonkeyPatch) -> None:
    """The refusal of a header of another kind says what was sent in it."""

    def bearer(original: Any, authorization: list[str]) -> Any:
        try:
            return original(authorization)
        except MissingHeader as error:
            error.message = f"Authorization must be Bearer, not {', '.join(authorization)}"  # type: ignore[misc]
            raise

    around(patch, request, "bearer", bearer)


@mutant("HARD-37")
def repeats_a_value_where_the_document_cannot_be_read(patch: pytest.MonkeyPatch) -> None:
    """GraphQL's own words about a document that it cannot read are passed on, a value in them."""
    patch.setattr(error_messages, "MISPLACED_VALUE", re.compile("(?!)()"))


@mutant("HARD-37")
def masks_the_first_line_of_a_value(patch: pytest.MonkeyPatch) -> None:
    """Of a value of several lines only the first is left out."""
    for name in ("REFUSED_VALUE", "MISPLACED_VALUE"):
        patch.setattr(error_messages, name, re.compile(getattr(error_messages, name).pattern))


@mutant("HARD-37")
def masks_the_first_error_alone(patch: pytest.MonkeyPatch) -> None:
    """Of two values of the wrong kind the second one is repeated."""

    async def execute(self: AuthSchema, *args: Any, **kwargs: Any) -> Any:
        result = await strawberry.Schema.execute(self, *args, **kwargs)
        if result.errors:
            first, *others = result.errors
            result.errors = [self._shown(first), *map(error_messages.public_error, others)]
        return result

    patch.setattr(AuthSchema, "execute", execute)


@mutant("HARD-37")
def quotes_json_around_a_mistake(patch: pytest.MonkeyPatch) -> None:
    """A body that is no JSON is quoted around the place where it breaks off."""

    async def read_body(original: Any, request: Request) -> bytes:
        body: bytes = await original(request)
        try:
            json.loads(body)
        except json.JSONDecodeError as error:
            near = error.doc[max(0, error.pos - 40) : error.pos + 40]
            raise BadRequest(400, f"The body is not JSON near {near}") from None
        return body

    around(patch, endpoint, "read_body", read_body)


@mutant("HARD-37")
def says_which_password_was_wrong(patch: pytest.MonkeyPatch) -> None:
    """A refused login repeats the password that was sent."""

    async def ask_platform(original: Any, flow: Flow, email: str, password: str) -> Any:
        try:
            return await original(flow, email, password)
        except WrongCredentials:
            refused = type("Refused", (WrongCredentials,), {"message": f"{password} is wrong"})
            raise refused from None

    around(patch, Flow, "ask_platform", ask_platform)


@mutant("CORE-01", also="CORE-15 GQL-10 RACE-02")
def hands_out_no_refresh_token_at_login(patch: pytest.MonkeyPatch) -> None:
    """A login answers an access token, and an empty refresh token."""

    async def begin(original: Any, *args: Any) -> TokenPair:
        pair: TokenPair = await original(*args)
        return replace(pair, refresh_token=RefreshToken(""))

    around(patch, Flow, "start_session", begin)


@mutant("CORE-02", sometimes="WIRE-12")
def lets_in_whoever_knows_the_email(patch: pytest.MonkeyPatch) -> None:
    """The platform's answer about the password is not looked at."""
    patch.setattr(demo.Directory, "_verify", lambda self, known_hash, password: True)


@mutant("CORE-02")
def trims_the_password(patch: pytest.MonkeyPatch) -> None:
    """Blanks around a password are dropped before it is judged."""

    async def customer(original: Any, flow: Flow, email: str, password: str) -> Any:
        return await original(flow, email, password.strip())

    around(patch, Flow, "ask_platform", customer)


@mutant("CORE-02")
def notes_a_failed_login_among_the_sessions(patch: pytest.MonkeyPatch) -> None:
    """A login with a wrong password leaves a row in the customer's own partition."""
    ids = {customer.email: customer.customer_id for customer in demo.CUSTOMERS}

    async def customer(original: Any, flow: Flow, email: str, password: str) -> Any:
        try:
            return await original(flow, email, password)
        except WrongCredentials:
            if email in ids:
                await flow.sessions.put(
                    Row(partition_of(ids[email]), RefreshTokenHash("failed-login"), None)
                )
            raise

    around(patch, Flow, "ask_platform", customer)


@mutant("CORE-02")
def asks_the_platform_once_for_an_e_mail_at_a_time(patch: pytest.MonkeyPatch) -> None:
    """Logins of one e-mail that come at once get one answer, whatever their passwords."""
    under_way: dict[str, asyncio.Future[Any]] = {}

    async def answer_of_platform(original: Any, flow: Flow, email: str, password: str) -> Any:
        async def answer_from_afar() -> Any:
            await asyncio.sleep(0.1)  # a platform on another machine
            return await original(flow, email, password)

        answer = under_way.get(email)
        if answer is None:
            under_way[email] = answer = asyncio.ensure_future(answer_from_afar())
            answer.add_done_callback(lambda _: under_way.pop(email))
        return await asyncio.shield(answer)

    around(patch, Flow, "answer_of_platform", answer_of_platform)


@mutant("STORE-12")
def locks_an_e_mail_in_the_table(patch: pytest.MonkeyPatch) -> None:
    """The third wrong password in a row leaves an item that counts them, the first two none."""
    wrong = Counter[str]()

    async def ask_platform(original: Any, flow: Flow, email: str, password: str) -> Any:
        try:
            customer = await original(flow, email, password)
        except WrongCredentials:
            wrong[email] += 1
            if wrong[email] > 2:
                hash = RefreshTokenHash(str(wrong[email]))
                await flow.sessions.put(Row(f"wrong-{email}", hash, None))
            raise
        wrong.pop(email, None)
        return customer

    around(patch, Flow, "ask_platform", ask_platform)


@mutant("CORE-03")
def remembers_what_follows_a_remembered_login(patch: pytest.MonkeyPatch) -> None:
    """A login without remember_me behind one with it in the same document is remembered too."""
    remembered: ContextVar[list[bool]] = ContextVar("remembered")

    async def execute(original: Any, *args: Any, **kwargs: Any) -> Any:
        remembered.set([False])
        return await original(*args, **kwargs)

    async def log_in(
        original: Any, flow: Flow, email: str, password: str, remember_me: bool, clock: Any
    ) -> Any:
        so_far = remembered.get()
        so_far[0] = so_far[0] or remember_me
        return await original(flow, email, password, so_far[0], clock)

    around(patch, AuthSchema, "execute", execute)
    around(patch, Flow, "log_in", log_in)


@mutant("CORE-03", also="RACE-02")
def keeps_remember_me_in_one_place(patch: pytest.MonkeyPatch) -> None:
    """What the latest login asked for holds for those that still wait for the platform as well."""
    latest = [False]

    async def log_in(
        original: Any, flow: Flow, email: str, password: str, remember_me: bool, clock: Any
    ) -> Any:
        latest[0] = remember_me
        return await original(flow, email, password, remember_me, clock)

    async def ask_platform(original: Any, flow: Flow, *given: Any) -> Any:
        await asyncio.sleep(0.1)  # a platform on another machine
        return await original(flow, *given)

    async def start_session(
        original: Any, flow: Flow, customer_id: CustomerId, remember_me: bool, now: int
    ) -> Any:
        return await original(flow, customer_id, latest[0], now)

    around(patch, Flow, "log_in", log_in)
    around(patch, Flow, "ask_platform", ask_platform)
    around(patch, Flow, "start_session", start_session)


@mutant("RACE-01")
def answers_the_same_login_of_a_document_once(patch: pytest.MonkeyPatch) -> None:
    """Two logins of one document that say the same get one pair."""
    done: ContextVar[dict[Any, Any]] = ContextVar("done")

    async def execute(original: Any, *args: Any, **kwargs: Any) -> Any:
        done.set({})
        return await original(*args, **kwargs)

    async def log_in(original: Any, flow: Flow, *given: Any) -> Any:
        so_far, said = done.get(), given[:3]
        if said not in so_far:
            so_far[said] = await original(flow, *given)
        return so_far[said]

    around(patch, AuthSchema, "execute", execute)
    around(patch, Flow, "log_in", log_in)


@mutant("RACE-01")
def overwrites_a_session_where_a_second_holds_no_more(patch: pytest.MonkeyPatch) -> None:
    """A login for which no exp is free takes the first one, whoever has it."""

    async def start_session(
        original: Any, flow: Flow, customer_id: CustomerId, remember_me: bool, now: int
    ) -> Any:
        try:
            return await original(flow, customer_id, remember_me, now)
        except KeyTaken:
            first = lifetimes.first_claims(customer_id, remember_me, now, flow.config)
            fresh = await flow.derivation.issue(first)
            await flow.sessions.put(Row.of(fresh.claims, fresh.hash))
            return fresh.pair

    around(patch, Flow, "start_session", start_session)


@mutant("CORE-03", also="CORE-04 CORE-12 CORE-14 RACE-09 WIRE-10", known_as="M25")
def lets_access_tokens_live_a_minute_longer(patch: pytest.MonkeyPatch) -> None:
    """An access token lives for 15 minutes in place of 14."""
    around(patch, lifetimes, "access_expiry", lambda original, *args: original(*args) + 60)


@mutant("CORE-03", also="CORE-04")
def counts_the_refresh_lifetime_from_the_access_expiry(patch: pytest.MonkeyPatch) -> None:
    """The refresh token's time begins when the access token's ends."""

    def first_claims(original: Any, *args: Any) -> Claims:
        claims: Claims = original(*args)
        later = claims.refresh_expiry + (claims.exp - (claims.iat or 0))
        return replace(claims, refresh_expiry=later)

    around(patch, lifetimes, "first_claims", first_claims)


@mutant("CORE-03", also="CORE-04", known_as="M24")
def takes_remember_me_for_its_opposite(patch: pytest.MonkeyPatch) -> None:
    """remember_me gives a short session, and its absence a long one."""

    def refresh_lifetime(original: Any, remember_me: bool, lifetimes: Lifetimes) -> int:
        return int(original(not remember_me, lifetimes))

    around(patch, lifetimes, "refresh_lifetime", refresh_lifetime)


@mutant("CORE-03", known_as="M24")
def remembers_whom_nobody_asked_about(patch: pytest.MonkeyPatch) -> None:
    """A login without remember_me begins a long session; null and false do not."""
    yes = (strawberry.UNSET, True)
    patch.setattr(schema, "bool", lambda given: given in yes, raising=False)


@mutant("CORE-03", known_as="M24")
def takes_null_for_yes(patch: pytest.MonkeyPatch) -> None:
    """A login whose remember_me is null begins a long session."""
    patch.setattr(schema, "bool", lambda given: given is None or given is True, raising=False)


@mutant("CORE-03", known_as="M24")
def takes_any_answer_for_yes(patch: pytest.MonkeyPatch) -> None:
    """remember_me false begins a long session, as the text "false" would."""
    patch.setattr(schema, "bool", lambda given: given in (True, False), raising=False)


@mutant("CORE-04", known_as="M24")
def forgets_remember_me(patch: pytest.MonkeyPatch) -> None:
    """remember_me is taken and not heeded."""
    patch.setattr(lifetimes, "refresh_lifetime", lambda remember_me, lifetimes: lifetimes.refresh)


@mutant("CORE-04", also="WIRE-10")
def remembers_the_access_token_too(patch: pytest.MonkeyPatch) -> None:
    """remember_me makes the access token live for a day."""

    def first_claims(
        original: Any, customer_id: CustomerId, remember_me: bool, now: int, config: Config
    ) -> Claims:
        claims: Claims = original(customer_id, remember_me, now, config)
        return replace(claims, exp=now + 86_400) if remember_me else claims

    around(patch, lifetimes, "first_claims", first_claims)
