"""What docs/OPERATING.md says of replacing the secret."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reference_auth.core.config import Secret
from reference_auth.core.errors import BadAccessToken
from reference_auth.core.tokens import TokenPair
from tests.reference.fake_table import FakeTable
from tests.reference.shop import START, Shop, make_config


@pytest.fixture
def shops() -> Iterator[tuple[Shop, Shop]]:
    """The same deployment before and after its secret was replaced."""
    table, config = FakeTable(), make_config()
    new = replace(config, secret=Secret("another secret for tests, as long as the first"))
    with asyncio.Runner() as one, asyncio.Runner() as other:
        yield Shop(table, config, one), Shop(table, new, other)


@pytest.fixture
def old_pair(shops: tuple[Shop, Shop]) -> TokenPair:
    return shops[0].log_in()


@pytest.mark.parametrize("later", [0, 840, 901])
def test_every_session_is_over_at_once_and_nobody_is_burned(
    shops: tuple[Shop, Shop], old_pair: TokenPair, later: int
) -> None:
    """An old pair is a forged one, live, expired or past its end: no row is touched."""
    before, after = shops
    kept = before.everything()
    after.now = START + later
    with pytest.raises(BadAccessToken):
        after.refresh(old_pair)
    with pytest.raises(BadAccessToken):
        after.revoke(old_pair)
    assert before.everything() == kept
    assert before.fence() is None


def test_a_login_begins_anew_beside_the_old_row(
    shops: tuple[Shop, Shop], old_pair: TokenPair
) -> None:
    """The same customer in the same second gets a session that works."""
    after = shops[1]
    pair = after.log_in()
    assert after.refresh(pair) == pair
    assert len(after.rows()) == 2


def test_a_node_with_the_old_secret_still_takes_the_old_pair(
    shops: tuple[Shop, Shop], old_pair: TokenPair
) -> None:
    """So a deployment with both loses a customer whenever the node changes."""
    assert shops[0].refresh(old_pair) == old_pair
