"""The page in a real browser: whole sessions, by mouse and by keyboard, and what it may not do."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from reference_auth.serve.clock import MovableClock
from reference_auth.serve.page import page_routes
from reference_auth.store.memory import memory_table
from tests.server.browser import Tab, chromium, tab
from tests.server.serving import ANYONE, PASSWORD, Caller, demo_server, make_config
from tests.server.test_settings import settled

pytestmark = pytest.mark.needs("chromium")

TABLE = "pages"
VALID_VALID = "ACCESS_VALID_REFRESH_VALID"
INVALID_VALID = "ACCESS_INVALID_REFRESH_VALID"
VALID_INVALID = "ACCESS_VALID_REFRESH_INVALID"
INVALID_INVALID = "ACCESS_INVALID_REFRESH_INVALID"
SAME, NEW, REFUSED = "Refresh: the same pair", "Refresh: a new pair", "Refresh: The session is over"
TO_ACCESS, PAST_REFRESH = "To the access token’s expiry", "Past the refresh token’s expiry"
CORRUPT_ACCESS, CORRUPT_REFRESH = (f"Corrupt the {kind} token" for kind in ("access", "refresh"))
REPLAY = "Replay the previous pair"


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A development server with the page and a clock that can be set."""
    config = make_config(table=TABLE, development=True)
    routes = page_routes(settled())
    with demo_server(memory_table(TABLE), config, clock=MovableClock(), routes=routes) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def afterwards(caller: Caller) -> Iterator[None]:
    """Give real time back, and end all sessions, whatever became of the test."""
    yield
    set_clock(caller, None)
    caller.data('mutation { removeAllUserAuthItems(user_id: "23") { success } }')


@pytest.fixture
def opened(browser: Browser, caller: Caller, afterwards: None) -> Iterator[Tab]:
    """The page in a tab of its own."""
    with tab(browser, origin(caller), permissions=["clipboard-read", "clipboard-write"]) as found:
        yield found


def origin(caller: Caller) -> str:
    return str(caller.http.base_url).rstrip("/")


def set_clock(caller: Caller, now: int | None) -> None:
    assert caller.http.post("/clock", json={"now": now}).status_code == 200


def claim(opened: Tab, name: str) -> int:
    """A claim of the access token, as the page shows it."""
    row = opened.page.locator(f"#access-parts dt:text-is('{name}') + dd span")
    return int(re.findall(r"\d+", row.inner_text())[0])


def test_a_session_from_login_to_theft(opened: Tab) -> None:
    """Log in, expire, rotate, replay: each state is named, its cell lit, and the rows follow."""
    assert opened.text("state") == "No pair yet"
    assert opened.press("Log in") == VALID_VALID
    assert (opened.lit(), opened.rows()) == (["live matches"], 1)
    assert opened.press("Refresh") == VALID_VALID
    assert opened.text("result").startswith(SAME)
    assert opened.press(TO_ACCESS) == INVALID_VALID
    assert (opened.lit(), opened.text("access-left")) == (["expired matches"], "expired")
    assert opened.press("Refresh") == VALID_VALID
    assert opened.text("result").startswith(NEW)
    assert opened.rows() == 1
    assert opened.press(REPLAY) == VALID_INVALID
    assert opened.text("result").startswith("Replay: The session is over")
    assert (opened.lit(), opened.rows()) == (["live absent"], 0)
    assert opened.press("Refresh") == VALID_INVALID
    assert opened.text("result").startswith(REFUSED)


def test_a_replay_ends_every_session(opened: Tab) -> None:
    """The page says that all sessions ended, and nothing counts down any more."""
    opened.press("Log in")
    opened.press(TO_ACCESS)
    opened.press("Refresh")
    assert opened.text("access-left") == "14:00"
    opened.press(REPLAY)
    assert opened.text("result").endswith("all sessions of this customer have ended.")
    assert (opened.text("access-left"), opened.text("refresh-left")) == ("ended", "ended")
    opened.press("One minute ahead")
    assert opened.press("Log in") == VALID_VALID
    assert opened.text("access-left") == "14:00"


def test_the_access_token_says_who_one_is(opened: Tab) -> None:
    """`me` is answered until the access token expires, also after a revoke."""
    opened.press("Log in")
    opened.press("Ask who I am")
    assert opened.text("result") == "Me: you are alice@example.com."
    opened.press("Revoke")
    opened.press("Ask who I am")
    assert opened.text("result") == "Me: you are alice@example.com."
    assert opened.text("refresh-left") == "ended"
    opened.press(TO_ACCESS)
    opened.press("Ask who I am")
    assert "The access token has expired" in opened.text("result")


def test_two_tabs_that_refresh_at_once(browser: Browser, caller: Caller) -> None:
    """With grace both tabs get the same new pair, and the session lives."""
    config = make_config(table="tabs", development=True, grace_seconds=30)
    routes, table = page_routes(settled()), memory_table("tabs")
    with (
        demo_server(table, config, clock=MovableClock(), routes=routes) as graceful,
        tab(browser, origin(graceful)) as opened,
    ):
        opened.press("Log in")
        opened.press(TO_ACCESS)
        assert opened.press("Refresh in two tabs") == VALID_VALID
        titles = opened.page.locator("#log summary b").all_inner_texts()
        assert sorted(titles[:2]) == ["Second tab", "This tab"]
        assert opened.page.locator("#log .over").count() == 0
        assert opened.rows() == 1


def test_a_login_in_the_second_of_a_burn(opened: Tab) -> None:
    """While the clock stands where a theft was seen, a login says to move it on, and then works."""
    opened.press("Log in")
    opened.press(TO_ACCESS)
    opened.press("Refresh")
    opened.press(REPLAY)
    opened.press("Log in")
    assert opened.text("result").endswith("if the clock is stopped, move it ahead first.")
    opened.press("One minute ahead")
    assert opened.press("Log in") == VALID_VALID


def test_corrupted_tokens(opened: Tab) -> None:
    """A wrong byte makes the access token forged or the refresh token foreign, until mended."""
    opened.press("Log in")
    assert opened.press(CORRUPT_ACCESS) == INVALID_INVALID
    assert opened.lit() == ["forged matches"]
    opened.press("Refresh")
    assert "The access token is not valid" in opened.text("result")
    assert opened.press(CORRUPT_ACCESS) == VALID_VALID
    assert opened.press(CORRUPT_REFRESH) == VALID_INVALID
    assert opened.lit() == ["live mismatch"]
    opened.press("Revoke")
    assert "The refresh token does not match the access token" in opened.text("result")
    assert opened.rows() == 1
    assert opened.press(CORRUPT_REFRESH) == VALID_VALID
    opened.press("Refresh")
    assert opened.text("result").startswith(SAME)


def test_a_revoked_session(opened: Tab) -> None:
    """Revoked, the row is gone, and the state says so before and after the access token's end."""
    opened.press("Log in")
    assert opened.press("Revoke") == VALID_INVALID
    assert opened.text("result") == "Revoke: revoked; this session is over."
    assert (opened.lit(), opened.rows()) == (["live absent"], 0)
    assert opened.press(TO_ACCESS) == INVALID_INVALID
    assert opened.lit() == ["expired absent"]
    assert opened.press(PAST_REFRESH) == INVALID_INVALID
    assert opened.lit() == ["expired expired"]


def test_remember_me(opened: Tab) -> None:
    """With remember_me the refresh token lives for thirty days, the access token as ever."""
    opened.press("Log in")
    assert claim(opened, "refresh_expiry") - claim(opened, "iat") == 15 * 60
    opened.press("One minute ahead")  # a second login of one second would get one second less
    opened.page.get_by_label("Remember me").check()
    opened.press("Log in")
    assert claim(opened, "refresh_expiry") - claim(opened, "iat") == 30 * 86400
    assert claim(opened, "exp") - claim(opened, "iat") == 14 * 60
    assert opened.rows() == 2
    assert opened.text("refresh-left").startswith(("30 d", "29 d"))


@pytest.mark.parametrize(
    "name, offset, state, result",
    [
        ("exp", -1, VALID_VALID, SAME),
        ("exp", 0, INVALID_VALID, NEW),
        ("refresh_expiry", 0, INVALID_VALID, NEW),
        ("refresh_expiry", 1, INVALID_INVALID, REFUSED),
    ],
)
def test_the_exact_second(
    opened: Tab, caller: Caller, name: str, offset: int, state: str, result: str
) -> None:
    """At each boundary the page names the state that the server then acts by."""
    opened.press("Log in")
    set_clock(caller, claim(opened, name) + offset)
    assert opened.press("Reload the table") == state
    opened.press("Refresh")
    assert opened.text("result").startswith(result)


def test_time_runs_on_the_page(opened: Tab) -> None:
    """The countdown counts, and follows the server's time where it is not this machine's."""
    opened.press("Log in")
    left = opened.page.locator("#access-left")
    expect(left).not_to_have_text(left.inner_text())
    before = opened.text("clock-now")
    opened.press("One minute ahead")
    assert opened.text("clock").startswith("Clock stopped at")
    assert opened.text("clock-now") > before
    standing = opened.text("access-left")
    opened.page.wait_for_timeout(1100)
    assert opened.text("access-left") == standing
    opened.press("Real time")
    assert opened.text("clock").startswith("Server time")


def test_every_call_as_curl(opened: Tab, caller: Caller) -> None:
    """Each operation is shown as a line that a shell understands and the server answers."""
    opened.press("Log in")
    opened.page.get_by_role("button", name="Every call as curl").click()
    dialog = opened.page.get_by_role("dialog")
    lines = dialog.locator("pre").all_inner_texts()
    names = dialog.locator("h3").all_inner_texts()
    fields = caller.post(
        "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }"
    ).json()["data"]["__schema"]
    operations = {field["name"] for kind in fields.values() for field in kind["fields"]}
    assert set(names) == operations - {"me"} | {"clock"}  # me is the demo host's own
    for name, line in zip(names, lines, strict=True):
        answer = run(caller, line)
        assert "errors" not in answer, (name, answer)
        assert all(answer["data"].values() if "data" in answer else [answer["now"]]), name
    dialog.get_by_role("button", name="Copy generateCustomerToken as curl").click()
    assert opened.page.evaluate("navigator.clipboard.readText()") == lines[0]


def run(caller: Caller, line: str) -> Any:
    """Send what a shell would have curl send."""
    program, silent, url, *options = shlex.split(line.replace("\\\n", ""))  # as a shell joins
    assert (program, silent) == ("curl", "-s")
    assert url.startswith(f"{origin(caller)}/")
    given = list(pairwise(options))[::2]
    headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
    (body,) = (value for option, value in given if option == "-d")
    assert json.loads(body)
    return caller.http.post(url, content=body, headers=headers).json()


def test_the_last_requests_are_kept(opened: Tab) -> None:
    """Each call stands in the log with its answer, newest first and open; twenty are kept."""
    opened.press("Log in")
    opened.press("Refresh")
    entries = opened.page.locator("#log li")
    titles = opened.page.locator("#log summary b").all_inner_texts()
    assert titles == ["Refresh", "Log in"]
    assert "refreshCustomerToken" in entries.first.inner_text()
    assert opened.page.locator("#log details[open]").count() == 1
    for _ in range(20):
        opened.press("Refresh")
    assert entries.count() == 20


def test_a_customer_of_another_platform(opened: Tab) -> None:
    """Anyone may log in with a password of their own, which the page then shows nowhere."""
    opened.page.get_by_label("Customer").select_option("someone else")
    opened.page.get_by_label("E-mail").fill(f"o'hara{ANYONE}")
    opened.page.get_by_label("Password").fill(PASSWORD)
    assert opened.press("Log in") == VALID_VALID
    opened.page.get_by_role("button", name="Every call as curl").click()
    assert "o'hara" in opened.page.locator("#log").inner_text()
    assert PASSWORD not in opened.page.content()


def test_wrong_credentials_are_said(opened: Tab) -> None:
    """A refused login says so and why, and leaves no pair."""
    opened.page.get_by_label("Customer").select_option("someone else")
    opened.page.get_by_label("E-mail").fill("nobody@example.com")
    opened.page.get_by_label("Password").fill("wrong")
    assert opened.press("Log in") == "No pair yet"
    assert opened.text("result").startswith("Log in: Wrong email or password")


def test_by_keyboard_alone(opened: Tab) -> None:
    """Tab reaches everything in the order in which it is read, and keys do all there is to do."""
    keyboard = opened.page.keyboard
    assert focused(opened, 4) == ["show-curls", "customer", "remember", "Log in"]
    keyboard.press("Enter")
    assert opened.settled() == VALID_VALID
    assert focused(opened, 4) == ["refresh", "revoke", "me", "race"]
    assert focused(opened, 2) == ["corrupt-access", "corrupt-refresh"]
    keyboard.press("Space")
    assert opened.settled() == VALID_INVALID
    assert opened.page.locator("#corrupt-refresh").get_attribute("aria-pressed") == "true"
    assert focused(opened, 3) == ["past-access", "past-refresh", "minute"]
    assert focused(opened, 4) == ["access-raw", "refresh-raw", "look", "rows-scroll"]


def focused(opened: Tab, count: int) -> list[str]:
    """What so many presses of Tab lead to: ids, or texts where there is no id."""
    found = []
    for _ in range(count):
        opened.page.keyboard.press("Tab")
        found.append(
            opened.page.evaluate(
                "document.activeElement.id || document.activeElement.textContent.trim()"
            )
        )
    return found


def test_what_a_screen_reader_hears(opened: Tab) -> None:
    """State and result are live regions; the countdowns, which change by the second, are not."""
    opened.press("Log in")
    live = "[aria-live], [role=status]"
    for id, expected in (("state", True), ("result", True), ("access-left", False)):
        inside = opened.page.locator(f"#{id}").evaluate(f"node => !!node.closest('{live}')")
        assert inside is expected, id


@pytest.mark.parametrize("height", [720, 1600])
def test_the_cells_keep_their_shape_in_a_tall_window(opened: Tab, height: int) -> None:
    """They are wider than high, and the tokens follow the grid without a gap."""
    opened.page.set_viewport_size({"width": 1280, "height": height})
    opened.press("Log in")
    cells = [cell.bounding_box() for cell in opened.page.locator("#grid [data-state]").all()]
    assert len(cells) == 12
    assert all(box and box["height"] < box["width"] for box in cells)
    grid, tokens = (opened.page.locator(one).bounding_box() for one in ("#verdict", "#tokens"))
    assert grid
    assert tokens
    assert tokens["y"] - grid["y"] - grid["height"] < 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_anyone_can_use_it(
    browser: Browser, caller: Caller, afterwards: None, scheme: Any, width: int
) -> None:
    """axe finds nothing to complain of, and nothing is cut off at the side, in any look."""
    with tab(browser, origin(caller), color_scheme=scheme) as opened:
        opened.page.set_viewport_size({"width": width, "height": 720})
        assert complaints_of(opened) == {}
        opened.press("Log in")
        opened.press("Refresh")
        opened.press(CORRUPT_REFRESH)
        opened.press("Refresh")
        assert complaints_of(opened) == {}
        wide = opened.page.evaluate("document.documentElement.scrollWidth")
        high = opened.page.evaluate("document.documentElement.scrollHeight")
        assert wide == width
        assert covered_by_the_result(opened) == []
        assert high == 720 or width == 390  # one screen on a laptop
        opened.page.get_by_role("button", name="Every call as curl").click()
        assert complaints_of(opened) == {}


def covered_by_the_result(opened: Tab) -> list[str]:
    """What the message of the last result lies over, wherever the page is scrolled to."""
    found: list[str] = opened.page.evaluate(
        """() => {
          const result = document.getElementById("result").getBoundingClientRect();
          const apart = (one) => one.right <= result.left || one.left >= result.right
            || one.bottom <= result.top || one.top >= result.bottom;
          return [...document.querySelectorAll("button, .card, input, select")]
            .filter((one) => one.checkVisibility() && !apart(one.getBoundingClientRect()))
            .map((one) => one.id || one.textContent.trim());
        }"""
    )
    return found


def complaints_of(opened: Tab) -> dict[str, str]:
    """What axe would have us mend."""
    found = Axe().run(opened.page).response["violations"]
    return {each["id"]: each["nodes"][0]["html"] for each in found}
