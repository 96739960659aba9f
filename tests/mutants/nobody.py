"""Defects of what is written for nobody: missing ids, and requests that were refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from reference_auth.core import tokens
from reference_auth.core.errors import (
    AuthError,
    BadAccessToken,
    NoCustomerId,
    WrongCredentials,
)
from reference_auth.core.rows import Row
from reference_auth.core.tokens import RefreshTokenHash
from reference_auth.flow import development
from reference_auth.flow.flow import Flow
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around


@mutant("STORE-11", also="FAULT-10 GQL-06 HARD-08 HARD-25")
def looks_for_a_row_before_it_verifies(patch: pytest.MonkeyPatch) -> None:
    """A refresh reads the row of whatever id the token names, "undefined" where it names none."""

    async def refresh(original: Any, flow: Flow, token: str, *given: Any) -> Any:
        await flow.sessions.read(str(named_by(token)), await flow.derivation.hash_of(given[0]))
        return await original(flow, token, *given)

    around(patch, Flow, "refresh", refresh)


@mutant("STORE-11")
def turns_a_missing_id_into_a_word(patch: pytest.MonkeyPatch) -> None:
    """A genuine token without customer_id is taken for the customer "undefined"."""
    patch.setattr(tokens, "MISSING_IDS", frozenset({""}))

    def read_claims(original: Any, members: Any) -> tokens.Claims:
        claims: tokens.Claims = original({"customer_id": "undefined", **members})
        return claims

    around(patch, tokens, "read_claims", read_claims)


@mutant("STORE-11")
def takes_the_word_null_for_an_id(patch: pytest.MonkeyPatch) -> None:
    """ "null" is a customer's id like any other, in tokens and by hand."""
    patch.setattr(tokens, "MISSING_IDS", tokens.MISSING_IDS - {"null"})


@mutant("STORE-11")
def looks_by_hand_for_nobody(patch: pytest.MonkeyPatch) -> None:
    """A development operation without user_id reads the partition "None"."""
    patch.setattr(development, "partition_for", str)


@mutant("STORE-11", also="HARD-18")
def logs_nobody_in(patch: pytest.MonkeyPatch) -> None:
    """A login for which the platform names nobody begins a session of "undefined"."""

    async def customer(original: Any, *args: Any) -> Any:
        try:
            return await original(*args)
        except NoCustomerId:
            return "undefined"

    around(patch, Flow, "ask_platform", customer)


@mutant("STORE-12", also="HARD-01 HARD-02 HARD-04 STORE-11")
def notes_a_refused_token_among_the_sessions(patch: pytest.MonkeyPatch) -> None:
    """A refresh with a token that is not genuine leaves a row under the id that it names."""
    _note_when_refused(patch, BadAccessToken)


@mutant("STORE-12", also="GQL-06", sometimes="STORE-03")
def counts_failed_logins_in_the_table(patch: pytest.MonkeyPatch) -> None:
    """A login that is refused leaves a row under the e-mail that was given."""

    async def log_in(original: Any, flow: Flow, email: str, *given: Any) -> Any:
        try:
            return await original(flow, email, *given)
        except WrongCredentials:
            await flow.sessions.put(Row(f"failed#{email}", RefreshTokenHash("login"), None))
            raise

    around(patch, Flow, "log_in", log_in)


def _note_when_refused(patch: pytest.MonkeyPatch, refusal: type[AuthError]) -> None:
    async def refresh(original: Any, flow: Flow, token: str, *given: Any) -> Any:
        try:
            return await original(flow, token, *given)
        except refusal:
            if (named := named_by(token)) is not None:
                await flow.sessions.put(Row(str(named), RefreshTokenHash("refused"), None))
            raise

    around(patch, Flow, "refresh", refresh)


def named_by(token: str) -> Any:
    """The customer whom a token names, genuine or not."""
    try:
        payload = base64.urlsafe_b64decode(token.split(".")[1] + "==")
        return json.loads(payload).get("customer_id")
    except (IndexError, ValueError, AttributeError):
        return None
