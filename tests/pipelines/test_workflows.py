"""The action and the workflows: inputs travel as variables, and what is used is pinned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FILES = ("action.yml", ".github/workflows/ci.yml", "examples/workflow.yml")
each_file = pytest.mark.parametrize("name", FILES)


def read(name: str) -> Any:
    return YAML(typ="safe").load(ROOT / name)


def steps(node: Any) -> Iterator[dict[str, Any]]:
    """Every step, wherever it stands."""
    if isinstance(node, dict):
        if "run" in node or "uses" in node:
            yield node
        for value in node.values():
            yield from steps(value)
    elif isinstance(node, list):
        for value in node:
            yield from steps(value)


def scripts(name: str) -> list[str]:
    return [step["run"] for step in steps(read(name)) if isinstance(step.get("run"), str)]


@each_file
def test_no_expression_is_written_into_a_script(name: str) -> None:
    """An input is a variable: pasted into a script it would be code."""
    assert not [script for script in scripts(name) if "${{" in script or "eval" in script]


@each_file
def test_what_is_used_is_pinned_to_a_commit(name: str) -> None:
    """A tag can be moved; each commit has its version beside it for a reader."""
    uses = [step["uses"] for step in steps(read(name)) if "uses" in step]
    assert all(re.search(r"@[0-9a-f]{40}$", use) for use in uses)
    known = [use for use in uses if not use.startswith("OWNER/")]
    assert all(re.search(rf"{re.escape(use)} # v\d", (ROOT / name).read_text()) for use in known)


@pytest.mark.parametrize("name", FILES[1:])
def test_a_workflow_may_only_read(name: str) -> None:
    """No job gets more than a look at the repository, and none keeps its token."""
    workflow = read(name)
    assert workflow["permissions"] == {"contents": "read"}
    checkouts = [s for s in steps(workflow) if s.get("uses", "").startswith("actions/checkout")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


def test_every_input_reaches_the_script() -> None:
    """Each input is declared and handed on under a name that .ci/judge reads, and none is left."""
    action = read("action.yml")
    (judge,) = (step for step in steps(action) if step.get("id") == "judge")
    handed_on = set(re.findall(r"inputs\.([\w-]+)", " ".join(judge["env"].values())))
    assert handed_on == set(action["inputs"]) - {"artifact"}
    script = (ROOT / ".ci" / "judge").read_text()
    assert set(judge["env"]) == set(re.findall(r"JUDGE_\w+", script))
    assert ".ci/judge" in judge["run"]


def test_the_example_runs_once_at_a_time() -> None:
    """Two runs on the same customers would burn each other's sessions."""
    once = read("examples/workflow.yml")["concurrency"]
    assert once == {"group": "conformance-staging", "cancel-in-progress": False}


def test_our_own_workflow_runs_our_own_checks() -> None:
    """There is one way to check a change, and the forge takes it."""
    assert scripts(".github/workflows/ci.yml") == ["bash .ci/run"]


def test_the_example_uses_inputs_that_there_are() -> None:
    """What it gives the action, the action takes."""
    (used,) = (s for s in steps(read("examples/workflow.yml")) if s["uses"].startswith("OWNER/"))
    assert set(used["with"]) <= set(read("action.yml")["inputs"])
