"""The server is the real server with its clock in hand, and the same steps give the same tokens."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from lessons import SECRET, START, Refused, Server
from lessons.pairs import Pair, short
from reference_auth.core import tokens
from reference_auth.core.states import Access, Refresh
from reference_auth.core.tokens import AccessToken, RefreshToken
from reference_auth.flow.flow import Flow
from tests.notebooks.lessons_on_disk import FOLDER
from tests.reference.issued import issue


@pytest.fixture
def server() -> Server:
    return Server()


def test_the_same_steps_give_the_same_tokens() -> None:
    """Two stages hand out one and the same pair, and one and the same successor."""

    def steps() -> list[Pair]:
        server = Server()
        first = server.log_in().pair
        return [first, server.at(first.claims.exp).refresh(first).pair]

    assert steps() == steps()


def test_a_stage_has_a_table_of_its_own(server: Server) -> None:
    """What one lesson does is not seen on another server."""
    server.log_in()
    assert len(server.table()) == 1
    assert len(Server().table()) == 0


def test_tokens_are_signed_with_the_demo_s_secret(server: Server) -> None:
    """The pair is a genuine one, under the secret that the notebooks may show."""
    pair = server.log_in().pair
    claims = tokens.verify(pair.token, SECRET, START)
    assert claims == pair.claims
    assert pair.refresh_token == tokens.derive(claims.customer_id, claims.exp, SECRET)


def test_an_exchange_shows_what_went_over_the_wire(server: Server) -> None:
    """Request, answer and the table's part are in its repr, with tokens cut short."""
    pair = server.log_in().pair
    shown = repr(server.refresh(pair))
    assert "> POST /graphql" in shown
    assert "> Authorization: Bearer eyJhbG…" in shown
    assert "< 200" in shown
    assert "table: GetItem × 1" in shown
    assert pair.token not in shown
    assert pair.refresh_token not in shown


def test_a_refusal_holds_no_pair(server: Server) -> None:
    """Asking a refusal for its pair raises what the server said."""
    with pytest.raises(Refused, match="graphql-authentication: Wrong email or password"):
        _ = server.log_in(password="wrong").pair


@pytest.mark.parametrize(
    "access, refresh", [(a, r) for a in (Access.LIVE, Access.EXPIRED) for r in Refresh]
)
def test_each_cell_can_be_brought_about(server: Server, access: Access, refresh: Refresh) -> None:
    """The server names the cell that a pair was put into."""
    pair = server.log_in().pair
    claims = pair.claims
    if refresh is Refresh.EXPIRED:
        claims = replace(claims, exp=START + 2000 if access is Access.LIVE else claims.exp)
        issued = issue(replace(claims, refresh_expiry=START + 900), SECRET)
        pair = Pair(issued.pair.token, issued.pair.refresh_token)
    if refresh is Refresh.MISMATCH:
        pair = replace(pair, refresh_token=RefreshToken("0" * 128))
    if refresh is Refresh.ABSENT:
        server.delete_row(pair)
    seconds = {Access.LIVE: 0, Access.EXPIRED: 840}[access]
    server.later(901 if refresh is Refresh.EXPIRED else seconds)
    assert server.cell(pair) == (access, refresh)


@pytest.mark.parametrize("refresh", [Refresh.MATCHES, Refresh.MISMATCH, Refresh.ABSENT])
def test_a_forged_token_has_a_cell_as_well(server: Server, refresh: Refresh) -> None:
    """The judge names the cell of a forged access token by what the token says."""
    pair = server.log_in().pair
    if refresh is Refresh.MISMATCH:
        pair = replace(pair, refresh_token=RefreshToken("0" * 128))
    if refresh is Refresh.ABSENT:
        server.delete_row(pair)
    head, dot, signature = pair.token.rpartition(".")
    changed = f"{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    forged = replace(pair, token=AccessToken(f"{head}{dot}{changed}"))
    assert server.cell(forged) == (Access.FORGED, refresh)


def test_a_narrow_column_keeps_a_date_in_one_piece(server: Server) -> None:
    """The table as HTML does not break within a date."""
    server.log_in()
    whole = '<td style="white-space:nowrap">2024-03-01 09:15:00</td>'
    assert whole in server.table()._repr_html_()


def test_a_change_tells_new_rows_from_gone_ones(server: Server) -> None:
    """A rotation is one row out and one row in."""
    pair, before = server.log_in().pair, server.table()
    assert "−" not in repr(server.since(before))
    server.at(pair.claims.exp).refresh(pair)
    before, after = server.since(before).before, server.table()
    signs = [line[0] for line in repr(server.since(before)).splitlines()[1:]]
    assert sorted(signs) == ["+", "−"]
    assert server.since(after).is_none


def test_a_burn_is_told(server: Server) -> None:
    """A replay's security event lands in the server's list, and not on stderr."""
    first = server.log_in(remember_me=True).pair
    server.at(first.claims.exp).refresh(first)
    server.later(840).refresh(first)
    assert server.security_events == [
        "A spent pair was reused: every session of the customer ends (customer 23)"
    ]


def test_each_stage_hears_of_its_own_burns(server: Server) -> None:
    """A server that is made meanwhile does not take the events of another."""
    pair = server.log_in().pair
    other = Server()
    server.at(pair.claims.exp).refresh(pair)
    server.later(1).refresh(pair)
    assert (len(server.security_events), other.security_events) == (1, [])


def test_a_server_beside_another_shares_what_is_not_its_own(server: Server) -> None:
    """Table, clock and secret are the same, and so is the answer."""
    pair = server.log_in().pair
    beside = Server(same_table_as=server.later(60))
    assert beside.now == server.now
    assert beside.refresh(pair).pair == pair
    beside.at(pair.claims.exp).refresh(pair)
    assert server.refresh(pair).category == "graphql-authorization"
    assert len(beside.security_events) == len(server.security_events) == 1


def test_a_stage_can_be_given_a_faulty_flow(server: Server) -> None:
    """The override is in that server alone."""

    class Deaf(Flow):
        async def revoke(self, access_token: str, refresh_token: str, now: int) -> bool:
            return True

    deaf = Server(flow=Deaf)
    for each, rows in ((deaf, 1), (server, 0), (Server(), 0)):
        assert each.revoke(each.log_in().pair).data == {"result": True}
        assert len(each.table().of_customer(23)) == rows


def test_the_table_tells_each_call_and_its_answer(server: Server) -> None:
    """Who listens hears what was asked, and None for what was refused."""
    heard: list[tuple[str, bool]] = []
    server.dynamodb.on_call = lambda name, _, answer: heard.append((name, answer is None))
    pair = server.log_in().pair
    server.at(pair.claims.exp)
    server.dynamodb.before_next("transact_write_items", lambda: server.delete_row(pair))
    server.refresh(pair)
    assert heard[:3] == [
        ("transact_write_items", False),
        ("get_item", False),
        ("transact_write_items", True),
    ]


def test_the_server_can_be_interrupted(server: Server) -> None:
    """What happens just before a call of the table decides a race."""
    pair = server.log_in().pair
    server.at(pair.claims.exp)
    server.dynamodb.before_next("transact_write_items", lambda: server.delete_row(pair))
    assert server.refresh(pair).category == "graphql-server-internal-error"


@pytest.mark.parametrize("steps", ["Server()", "Server().log_in()"])
def test_a_program_with_a_server_ends(steps: str) -> None:
    """The event loop of the lessons does not keep Python from exiting, asked or not."""
    program = [sys.executable, "-c", f"from lessons import Server; {steps}"]
    assert subprocess.run(program, cwd=FOLDER, timeout=30).returncode == 0


def test_a_row_can_end_before_its_token(server: Server) -> None:
    """The lesson about such a row makes it by hand."""
    pair = server.log_in().pair
    server.end_row(pair, server.now - 1)
    assert server.cell(pair) == (Access.LIVE, Refresh.EXPIRED)


def test_tokens_are_cut_short_and_remain_apart() -> None:
    """Two tokens of one customer differ in what is left of them."""
    claims = [tokens.Claims(23, START + second, START + 900, START) for second in (840, 839)]
    issues = [issue(claim, SECRET) for claim in claims]
    shown = {short(issued.pair.token) for issued in issues}
    shown |= {short(issued.pair.refresh_token) for issued in issues}
    assert len(shown) == 4
    assert all(len(text) <= 15 for text in shown)
