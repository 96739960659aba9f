"""The vectors for other languages are the reference's, and four implementations agree on them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance_tests.actors import forged_tokens
from conformance_tests.deployment.forge import Forge
from conformance_tests.requirements import REQUIREMENTS
from reference_auth.core import states, tokens
from reference_auth.core.config import Secret
from reference_auth.core.errors import BadAccessToken
from reference_auth.core.tokens import AccessToken
from tests.second.tokens import Forged, Signer
from tools.interchange import FILE, SCHEMA, document, text

VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
VERIFIED = VECTORS["verified"]
EXAMPLE = Path(__file__).parents[1] / "examples" / "node"
NAMES = [f"{case.get('requirement', '')} {case['name']}" for case in VERIFIED]


def test_the_file_is_what_the_reference_makes() -> None:
    """`python -m tools.interchange` would write the very same."""
    assert text() == FILE.read_text(encoding="utf-8"), "run python -m tools.interchange"
    assert document() == VECTORS


def test_the_file_keeps_its_schema() -> None:
    """Another language's code may be generated from the schema."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(VECTORS)


@pytest.mark.parametrize("pair", VECTORS["issued"], ids=lambda pair: pair["name"])
def test_the_suite_s_own_oracle_derives_the_same(pair: dict[str, Any]) -> None:
    """hashlib and another JWT encoder come to the tokens and hashes of `cryptography`."""
    forge = Forge(pair["secret"])
    assert forge.derive(pair["derived_from"]) == pair["refresh_token"]
    assert forge.hash_of(pair["refresh_token"]) == pair["hash"]
    payload = json.dumps(pair["claims"], separators=(",", ":"), ensure_ascii=False)
    assert forge.mint(payload.encode()) == pair["token"]


@pytest.mark.parametrize("case", VERIFIED, ids=NAMES)
def test_the_reference_and_the_second_implementation_verify_alike(case: dict[str, Any]) -> None:
    """Both take what is genuine, with its claims, and refuse the rest."""
    secret, now, token = case["secret"], case["now"], case["token"]
    for taken in (by_reference(token, secret, now), by_second(token, secret, now)):
        assert taken == case.get("claims")


def by_reference(token: str, secret: str, now: int) -> dict[str, Any] | None:
    try:
        return shown(tokens.verify(AccessToken(token), Secret(secret), now))
    except BadAccessToken:
        return None


def by_second(token: str, secret: str, now: int) -> dict[str, Any] | None:
    try:
        return shown(Signer(secret.encode()).claims(token, now))
    except Forged:
        return None


def shown(claims: Any) -> dict[str, Any]:
    return {name: getattr(claims, name) for name in ("customer_id", "exp", "refresh_expiry")}


def test_every_forged_token_of_the_suite_is_among_the_vectors() -> None:
    """Who passes the vectors has met each of them once already."""
    forgeries = {
        (requirement, vector.what)
        for requirement in REQUIREMENTS
        for accepted in (True, False)
        for vector in forged_tokens.vectors(requirement, accepted=accepted)
    }
    assert forgeries <= {(case.get("requirement"), case["name"]) for case in VERIFIED}
    assert len(forgeries) > 60


def test_genuine_and_forged_are_both_well_represented() -> None:
    """A verifier that always says the same is wrong about a dozen at least."""
    genuine = sum(case["genuine"] for case in VERIFIED)
    assert 12 <= genuine <= len(VERIFIED) - 12


def test_the_twelve_cells_are_all_there() -> None:
    """Each access verdict with each refresh verdict, and the state that the reference names."""
    told = {(cell["access"], cell["refresh"]): cell["state"] for cell in VECTORS["cells"]}
    assert told == {(a.value, r.value): state.value for (a, r), state in states.CELLS.items()}


@pytest.mark.needs("node")
def test_another_language_needs_nothing_but_the_vectors() -> None:
    """Node's own test runner, with a few lines of Node, passes every vector."""
    program = EXAMPLE / "vectors.test.mjs"
    environ = {"PATH": os.environ["PATH"], "VECTORS": str(FILE), "NO_COLOR": "1"}
    command = ["node", "--test", "--test-reporter=tap", str(program)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:]
    (passed,) = re.findall(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert int(passed) >= len(VECTORS["issued"]) + len(VERIFIED)
