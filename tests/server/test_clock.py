"""The test clock: it stands where it is set, gives real time back, and undoes later burns."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from reference_auth.core import tokens
from reference_auth.core.rows import Fence
from reference_auth.serve.clock import LATEST, MovableClock, delete_later_fences, read_time
from reference_auth.store.items import fence_item
from reference_auth.store.memory import LockedClient, memory_table
from tests.server.serving import (
    ANYONE,
    LOGIN,
    PASSWORD,
    REFRESH,
    SECRET,
    Caller,
    demo_server,
    make_config,
)

TABLE = "clocks"
HOUR = 3600
AUTHORIZATION = "graphql-authorization"


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="module")
def caller(clock: MovableClock) -> Iterator[Caller]:
    """A development server whose clock can be set."""
    config = make_config(table=TABLE, development=True)
    with demo_server(memory_table(TABLE), config, clock=clock) as found:
        yield found


@pytest.fixture(autouse=True)
def give_back(clock: MovableClock) -> Iterator[None]:
    yield
    clock.set(None)


def set_clock(caller: Caller, body: Any) -> int:
    headers = {"Content-Type": "application/json"}
    return caller.http.post("/clock", content=json.dumps(body), headers=headers).status_code


def claims(pair: Any) -> tokens.Claims:
    return tokens.verify(pair["token"], SECRET, 0)


def test_it_follows_real_time() -> None:
    """Unset, it reads real time."""
    assert MovableClock()() == pytest.approx(time.time(), abs=1)


def test_it_stands_still() -> None:
    """Set, it stays where it is until real time is given back."""
    clock = MovableClock()
    clock.set(1_900_000_000.5)
    assert clock() == clock() == 1_900_000_000.5
    clock.set(None)
    assert clock() == pytest.approx(time.time(), abs=1)


def test_it_tells_of_going_back() -> None:
    """Those who asked are told the new time when it goes back, and only then."""
    clock, told = MovableClock(), list[int]()
    clock.on_set_back(told.append)
    clock.set(time.time() + HOUR)
    assert told == []
    clock.set(None)
    assert told == [pytest.approx(time.time(), abs=1)]
    clock.set(1000.9)
    assert told[1:] == [1000]


def test_a_server_lives_by_it(caller: Caller) -> None:
    """Over HTTP the clock moves the server: a pair rotates at the second its access token ends."""
    start = int(time.time()) + HOUR
    assert set_clock(caller, {"now": start}) == 200
    pair = caller.log_in()
    assert claims(pair).exp == start + 840
    assert set_clock(caller, {"now": start + 839}) == 200
    assert caller.data(REFRESH, pair["token"], refresh_token=pair["refresh_token"]) == pair
    assert set_clock(caller, {"now": start + 840}) == 200
    rotated = caller.data(REFRESH, pair["token"], refresh_token=pair["refresh_token"])
    assert claims(rotated).exp == start + 1680
    assert set_clock(caller, {"now": None}) == 200
    assert claims(caller.log_in()).exp == pytest.approx(time.time() + 840, abs=2)


def test_two_aliases_rotate_one_pair(caller: Caller) -> None:
    """Two refreshes of one expired pair in one document never leave two live tokens (RACE-13)."""
    start = int(time.time()) + HOUR
    set_clock(caller, {"now": start})
    pair = caller.log_in()
    set_clock(caller, {"now": start + 850})
    query = """mutation ($t: String!) {
      a: refreshCustomerToken(refresh_token: $t) { token refresh_token }
      b: refreshCustomerToken(refresh_token: $t) { token refresh_token } }"""
    data = caller.post(query, pair["token"], t=pair["refresh_token"]).json()["data"]
    assert data["a"]
    live = [
        rotated["token"]
        for rotated in data.values()
        if rotated and caller.post(REFRESH, **rotated).json()["data"]["refreshCustomerToken"]
    ]
    assert len(set(live)) <= 1


def test_a_later_burn_is_forgotten(caller: Caller) -> None:
    """After a burn in the future, the customer can log in again once the clock is given back."""
    customer = {"email": f"burned{ANYONE}", "password": PASSWORD}
    start = int(time.time()) + HOUR
    set_clock(caller, {"now": start})
    pair = caller.data(LOGIN, **customer)
    spent = {"token": pair["token"], "refresh_token": pair["refresh_token"]}
    set_clock(caller, {"now": start + 850})
    caller.data(REFRESH, **spent)
    set_clock(caller, {"now": start + 860})
    assert caller.category(REFRESH, **spent) == AUTHORIZATION  # the burn
    set_clock(caller, {"now": None})
    fresh = caller.data(LOGIN, **customer)
    assert caller.data(REFRESH, fresh["token"], refresh_token=fresh["refresh_token"]) == fresh


def test_only_later_burns_are_forgotten(caller: Caller) -> None:
    """A burn before the new time keeps its fence, whatever it stands beside."""
    table = memory_table(TABLE)
    config = make_config(table=TABLE)
    now = 1_900_000_000
    put_fences(table, now, {"before-it": -1, "at-it": 0, "after-it": 1, "long-after": HOUR})
    delete_later_fences(table, config, now)
    assert left_of(table, "before-it", "at-it", "after-it", "long-after") == ["before-it", "at-it"]


def put_fences(table: LockedClient, now: int, burned: dict[str, int]) -> None:
    """Fences of burns so many seconds from `now`, each one access lifetime ahead of its burn."""
    for customer_id, after in burned.items():
        fence = Fence(before=now + after + 840, ttl=now + after + 2_592_000)
        table.put_item(TableName=TABLE, Item=fence_item(customer_id, fence))


def left_of(table: LockedClient, *customer_ids: str) -> list[str]:
    keys = [item["customer_id"]["S"] for item in table.scan(TableName=TABLE)["Items"]]
    return [name for name in customer_ids if f"ended#{name}" in keys]


def test_a_shared_clock_clears_every_table(clock: MovableClock) -> None:
    """Apps that share a clock are all told: a burn in another app's table is forgotten too."""
    other = memory_table("clocks-too")
    with demo_server(other, make_config(table="clocks-too"), clock=clock):
        clock.set(2_000_000_000)
        fence = Fence(before=2_000_000_840, ttl=2_002_592_000)
        other.put_item(TableName="clocks-too", Item=fence_item("burned", fence))
        clock.set(None)
    assert other.scan(TableName="clocks-too")["Count"] == 0


@pytest.mark.parametrize(
    "body",
    [
        *(None, [], {}, {"at": 1}, {"now": 1, "more": 2}),
        *({"now": now} for now in ("1", True, [1], -1, 0, LATEST)),
    ],
)
def test_it_refuses_what_is_no_time(caller: Caller, clock: MovableClock, body: Any) -> None:
    """Anything but a number of seconds or null is refused with 400 and changes nothing."""
    clock.set(1_900_000_000)
    assert set_clock(caller, body) == 400
    assert clock() == 1_900_000_000


@pytest.mark.parametrize("body, time_wanted", [({"now": None}, None), ({"now": 5}, 5.0)])
def test_read_time(body: object, time_wanted: float | None) -> None:
    """Null is real time, a number is that second."""
    assert read_time(body) == time_wanted


def test_a_page_cannot_set_it_unasked(caller: Caller) -> None:
    """A body that browsers send without asking first does not move the clock."""
    answer = caller.http.post(
        "/clock", content='{"now": 1}', headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 415


def test_only_development_offers_it(clock: MovableClock, development: Caller) -> None:
    """A production server has no such path, and neither has one with a real clock."""
    with demo_server(memory_table(TABLE), make_config(table=TABLE), clock=clock) as production:
        assert set_clock(production, {"now": None}) == 404
    assert set_clock(development, {"now": None}) == 404
