"""The page's files: who is served them, with which headers, and what they never hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

import reference_auth.serve.page
from reference_auth.core.states import CELLS, State
from reference_auth.serve import logs, server
from reference_auth.serve.demo import CUSTOMERS
from reference_auth.serve.page import facts
from reference_auth.serve.server import announcement
from reference_auth.serve.settings import Settings
from tests.server.serving import Caller, calling
from tests.server.test_settings import DEPLOYED, settled

FILES = sorted(
    path
    for path in Path(reference_auth.serve.page.__file__).parent.iterdir()
    if path.suffix in {".html", ".css", ".js"}
)
PATHS = ["/", "/page/facts.json", *(f"/page/{p.name}" for p in FILES if p.suffix != ".html")]
DEVELOPMENT = settled()
PRODUCTION = settled(**DEPLOYED)
KINDS = {"": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json"}


def built(settings: Settings) -> Iterator[Caller]:
    """A caller of the server that `serve` would run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda: None)
        app = server.build(settings)
    with calling(app) as caller:
        yield caller


@pytest.fixture(scope="module")
def laptop() -> Iterator[Caller]:
    """What `reference-auth serve` runs when nothing else is said."""
    yield from built(DEVELOPMENT)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Caller]:
    """What it runs in production."""
    yield from built(PRODUCTION)


@pytest.mark.parametrize("path", PATHS)
def test_it_is_served_in_development_only(laptop: Caller, deployed: Caller, path: str) -> None:
    """Each of its files is there in development, as what it is, and nowhere else."""
    answer = laptop.http.get(path)
    assert answer.status_code == 200
    kind = KINDS[Path(path).suffix]
    assert answer.headers["content-type"].split(";")[0] == kind
    assert deployed.http.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/page", "/page/", "/page/page.html", "/page/__init__.py", "/page/.."]
)
def test_nothing_else_lies_there(laptop: Caller, path: str) -> None:
    """No other path of the page answers."""
    answer = laptop.http.get(path)
    # httpx takes ".." for the root, as a browser does.
    assert answer.status_code == (200 if path == "/page/.." else 404)


@pytest.mark.parametrize("path", PATHS)
def test_it_may_reach_nothing_but_this_server(laptop: Caller, path: str) -> None:
    """Its policy begins with nothing, and allows scripts, styles and calls of its own only."""
    headers = laptop.http.get(path).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("img-src") == "data:"
    assert {name for name, value in policy.items() if value == "'self'"} == {
        "script-src",
        "style-src",
        "connect-src",
    }
    assert {name for name, value in policy.items() if value == "'none'"} == {
        "base-uri",
        "form-action",
        "frame-ancestors",
    }
    assert len(policy) == 6
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_the_page_answers_this_machine_only(laptop: Caller) -> None:
    """The Host guard stands before the page as before everything else."""
    assert laptop.http.get("/", headers={"Host": "evil.example.com"}).status_code == 421


def test_the_api_keeps_its_headers(laptop: Caller) -> None:
    """The page's policy is the page's own: the endpoint answers as it did, and to POST only."""
    answer = laptop.post("{ __typename }")
    assert "content-security-policy" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert laptop.http.get("/graphql").status_code == 405


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_self_contained(path: Path) -> None:
    """No file names another server."""
    assert not re.findall(r"https?:|[\"'(=]//|@import|\burl\(", path.read_text())


class Inline(HTMLParser):
    """Collects what a strict policy would not run: handlers, styles and scripts in the HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attributes}
        self.found += [name for name in names if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)


def test_nothing_is_inline() -> None:
    """The HTML holds no handler, style or script."""
    page = next(path for path in FILES if path.name == "page.html")
    parser = Inline()
    parser.feed(page.read_text())
    assert parser.found == []


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".js"], ids=lambda p: p.name)
def test_data_never_becomes_markup(path: Path) -> None:
    """No script writes markup or runs text."""
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    assert not re.findall(forbidden, path.read_text())


def test_its_grid_is_the_flow_s_own_table() -> None:
    """The page is told the twelve cells of states.py, and a sentence for each state."""
    told = facts(DEVELOPMENT)
    assert [(c["access"], c["refresh"], c["state"]) for c in told["cells"]] == [
        (access.value, refresh.value, state.name) for (access, refresh), state in CELLS.items()
    ]
    assert set(told["sentences"]) == {state.name for state in State}


def test_it_is_told_no_secret(laptop: Caller) -> None:
    """Nothing that is served holds the secret; the passwords are the demo's own."""
    said = "".join(laptop.http.get(path).text for path in PATHS)
    assert DEVELOPMENT.config.secret not in said
    assert facts(DEVELOPMENT)["customers"] == [
        {"email": customer.email, "password": customer.password} for customer in CUSTOMERS
    ]


def test_a_platform_of_one_s_own_keeps_its_customers() -> None:
    """With a login service of the host's, the page knows no customer."""
    settings = settled("--login-service", "tests.server.serving:PLATFORM")
    assert facts(settings)["customers"] == []


def test_the_server_announces_it() -> None:
    """The first line in development is the page's address; production has no such line."""
    assert announcement(DEVELOPMENT, 8000).startswith("Page          http://127.0.0.1:8000/\n")
    assert "Page" not in announcement(PRODUCTION, 8000)


def test_the_clock_can_be_read(laptop: Caller) -> None:
    """GET tells the time, and whether someone set it."""
    assert laptop.http.get("/clock").json()["stopped"] is False
    laptop.http.post("/clock", json={"now": 1_900_000_000})
    assert laptop.http.get("/clock").json() == {"now": 1_900_000_000, "stopped": True}
    laptop.http.post("/clock", json={"now": None})
    assert laptop.http.get("/clock").json()["stopped"] is False
