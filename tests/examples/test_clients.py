"""Each client of examples/clients lives through a whole day of a session, fault by fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.examples.clients import LIBRARIES, SECONDS, Reply, Tab, do, log_in, two_tabs
from tests.examples.proxy import Proxy, proxying
from tests.examples.served import Reference

pytestmark = pytest.mark.needs("npm")
ME = "query Me { me { email } }"
FIVE = [f"query Q{n} {{ me {{ email }} }}" for n in range(5)]
REFRESH, REVOKE = "refreshCustomerToken", "revokeCustomerToken"


@dataclass
class Day:
    """Two tabs of one browser, the network between, and the server."""

    tabs: list[Tab]
    proxy: Proxy
    reference: Reference

    def ask(self, *asked: tuple[int, str]) -> list[Reply]:
        """Ask in those tabs, all at once."""
        begun = [self.tabs[tab].send("ask", query=query) for tab, query in asked]
        return [future.result(SECONDS) for future in begun]

    def calls(self, operation: str) -> int:
        """How many calls of an operation there were since this was asked last."""
        return self.proxy.seen.pop(operation, 0)

    def is_over(self, tab: int = 0) -> bool:
        """Whether a question is answered by: log in again; and both tokens are forgotten."""
        (reply,) = self.ask((tab, ME))
        assert "error" in reply, reply
        return bool(reply["error"]["over"]) and do(self.tabs[tab], "kept") is None


def answered(replies: list[Reply]) -> bool:
    expected: dict[str, Any] = {"me": {"email": "alice@example.com"}}
    return [without_typename(reply.get("value")) for reply in replies] == [expected] * len(replies)


def without_typename(value: Any) -> Any:
    """Apollo asks for it by itself."""
    if isinstance(value, dict):
        return {key: without_typename(v) for key, v in value.items() if key != "__typename"}
    return value


@pytest.fixture(params=LIBRARIES, scope="module")
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def days(library: str, installed: Callable[[str], Path]) -> Iterator[Callable[[Reference], Day]]:
    """Gives a day that begins, logged in; the programs and the network stay from day to day."""
    folder = installed(library)
    with ExitStack() as ends:

        @cache
        def network(reference: Reference) -> Day:
            proxy = ends.enter_context(proxying(reference.origin, folder))
            tabs = ends.enter_context(two_tabs(folder, library, f"{proxy.origin}/graphql"))
            return Day(tabs, proxy, reference)

        def begin(reference: Reference) -> Day:
            day = network(reference)
            reference.begin()
            day.proxy.faults.clear()
            day.proxy.done_but_late.clear()
            log_in(*day.tabs)
            day.proxy.seen.clear()
            return day

        yield begin


@pytest.fixture
def day(days: Callable[[Reference], Day], without_grace: Reference) -> Day:
    return days(without_grace)


@pytest.fixture
def day_with_grace(days: Callable[[Reference], Day], with_grace: Reference) -> Day:
    return days(with_grace)


def test_five_queries_at_once_refresh_once(day: Day) -> None:
    """When the access token has expired, five queries of one tab are answered after one refresh."""
    assert answered(day.ask((0, ME)))
    assert day.calls(REFRESH) == 0
    day.reference.advance()
    assert answered(day.ask(*[(0, query) for query in FIVE]))
    assert day.calls(REFRESH) == 1


def test_two_tabs_at_once_refresh_once(day: Day) -> None:
    """Two tabs that find the access token expired share one refresh, time after time."""
    for _ in range(3):
        day.reference.advance()
        assert answered(day.ask((0, ME), (1, ME)))
        assert day.calls(REFRESH) == 1


def test_a_tab_that_slept_goes_on(day: Day) -> None:
    """A tab is answered that slept until the token after its own had expired too."""
    for _ in range(2):
        day.reference.advance()
        assert answered(day.ask((0, ME)))
    day.reference.advance()
    assert answered(day.ask((1, ME), (0, ME)))
    assert day.calls(REFRESH) == 3


def test_trouble_on_the_server_is_tried_again(day: Day) -> None:
    """A query and a refresh that meet a retryable error are repeated and then answered."""
    day.proxy.fault("me", "internal", "internal")
    assert answered(day.ask((0, ME)))
    assert day.calls("me") == 3
    day.reference.advance()
    day.proxy.fault(REFRESH, "internal")
    assert answered(day.ask((0, ME)))
    assert day.calls(REFRESH) == 2


def test_a_mutation_is_not_tried_again(day: Day) -> None:
    """A mutation that meets a retryable error may have been done: the application is told."""
    day.proxy.fault(REVOKE, "internal")
    mutation = f'mutation {{ {REVOKE}(refresh_token: "none") {{ result }} }}'
    assert "error" in day.tabs[0].send("change", mutation=mutation).result(SECONDS)
    assert day.calls(REVOKE) == 1


def test_a_network_that_is_down_logs_nobody_out(day: Day) -> None:
    """A refresh that reaches no server fails, and the same session goes on afterwards."""
    day.reference.advance()
    day.proxy.fault(REFRESH, *["unreachable"] * 3)
    (reply,) = day.ask((0, ME))
    assert reply["error"]["over"] is False
    assert day.calls(REFRESH) == 3
    assert answered(day.ask((0, ME)))
    assert do(day.tabs[0], "overs") in (0, None)


def test_grace_saves_a_lost_answer(day_with_grace: Day) -> None:
    """With grace, a refresh whose answer was lost is repeated, and the session goes on."""
    day = day_with_grace
    day.reference.advance()
    day.proxy.fault(REFRESH, "lost")
    assert answered(day.ask((0, ME)))
    assert day.calls(REFRESH) == 2
    day.reference.advance()
    assert answered(day.ask((0, ME), (1, ME)))


def test_without_grace_a_lost_answer_is_the_end(day: Day) -> None:
    """Without grace, the repeated refresh is a replay: the client says to log in again."""
    day.reference.advance()
    day.proxy.fault(REFRESH, "lost")
    assert day.is_over()
    assert day.calls(REFRESH) == 2
    assert day.reference.sessions() == 0


def test_log_out_ends_the_session_in_all_tabs(day: Day) -> None:
    """After a logout neither the storage nor the server has the session, and no tab goes on."""
    day.reference.advance()
    do(day.tabs[0], "log_out")
    assert day.reference.sessions() == 0
    assert day.is_over(0)
    assert day.is_over(1)
    assert day.calls(REFRESH) == 0


def test_a_log_out_waits_for_a_refresh(day: Day) -> None:
    """A logout in the middle of another tab's refresh leaves no session behind, on either side."""
    day.reference.advance()
    day.proxy.fault(REFRESH, "slow")
    asked = day.tabs[1].send("ask", query=ME)
    assert day.proxy.done_but_late.wait(SECONDS)
    do(day.tabs[0], "log_out")
    asked.result(SECONDS)
    assert do(day.tabs[0], "kept") is None
    assert day.reference.sessions() == 0
    assert day.is_over(1)


def test_a_revoked_session_asks_for_the_login(day: Day) -> None:
    """A session that was revoked elsewhere is over at its next refresh, and both tokens go."""
    pair = do(day.tabs[0], "kept")
    query = f'mutation {{ {REVOKE}(refresh_token: "{pair["refresh_token"]}") {{ result }} }}'
    assert day.reference.call(query, pair["token"])["data"] == {REVOKE: {"result": True}}
    assert answered(day.ask((0, ME)))  # until its access token expires
    day.reference.advance()
    assert day.is_over(0)
    assert day.is_over(1)


def test_a_replay_asks_for_the_login(day: Day) -> None:
    """After somebody replayed a spent pair, the session is over; a new login goes on."""
    spent = do(day.tabs[0], "kept")
    day.reference.advance()
    assert answered(day.ask((0, ME)))
    day.reference.advance(20)  # in the spent pair's own lifetime
    assert day.reference.refresh(spent)["data"] == {REFRESH: None}
    assert day.reference.sessions() == 0
    day.reference.advance()
    assert day.is_over(0)
    log_in(*day.tabs)
    assert answered(day.ask((0, ME), (1, ME)))


def test_both_tokens_are_stored_together(day: Day) -> None:
    """What is stored is always one pair: it is echoed by the server while it is live."""
    for _ in range(3):
        pair = do(day.tabs[0], "kept")
        assert day.reference.refresh(pair)["data"] == {REFRESH: pair}
        day.reference.advance()
        assert answered(day.ask((0, ME), (1, ME)))


def test_a_wrong_password_is_told(day: Day) -> None:
    """A refused login has its category, and leaves the session that was there."""
    before = do(day.tabs[0], "kept")
    reply = day.tabs[0].send("log_in", email="alice@example.com", password="wrong").result(SECONDS)
    assert reply["error"]["category"] == "graphql-authentication"
    assert do(day.tabs[0], "kept") == before
