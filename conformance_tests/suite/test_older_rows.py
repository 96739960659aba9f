"""Rows of older nodes, whose ttl is a String or absent, are as good as new ones."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from conformance_tests.actors.customers import MadeUpCustomer
from conformance_tests.actors.forged_tokens import DAY, HOUR
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement

OLDER = pytest.mark.parametrize("ttl", [str, None], ids=["String", "absent"])


@requirement("STORE-06")
@OLDER
def test_an_older_session_rotates(made_up: MadeUpCustomer, expect: Expect, ttl: Any) -> None:
    """An expired session is renewed whatever its row's ttl looks like."""
    expect.rotates(made_up.forge_session(-7, 300))
    older = made_up.forge_session(-5, 300, ttl=ttl)
    renewed = expect.rotates(older)
    expect.not_stored(older)
    expect.stored(renewed)


@requirement("STORE-06", optional=True)
@OLDER
def test_an_older_session_of_yesterday_keeps_its_end(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect, ttl: Any
) -> None:
    """So is one that slept for a day, and its end, which is far, stays what it was."""
    deployment.need_long_sessions(DAY + HOUR)
    expect.rotates(made_up.forge_session(-7, 300))
    older = made_up.forge_session(-DAY, deployment.lifetimes.refresh + DAY, ttl=ttl)
    renewed = expect.rotates(older)
    expect.equal(renewed.refresh_expiry, older.refresh_expiry, "refresh_expiry")
    expect.stored(renewed)


@requirement("STORE-05", optional=True)
@OLDER
def test_the_ttl_of_a_renewed_older_session_is_a_number(
    made_up: MadeUpCustomer, expect: Expect, ttl: Any
) -> None:
    """What a rotation writes instead of an older row the table can act on."""
    older = made_up.forge_session(-5, 300, ttl=ttl)
    with expect.row_changes(made_up, new=1) as changes:
        expect.rotates(older)
    expect.equal(changes.new[0].ttl_type, "N", "the type of ttl")


@requirement("STORE-06")
@OLDER
def test_an_older_session_can_be_revoked(made_up: MadeUpCustomer, expect: Expect, ttl: Any) -> None:
    """A live session is repeated, then revoked, and its row is gone."""
    older = made_up.forge_session(300, 600, ttl=ttl)
    with expect.unchanged(made_up):
        expect.returns_same_pair(older)
    expect.revokes(older)
    expect.not_stored(older)


@requirement("CORE-15", optional=True)
@OLDER
def test_an_older_session_ends_as_promised(
    made_up: MadeUpCustomer, expect: Expect, ttl: Any
) -> None:
    """The end in the token counts, also where the table would keep the row for ever, and weeks
    after the pair was used.
    """
    expect.rotates(made_up.forge_session(-7, 300))
    ended = made_up.forge_session(-20 * DAY, -60, ttl=ttl)
    expect.is_over(ended)
    expect.not_stored(ended)


@requirement("STORE-06", burns=True)
def test_older_sessions_are_burned(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """A replay ends the sessions of older nodes with the others, those remembered too."""
    stolen = made_up.forge_session(-5, 300)
    for ttl, lasts in product((str, None), (600, deployment.lifetimes.extended)):
        made_up.forge_session(300, lasts, ttl=ttl)
    expect.rotates_past_grace(stolen)
    expect.is_over(stolen)
    expect.burned(made_up)


@requirement("STORE-06")
def test_older_sessions_are_listed(
    development: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """The development listing shows every row, of older nodes too."""
    sessions = [made_up.forge_session(300, 600, ttl=ttl) for ttl in (..., str, None)]
    listed = expect.listed_rows(Developer(development.client).list(made_up.id))
    shown = sorted(str(item.get("refresh_token_hash")) for item in listed)
    expect.equal(shown, sorted(session.hash for session in sessions), "the hashes in the list")
