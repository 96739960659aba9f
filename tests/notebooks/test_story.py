"""A story tells what its parties sent, what the servers asked, and what became of each pair."""

from __future__ import annotations

import pytest

from lessons import Stage, Story
from lessons.exchange import Refused
from lessons.story import Party

ALICE = "alice@example.com"


@pytest.fixture
def story() -> Story:
    return Story(Stage())


@pytest.fixture
def tab(story: Story) -> Party:
    return story.party("tab")


def test_a_story_tells_requests_and_answers_in_their_order(story: Story, tab: Party) -> None:
    """Each request names its pair by a letter, and its answer what it came to."""
    pair = tab.log_in(ALICE)
    tab.refresh(pair)
    tab.stage.at(pair.claims.exp)
    new = tab.refresh(pair).pair
    tab.revoke(new)
    tab.refresh(new)
    told = repr(story.lanes("", ["tab", "server"]))
    assert told.endswith(
        "09:00:00 tab to server: login; server to tab: A; "
        "09:00:00 tab to server: refresh A; server to tab: A again; "
        "09:14:00 tab to server: refresh A; server to tab: B; "
        "09:14:00 tab to server: revoke B; server to tab: true; "
        "09:14:00 tab to server: refresh B; server to tab: session over"
    )


def test_a_story_tells_only_what_its_lanes_have_room_for(story: Story, tab: Party) -> None:
    """Without its lane the table is silent; with it each call is told, and a burn in between."""
    pair = tab.log_in(ALICE)
    tab.stage.at(pair.claims.exp)
    tab.refresh(pair)
    tab.stage.later(1)
    tab.refresh(pair)
    assert "table" not in repr(story.lanes("", ["tab", "server"]))
    told = repr(story.lanes("", ["server", "table"]))
    assert told.endswith(
        "server to table: the row: none; server to table: tombstone: none; "
        "server to table: fence: none; server to table: puts the fence; server: a replay: burn; "
        "server to table: all rows; server to table: deletes rows; server to table: all rows; "
        "server to table: fence is done"
    )


def test_each_server_has_its_own_lane(story: Story, tab: Party) -> None:
    """Servers beside one another share table and clock: in one second both give one successor."""
    other = story.party("other", Stage(beside=story.stage), "server 2")
    pair = tab.log_in(ALICE)
    story.stage.at(pair.claims.exp)
    story.stage.client.before_next("transact_write_items", lambda: other.refresh(pair))
    tab.refresh(pair)
    told = repr(story.lanes("", ["tab", "server", "table", "server 2", "other"]))
    assert told.endswith(
        "09:14:00 tab to server: refresh A; server to table: the row: there; "
        "09:14:00 other to server 2: refresh A; server 2 to table: the row: there; "
        "server 2 to table: transaction; server 2 to other: B; "
        "server to table: transaction refused; server to tab: B"
    )


def test_the_table_tells_what_became_of_a_pair(story: Story, tab: Party) -> None:
    """A pair is live, revoked, spent or burned by what the table holds."""
    spent, revoked, bystander = (tab.log_in(ALICE) for _ in range(3))
    assert [story.fate(name) for name in "ABC"] == ["live", "live", "live"]
    tab.revoke(revoked)
    story.stage.at(spent.claims.exp)
    tab.refresh(spent)
    assert [story.fate(name) for name in "ABCD"] == ["spent", "revoked", "live", "live"]
    story.stage.later(1)
    tab.refresh(spent)
    assert [story.fate(name) for name in "ABCD"] == ["spent", "revoked", "burned", "burned"]
    assert story.name_of(bystander) == "C"


def test_a_family_shows_parents_and_holders(story: Story, tab: Party) -> None:
    """The successor stands behind its parent, with who got it and when."""
    pair = tab.log_in(ALICE)
    story.stage.at(pair.claims.exp)
    story.party("thief").refresh(pair)
    told = repr(story.family("F"))
    assert told == "F: A is spent (tab 09:00:00); B is live, from A (thief 09:14:00)"


def test_what_no_server_sees_is_told_by_who_does_it(story: Story, tab: Party) -> None:
    """A party can do something by itself."""
    tab.does("sleeps")
    assert repr(story.lanes("", ["tab"])).endswith("09:00:00 tab: sleeps")


def test_a_login_that_is_refused_tells_so(story: Story, tab: Party) -> None:
    """A refusal is told in the words of a customer, and raises as everywhere."""
    with pytest.raises(Refused):
        tab.log_in("nobody@example.com")
    assert "server to tab: who is that" in repr(story.lanes("", ["tab", "server"]))
