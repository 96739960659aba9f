"""A trace records what its parties sent, what the servers asked, and the status of each pair."""

from __future__ import annotations

import pytest

from lessons import Server, Trace
from lessons.exchange import Refused
from lessons.trace import Party

ALICE = "alice@example.com"


@pytest.fixture
def trace() -> Trace:
    return Trace(Server())


@pytest.fixture
def tab(trace: Trace) -> Party:
    return trace.party("tab")


def test_requests_and_answers_are_recorded_in_order(trace: Trace, tab: Party) -> None:
    """Each request names its pair by a letter, and each answer says its result."""
    pair = tab.log_in(ALICE)
    tab.refresh(pair)
    tab.server.at(pair.claims.exp)
    new = tab.refresh(pair).pair
    tab.revoke(new)
    tab.refresh(new)
    shown = repr(trace.sequence("", ["tab", "server"]))
    assert shown.endswith(
        "09:00:00 tab to server: login; server to tab: A; "
        "09:00:00 tab to server: refresh A; server to tab: A again; "
        "09:14:00 tab to server: refresh A; server to tab: B; "
        "09:14:00 tab to server: revoke B; server to tab: true; "
        "09:14:00 tab to server: refresh B; server to tab: session over"
    )


def test_a_sequence_shows_only_its_parties(trace: Trace, tab: Party) -> None:
    """Without the table as a party its calls are left out; with it, reads point both ways."""
    pair = tab.log_in(ALICE)
    tab.server.at(pair.claims.exp)
    tab.refresh(pair)
    tab.server.later(1)
    tab.refresh(pair)
    assert "table" not in repr(trace.sequence("", ["tab", "server"]))
    shown = repr(trace.sequence("", ["server", "table"]))
    assert shown.endswith(
        "server reads table: A's row: none; server reads table: tombstone: none; "
        "server reads table: fence: none; server to table: puts the fence; "
        "server: a replay: burn; server reads table: all rows; server to table: deletes rows; "
        "server reads table: all rows; server to table: marks it done"
    )


def test_a_row_is_named_by_its_pair() -> None:
    """Within the grace the server reads two rows: that of the spent pair, and its successor's."""
    trace = Trace(Server(grace_seconds=30))
    tab = trace.party("tab")
    pair = tab.log_in(ALICE)
    trace.server.at(pair.claims.exp)
    tab.refresh(pair)
    tab.refresh(pair)
    assert repr(trace.sequence("", ["server", "table"])).endswith(
        "server reads table: A's row: none; server reads table: tombstone: there; "
        "server reads table: fence: none; server reads table: B's row: there"
    )


def test_each_server_has_its_own_column(trace: Trace, tab: Party) -> None:
    """Two servers share table and clock: in one second both return the same successor."""
    other = trace.party("other", Server(same_table_as=trace.server), "server 2")
    pair = tab.log_in(ALICE)
    trace.server.at(pair.claims.exp)
    trace.server.dynamodb.before_next("transact_write_items", lambda: other.refresh(pair))
    tab.refresh(pair)
    shown = repr(trace.sequence("", ["tab", "server", "table", "server 2", "other"]))
    assert shown.endswith(
        "09:14:00 tab to server: refresh A; server reads table: A's row: there; "
        "09:14:00 other to server 2: refresh A; server 2 reads table: A's row: there; "
        "server 2 to table: transaction; server 2 to other: B; "
        "server to table: transaction refused; server to tab: B"
    )


def test_the_status_of_a_pair_is_read_from_the_table(trace: Trace, tab: Party) -> None:
    """A pair is live, revoked, spent or burned by what the table holds."""
    spent, revoked, bystander = (tab.log_in(ALICE) for _ in range(3))
    assert [trace.status(name) for name in "ABC"] == ["live", "live", "live"]
    tab.revoke(revoked)
    trace.server.at(spent.claims.exp)
    tab.refresh(spent)
    assert [trace.status(name) for name in "ABCD"] == ["spent", "revoked", "live", "live"]
    trace.server.later(1)
    tab.refresh(spent)
    assert [trace.status(name) for name in "ABCD"] == ["spent", "revoked", "burned", "burned"]
    assert trace.letter_of(bystander) == "C"


def test_a_family_shows_parents_and_holders(trace: Trace, tab: Party) -> None:
    """A successor comes after its parent, with who got it and when."""
    pair = tab.log_in(ALICE)
    trace.server.at(pair.claims.exp)
    trace.party("thief").refresh(pair)
    shown = repr(trace.family("F"))
    assert shown == "F: A is spent (tab 09:00:00); B is live, from A (thief 09:14:00)"


def test_a_party_can_note_what_no_server_sees(trace: Trace, tab: Party) -> None:
    """A note has no second party."""
    tab.note("sleeps")
    assert repr(trace.sequence("", ["tab"])).endswith("09:00:00 tab: sleeps")


def test_a_refused_login_is_recorded(trace: Trace, tab: Party) -> None:
    """The refusal is recorded in a few words, and raises as everywhere."""
    with pytest.raises(Refused):
        tab.log_in("nobody@example.com")
    assert "server to tab: wrong login" in repr(trace.sequence("", ["tab", "server"]))
