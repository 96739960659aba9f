"""Forged tokens: the data says what it means, and each forgery is what it says."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from conformance_tests.actors import forged_tokens
from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.actors.forged_tokens import BROKEN_SIGNATURES, SIGNED, Vector, vectors
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.forge import Forge
from conformance_tests.outcomes import NotTestable, Violation
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.target.parts import Credentials
from tests.conformance.fakes import SECRET, deployment

FORGE = Forge(SECRET)
CREDENTIALS = Credentials("alice@example.com", "password")


def every_vector() -> Iterator[Vector]:
    for id_ in REQUIREMENTS:
        yield from vectors(id_)
        yield from vectors(id_, accepted=True)


ALL = [pytest.param(vector, id=f"{vector.requirement}-{vector.what}") for vector in every_vector()]


@pytest.fixture
def judged() -> Deployment:
    return deployment(table=True, secret=True)


@pytest.fixture
def session(judged: Deployment) -> Session:
    return Customers(judged).made_up().log_in()


def test_every_vector_names_a_requirement() -> None:
    """No vector stands under an id that the registry does not know."""
    assert len(ALL) == len(forged_tokens._all())


@pytest.mark.parametrize("vector", ALL)
def test_a_vector_says_how_it_is_signed(vector: Vector) -> None:
    """Each signature is one that the forge knows how to make."""
    assert vector.sign in {**SIGNED, **BROKEN_SIGNATURES}


@pytest.mark.parametrize("vector", ALL)
def test_a_forgery_is_not_the_genuine_token(vector: Vector, session: Session) -> None:
    """Each vector changes something, and fills in every word."""
    token = forged_tokens.token(session, vector).token
    assert token != session.token
    assert "{" not in token
    assert token.isprintable() or "\t" in token


@pytest.mark.parametrize("vector", ALL)
def test_a_forgery_is_signed_as_it_says(vector: Vector, session: Session) -> None:
    """What is signed with the secret verifies over the text as written; nothing else does."""
    start, _, signature = forged_tokens.token(session, vector).token.rpartition(".")
    algorithm, genuine = SIGNED.get(vector.sign, ("HS256", False))
    if vector.spelling[2] == "{signature}":
        assert (signature == FORGE.signature(start, algorithm)) is genuine


def test_claims_are_json_as_the_file_writes_them(session: Session) -> None:
    """A text is a text, a number a number, and NaN is what no JSON library would write."""
    written = {vector.what: payload(session, vector) for vector in vectors("HARD-04")}
    assert f'"exp":"{session.exp}"' in written["exp as a text"]
    assert f'"exp":-{session.exp}' in written["a negative exp"]
    assert '"exp":NaN' in written["exp NaN"]
    assert '"exp"' not in written["no exp"]


def payload(session: Session, vector: Vector) -> str:
    part = forged_tokens.token(session, vector).token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


def test_a_lenient_deployment_would_find_its_row(judged: Deployment, session: Session) -> None:
    """Where the derivation of an odd exp can be guessed, pair and row are as it would make them."""
    vector = next(vector for vector in vectors("HARD-04") if vector.what == "no exp")
    own, undefined, none = forged_tokens.sessions(session, vector)
    assert own.refresh_token == session.refresh_token
    assert undefined.refresh_token == FORGE.derive(f"{session.customer.id}undefined")
    assert none.stored() is not None


def test_nothing_is_written_for_a_token_that_names_nobody(
    judged: Deployment, session: Session
) -> None:
    """No row stands under the text of a missing id."""
    for vector in vectors("HARD-08"):
        list(forged_tokens.sessions(session, vector))
    assert len(session.customer.rows()) == 1
    assert judged.need_table().rows("undefined") == []


@pytest.mark.parametrize("requirement", ["HARD-01", "HARD-02"])
def test_what_anybody_can_do_needs_no_secret(requirement: str, session: Session) -> None:
    """A stranger's forgeries are made without the secret; others are not testable."""
    blind = session.on(deployment())
    for vector in vectors(requirement):
        assert forged_tokens.token(blind, vector).token
    with pytest.raises(NotTestable):
        forged_tokens.token(blind, vectors("HARD-03")[0])


def test_other_names_in_a_vector_are_given_by_the_test(session: Session) -> None:
    """`{other}` is the id that a test names."""
    token = forged_tokens.token(session, vectors("HARD-21")[0], other=json.dumps("bob")).token
    assert Session(session.customer, token, "").claims["customer_id"] == "bob"


def test_mismatches_are_pairs_that_no_server_has_seen(session: Session) -> None:
    """With the secret each has a genuine access token and an `exp` of its own."""
    pairs = forged_tokens.mismatches(session, 50)
    assert all(FORGE.verifies(pair.token) for pair in pairs)
    assert len({pair.exp for pair in pairs} - {session.exp}) == 50
    assert len({pair.refresh_token for pair in pairs} - {session.refresh_token}) == 50


def test_mismatches_without_the_secret_share_an_access_token() -> None:
    """Nobody else can mint one."""
    session = Session(RegisteredCustomer(deployment(), CREDENTIALS), "token", "refresh token")
    assert {pair.token for pair in forged_tokens.mismatches(session, 3)} == {"token"}


def test_a_padded_token_cannot_be_forged_from(session: Session) -> None:
    """It is no access token of WIRE-01: that is the deployment's failure, not the suite's error."""
    padded = session.altered(token=f"{session.token}=")
    with pytest.raises(Violation, match="unpadded") as broken:
        forged_tokens.token(padded, vectors("HARD-29")[0])
    assert broken.value.rests_on == ("WIRE-01",)
