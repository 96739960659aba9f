"""docs/OPERATING.md asks for what the server really does: its calls, its variables."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import reference_auth
from reference_auth.serve.cli import ORDER
from reference_auth.serve.settings import FLAGS
from tests.docs.pages import BLOCKS, PAGES
from tests.spec_page import table

PAGE = next(page for page in PAGES if page.name == "docs/OPERATING.md")
(POLICY,) = (json.loads(b.text) for b in BLOCKS if b.page == PAGE.name and b.language == "json")
SOURCES = Path(reference_auth.__file__).parent
#: What a client's method, or a part of a transaction, asks IAM for.
ACTIONS = {
    "batch_write_item": "BatchWriteItem",
    "delete_item": "DeleteItem",
    "get_item": "GetItem",
    "put_item": "PutItem",
    "query": "Query",
    "scan": "Scan",
    "update_item": "UpdateItem",
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}


def words(name: str) -> Iterator[str]:
    """Every text that stands as a constant in a module of the server."""
    for node in ast.walk(ast.parse((SOURCES / name).read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_policy_is_what_the_server_calls() -> None:
    """No action is missing, and none is asked for in vain."""
    (statement,) = POLICY["Statement"]
    called = {ACTIONS[word] for word in words("store/sessions.py") if word in ACTIONS}
    assert statement["Action"] == sorted(f"dynamodb:{action}" for action in called)


def test_only_the_sessions_call_the_table() -> None:
    """The one other that does is the test clock, which no deployment has."""
    calling = {
        path.name
        for path in SOURCES.rglob("*.py")
        if re.search(r"client\.(scan|query)\(|\b_?storage\.call\(", path.read_text())
    }
    assert calling == {"clock.py", "sessions.py"}


def test_making_the_table_needs_what_the_page_says() -> None:
    """Each call of `create-table` is an action that the page names."""
    called = set(re.findall(r"client\.(\w+)\(", (SOURCES / "store/provision.py").read_text()))
    actions = {name.title().replace("_", "") for name in called - {"client"}}
    told = set(re.findall(r"`dynamodb:(\w+)`", PAGE.text)) - {"Scan"}
    assert told == actions - {"Boto3", "GetWaiter"}  # the waiter describes the table


def test_every_variable_is_told() -> None:
    """The page has SPEC.md's variables and the endpoint's, and each flag stands for one."""
    told = re.findall(r"^\| `(\w+)` \| (yes|no) \|", PAGE.text, re.MULTILINE)
    spec = [tuple(row[:2]) for row in table("variable", "required", "meaning")]
    assert told == [*spec, ("AWS_ENDPOINT_URL_DYNAMODB", "no")]
    assert set(FLAGS.values()) <= {name for name, _ in told}


def test_the_defaults_are_the_program_s() -> None:
    """What `serve --help` gives as a default, the page does."""
    defaults = dict(re.findall(r"(\w+_(?:MINUTES|SECONDS|PAIRS)) +(\d+)", ORDER))
    told = dict(re.findall(r"^\| `(\w+)` \| no \| (\d+) \|", PAGE.text, re.MULTILINE))
    assert told == defaults
