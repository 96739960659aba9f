"""The stage is the real server with its clock in hand, and the same steps give the same tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lessons import SECRET, START, Refused, Stage
from lessons.reading import Pair, short
from reference_auth.core import tokens
from reference_auth.core.states import Access, Refresh
from reference_auth.core.tokens import AccessToken
from reference_auth.flow.flow import Flow


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_same_steps_give_the_same_tokens() -> None:
    """Two stages hand out one and the same pair, and one and the same successor."""

    def steps() -> list[Pair]:
        stage = Stage()
        first = stage.log_in().pair
        return [first, stage.at(first.claims.exp).refresh(first).pair]

    assert steps() == steps()


def test_a_stage_has_a_table_of_its_own(stage: Stage) -> None:
    """What one lesson does is not seen on another stage."""
    stage.log_in()
    assert len(stage.table()) == 1
    assert len(Stage().table()) == 0


def test_tokens_are_signed_with_the_demo_s_secret(stage: Stage) -> None:
    """The pair is a genuine one, under the secret that the notebooks may show."""
    pair = stage.log_in().pair
    claims = tokens.verify(AccessToken(pair.token), SECRET, START)
    assert claims == pair.claims
    assert pair.refresh_token == tokens.derive(claims.customer_id, claims.exp, SECRET)


def test_an_exchange_shows_what_went_over_the_wire(stage: Stage) -> None:
    """Request, answer and the table's part are in its repr, with tokens cut short."""
    pair = stage.log_in().pair
    shown = repr(stage.refresh(pair))
    assert "> POST /graphql" in shown
    assert "> Authorization: Bearer eyJhbG…" in shown
    assert "< 200" in shown
    assert "table: GetItem × 1" in shown
    assert pair.token not in shown
    assert pair.refresh_token not in shown


def test_a_refusal_holds_no_pair(stage: Stage) -> None:
    """Asking a refusal for its pair raises what the server said."""
    with pytest.raises(Refused, match="graphql-authentication: Wrong email or password"):
        _ = stage.log_in(password="wrong").pair


@pytest.mark.parametrize(
    "access, refresh", [(a, r) for a in (Access.LIVE, Access.EXPIRED) for r in Refresh]
)
def test_each_cell_can_be_brought_about(stage: Stage, access: Access, refresh: Refresh) -> None:
    """The stage names the cell that a pair was put into."""
    pair = stage.log_in().pair
    claims = pair.claims
    if refresh is Refresh.EXPIRED:
        claims = replace(claims, exp=START + 2000 if access is Access.LIVE else claims.exp)
        issue = tokens.issue(replace(claims, refresh_expiry=START + 900), SECRET)
        pair = Pair(issue.pair.token, issue.pair.refresh_token)
    if refresh is Refresh.MISMATCH:
        pair = replace(pair, refresh_token="0" * 128)
    if refresh is Refresh.ABSENT:
        stage.lose(pair)
    seconds = {Access.LIVE: 0, Access.EXPIRED: 840}[access]
    stage.later(901 if refresh is Refresh.EXPIRED else seconds)
    assert stage.cells(pair) == [(access, refresh)]


def test_a_forged_token_lights_its_whole_row(stage: Stage) -> None:
    """Beside a forged access token nothing is known of the refresh token."""
    pair = stage.log_in().pair
    forged = replace(pair, token=pair.token[:-2])
    assert stage.cells(forged) == [(Access.FORGED, refresh) for refresh in Refresh]


def test_a_narrow_column_keeps_a_date_in_one_piece(stage: Stage) -> None:
    """The table as HTML may break between the second and its date, and not within the date."""
    stage.log_in()
    held = '1709284500 <span style="white-space:nowrap">(2024-03-01 09:15:00)</span>'
    assert f"<td>{held}</td>" in stage.table()._repr_html_()


def test_a_change_tells_new_rows_from_gone_ones(stage: Stage) -> None:
    """A rotation is one row out and one row in."""
    pair, before = stage.log_in().pair, stage.table()
    assert "−" not in repr(stage.since(before))
    stage.at(pair.claims.exp).refresh(pair)
    before, after = stage.since(before).before, stage.table()
    signs = [line[0] for line in repr(stage.since(before)).splitlines()[1:]]
    assert sorted(signs) == ["+", "−"]
    assert stage.since(after).is_none


def test_a_burn_is_told(stage: Stage) -> None:
    """A replay's security event lands in the stage's list, and not on stderr."""
    first = stage.log_in(remember_me=True).pair
    stage.at(first.claims.exp).refresh(first)
    stage.later(840).refresh(first)
    assert stage.security_events == [
        "A spent pair was reused: every session of the customer ends (customer 23)"
    ]


def test_each_stage_hears_of_its_own_burns(stage: Stage) -> None:
    """A stage that is made meanwhile does not take the events of another."""
    pair = stage.log_in().pair
    other = Stage()
    stage.at(pair.claims.exp).refresh(pair)
    stage.later(1).refresh(pair)
    assert (len(stage.security_events), other.security_events) == (1, [])


def test_a_server_beside_another_shares_what_is_not_its_own(stage: Stage) -> None:
    """Table, clock and secret are the same, and so is the answer."""
    pair = stage.log_in().pair
    beside = Stage(beside=stage.later(60))
    assert beside.now == stage.now
    assert beside.refresh(pair).pair == pair
    beside.at(pair.claims.exp).refresh(pair)
    assert stage.refresh(pair).category == "graphql-authorization"
    assert len(beside.security_events) == len(stage.security_events) == 1


def test_a_stage_can_be_given_a_faulty_flow(stage: Stage) -> None:
    """The override is in that stage alone."""

    class Deaf(Flow):
        async def revoke(self, access_token: str, refresh_token: str, now: int) -> bool:
            return True

    deaf = Stage(flow=Deaf)
    for each, rows in ((deaf, 1), (stage, 0), (Stage(), 0)):
        assert each.revoke(each.log_in().pair).data == {"result": True}
        assert len(each.table().of_customer(23)) == rows


def test_the_table_tells_each_call_and_its_answer(stage: Stage) -> None:
    """Who listens hears what was asked, and None for what was refused."""
    heard: list[tuple[str, bool]] = []
    stage.client.tell = lambda name, _, answer: heard.append((name, answer is None))
    pair = stage.log_in().pair
    stage.at(pair.claims.exp)
    stage.client.before_next("transact_write_items", lambda: stage.lose(pair))
    stage.refresh(pair)
    assert heard[:3] == [
        ("transact_write_items", False),
        ("get_item", False),
        ("transact_write_items", True),
    ]


def test_the_server_can_be_interrupted(stage: Stage) -> None:
    """What happens just before a call of the table decides a race."""
    pair = stage.log_in().pair
    stage.at(pair.claims.exp)
    stage.client.before_next("transact_write_items", lambda: stage.lose(pair))
    assert stage.refresh(pair).category == "graphql-server-internal-error"


def test_tokens_are_cut_short_and_remain_apart() -> None:
    """Two tokens of one customer differ in what is left of them."""
    claims = [tokens.Claims(23, START + second, START + 900, START) for second in (840, 839)]
    issues = [tokens.issue(claim, SECRET) for claim in claims]
    shown = {short(issue.pair.token) for issue in issues}
    shown |= {short(issue.pair.refresh_token) for issue in issues}
    assert len(shown) == 4
    assert all(len(text) <= 15 for text in shown)
