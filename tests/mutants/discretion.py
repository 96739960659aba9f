"""Defects of discretion: what a login issues, what an answer tells, what a log keeps."""

from __future__ import annotations

import logging
import math
import secrets
import traceback
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLError

from reference_auth.api import endpoint, error_messages, middleware
from reference_auth.api.error_messages import AuthSchema
from reference_auth.core import config, tokens
from reference_auth.core.errors import BadRefreshToken, OutcomeUnknown, PairMismatch, StorageError
from reference_auth.core.judge import Presented
from reference_auth.core.login import LoginRefused
from reference_auth.core.tokens import AccessToken, CustomerId, RefreshToken
from reference_auth.flow.burn import Burn
from reference_auth.flow.derivation import Derivation
from reference_auth.flow.flow import Flow
from reference_auth.store import storage
from reference_auth.store.storage import Storage
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, around_judging

log = logging.getLogger("reference_auth.careless")


# -- what a login issues -----------------------------------------------------------------------


def names(patch: pytest.MonkeyPatch, odd: Any) -> None:
    """An id of this kind names somebody too."""
    is_customer_id = tokens.is_customer_id
    patch.setattr(tokens, "is_customer_id", lambda value: odd(value) or is_customer_id(value))


@mutant("HARD-18")
def takes_true_for_an_id(patch: pytest.MonkeyPatch) -> None:
    """A bool is an integer: the platform's true is a customer."""
    names(patch, lambda value: value is True)


@mutant("HARD-18")
def takes_nan_for_an_id(patch: pytest.MonkeyPatch) -> None:
    """A number is a customer, also the one that is none."""
    names(patch, lambda value: isinstance(value, float) and math.isnan(value))


def reads_answer(patch: pytest.MonkeyPatch, read: Any) -> None:
    """What the platform answers is read otherwise before it is judged."""

    class Reading:
        def __init__(self, platform: Any) -> None:
            self._platform = platform

        async def login(self, email: str, password: str) -> CustomerId:
            found: CustomerId = read(await self._platform.login(email, password))
            return found

    begin = Flow.__init__

    def init(self: Flow, config: Any, sessions: Any, login_service: Any) -> None:
        begin(self, config, sessions, Reading(login_service))

    patch.setattr(Flow, "__init__", init)


@mutant("HARD-18")
def makes_a_text_of_an_object(patch: pytest.MonkeyPatch) -> None:
    """An object that the platform answers is written out as a text, and that is the id."""
    reads_answer(patch, lambda answer: str(answer) if isinstance(answer, dict) else answer)


@mutant("HARD-18")
def logs_a_nameless_customer_in_as_nobody(patch: pytest.MonkeyPatch) -> None:
    """Where the platform names nobody, the customer is 0."""
    reads_answer(patch, lambda answer: 0 if answer in (None, "") else answer)


# -- how it starts -----------------------------------------------------------------------------


@mutant("HARD-19")
def makes_up_a_missing_secret(patch: pytest.MonkeyPatch) -> None:
    """A deployment without a secret starts with a random one, and forgets it when it ends."""
    read = config._secret

    def secret(environ: Mapping[str, str]) -> str:
        return read(environ) if "JWT_PRIVATE_KEY" in environ else secrets.token_hex(32)

    patch.setattr(config, "_secret", secret)


@mutant("HARD-19")
def starts_with_an_empty_secret(patch: pytest.MonkeyPatch) -> None:
    """An empty secret counts as none given, and a well-known one stands in for it."""
    read = config._secret

    def secret(environ: Mapping[str, str]) -> str:
        return "change-me" * 4 if environ.get("JWT_PRIVATE_KEY") == "" else read(environ)

    patch.setattr(config, "_secret", secret)


@mutant("HARD-19")
def starts_with_a_short_secret(patch: pytest.MonkeyPatch) -> None:
    """A secret of any length will do."""
    patch.setattr(config, "SHORTEST_SECRET", 1)


# -- what an answer tells ----------------------------------------------------------------------


@mutant("HARD-20", also="GQL-08", known_as="M59")
def repeats_what_the_table_said(patch: pytest.MonkeyPatch) -> None:
    """The table's own words are the message of a storage failure."""
    error_of = storage.error_of

    def telling(response: Mapping[str, Any]) -> Exception:
        refusal = error_of(response)
        if isinstance(refusal, StorageError):
            vars(refusal)["message"] = response.get("Error", {}).get("Message", "")
        return refusal

    patch.setattr(storage, "error_of", telling)


@mutant("HARD-20", also="GQL-08")
def repeats_what_the_table_said_in_development(patch: pytest.MonkeyPatch) -> None:
    """In development the client library's own words stand behind those of a storage failure."""

    def shown(original: Any, self: AuthSchema, error: GraphQLError) -> GraphQLError:
        told: GraphQLError = original(self, error)
        cause = error.original_error
        if self._suggests_names and isinstance(cause, StorageError):
            told.message = f"{told.message}: {cause.__context__}"
        return told

    around(patch, AuthSchema, "_shown", shown)


@mutant("GQL-08", also="HARD-20")
def repeats_what_a_parser_said(patch: pytest.MonkeyPatch) -> None:
    """An answer of the table that cannot be parsed is quoted in the error."""
    ask = Storage._call_client

    def telling(self: Storage, operation: str, parameters: Mapping[str, Any]) -> Any:
        try:
            return ask(self, operation, parameters)
        except OutcomeUnknown as trouble:
            if trouble.__context__ is not None:
                vars(trouble)["message"] = str(trouble.__context__)
            raise

    patch.setattr(Storage, "_call_client", telling)


@mutant("HARD-20")
def shows_where_it_went_wrong(patch: pytest.MonkeyPatch) -> None:
    """Every error carries its stack trace in its extensions."""
    public_error = error_messages.public_error

    def telling(error: GraphQLError) -> GraphQLError:
        said, cause = public_error(error), error.original_error
        if cause is not None and said.extensions is not None:
            said.extensions["trace"] = "".join(traceback.format_exception(cause))
        return said

    patch.setattr(error_messages, "public_error", telling)


@mutant("HARD-20")
def says_which_refresh_token_it_expected(patch: pytest.MonkeyPatch) -> None:
    """The refusal of a wrong refresh token names the right one."""

    async def telling(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        try:
            return await original(flow, access_token, refresh_token, now)
        except (BadRefreshToken, PairMismatch) as refusal:
            claims = tokens.verify(access_token, flow.config.secret, now)
            right = await flow.derivation.derive(claims.customer_id, claims.exp)
            vars(refusal)["message"] = f"Expected {right}"
            raise

    around_judging(patch, telling)


@mutant("HARD-22")
def lets_answers_be_stored(patch: pytest.MonkeyPatch) -> None:
    """No answer says anything of caches."""
    headers = {k: v for k, v in middleware.EVERY_ANSWER.items() if k != "Cache-Control"}
    patch.setattr(middleware, "EVERY_ANSWER", headers)


@mutant("HARD-22")
def asks_caches_to_look_again_only(patch: pytest.MonkeyPatch) -> None:
    """Answers say no-cache, which lets a browser store them."""
    headers = {**middleware.EVERY_ANSWER, "Cache-Control": "private, no-cache"}
    patch.setattr(middleware, "EVERY_ANSWER", headers)


@mutant("HARD-22")
def lets_renewed_tokens_be_stored(patch: pytest.MonkeyPatch) -> None:
    """Only the answer to a login forbids to store it."""
    patch.setattr(middleware, "EVERY_ANSWER", {})
    respond = endpoint.respond

    def marked(body: dict[str, Any], status: int, kind: str) -> Any:
        answer = respond(body, status, kind)
        if "generateCustomerToken" in (body.get("data") or {}):
            answer.headers["cache-control"] = "no-store"
        return answer

    patch.setattr(endpoint, "respond", marked)


# -- what a log keeps --------------------------------------------------------------------------


@mutant("HARD-28")
def burns_without_a_word(patch: pytest.MonkeyPatch) -> None:
    """A burn leaves no line in the log."""
    patch.setattr(Burn, "log_event", lambda self, customer_id: None)


@mutant("HARD-28")
def burns_without_a_name(patch: pytest.MonkeyPatch) -> None:
    """A burn leaves a line in the log that does not say whose sessions ended."""
    patch.setattr(
        Burn, "log_event", lambda self, customer_id: log.warning("A spent pair was reused")
    )


@mutant("HARD-28", also="GQL-06 HARD-18 STORE-11")
def logs_wrong_passwords(patch: pytest.MonkeyPatch) -> None:
    """A refused login is logged with what was tried."""
    customer = Flow.ask_platform

    async def noting(self: Flow, email: str, password: str) -> CustomerId:
        try:
            return await self.login_service.login(email, password)
        except LoginRefused:
            log.warning("refused", extra={"email": email, "password": password})
        return await customer(self, email, password)

    patch.setattr(Flow, "ask_platform", noting)


def notes(patch: pytest.MonkeyPatch, what: str) -> None:
    """Each refresh and revoke is logged with this of what was presented."""
    present = Flow.present

    def noting(
        self: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Presented:
        given = {"access_token": access_token, "refresh_token": refresh_token}
        log.info("presented", extra={what: given[what]})
        return present(self, access_token, refresh_token, now)

    patch.setattr(Flow, "present", noting)


@mutant("HARD-28")
def logs_access_tokens(patch: pytest.MonkeyPatch) -> None:
    """Each access token that is presented stands in the log."""
    notes(patch, "access_token")


@mutant("HARD-28")
def logs_refresh_tokens(patch: pytest.MonkeyPatch) -> None:
    """Each refresh token that is presented stands in the log."""
    notes(patch, "refresh_token")


@mutant("HARD-28")
def logs_hashes(patch: pytest.MonkeyPatch) -> None:
    """The hash of each refresh token stands in the log."""
    hash_of = Derivation.hash_of

    async def noting(self: Derivation, refresh_token: str) -> str:
        found = await hash_of(self, RefreshToken(refresh_token))
        log.info("looking for a row", extra={"hash": found})
        return found

    patch.setattr(Derivation, "hash_of", noting)


# -- what one client does to all ---------------------------------------------------------------


@mutant("HARD-26", known_as="M64")
def derives_on_the_event_loop(patch: pytest.MonkeyPatch) -> None:
    """Key stretching runs where every other request waits for it."""

    async def at_once(self: Derivation, work: Any, owner: Any) -> Any:
        return work()

    patch.setattr(Derivation, "_in_thread", at_once)
