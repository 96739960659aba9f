"""SPEC.md says what the code does: each of its tables is compared with it.

The derivations are computed here with hashlib and hmac, apart from the reference.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping

import pytest
from graphql import GraphQLObjectType, build_schema

from conformance_tests import requirements
from conformance_tests.requirements import REQUIREMENTS
from reference_auth.api import endpoint, limits
from reference_auth.api.schema import AuthMutation, AuthQuery
from reference_auth.core import config, errors, lifetimes, rows, tokens
from reference_auth.core.config import Secret
from reference_auth.core.states import CELLS
from reference_auth.core.tokens import RefreshTokenHash
from reference_auth.flow import derivation, flow
from reference_auth.serve import protocol
from reference_auth.serve.app import make_schema
from reference_auth.store import items, retry, sessions, storage
from tests.reference.issued import issue
from tests.spec_page import PAGE, TEXTS, table

LIFETIMES = table("lifetime", "minutes", "seconds", "variable")
VARIABLES = table("variable", "required", "meaning")
ENVIRONMENT = {
    "JWT_PRIVATE_KEY": "a secret of thirty-two bytes or so",
    "DYNAMO_DB__REGION": "ap-southeast-2",
    "DYNAMO_DB_AUTH_TABLE": "auth",
}
NUMBERS = {
    "rounds of the derivation": tokens.ROUNDS,
    "bytes of the derivation": tokens.LENGTH,
    "bytes of the longest customer id": tokens.LONGEST_ID,
    "seconds of the shortest access lifetime": config.SHORTEST_ACCESS,
    "bytes of the shortest secret": config.SHORTEST_SECRET,
    "seconds of the longest grace": config.LONGEST_GRACE,
    "seconds by which servers' clocks may differ": rows.CLOCK_SKEW,
    "times that `exp` is lowered": lifetimes.MOST_LOWERINGS,
    "seconds of back-off in all": retry.LONGEST_BACKOFF,
    "seconds for one request in all": retry.LONGEST_REQUEST,
    "seconds for its answer after that": retry.ANSWER_SECONDS,
    "seconds for the platform": config.LOGIN_SECONDS,
    "seconds for the platform at most": config.LONGEST_LOGIN,
    "seconds to wait for the next second of the clock": flow.LONGEST_SECOND,
    "times that revoke looks for a successor": flow.SUCCESSOR_LOOKUPS,
    "deletions in one batch": sessions.BATCH,
    "seconds to connect to the table": storage.CONNECT_SECONDS,
    "seconds to read from the table": storage.READ_SECONDS,
    "attempts of the client library": storage.ATTEMPTS,
    "connections to the table": storage.CONNECTIONS,
    "bytes of a body": endpoint.LONGEST_BODY,
    "seconds for a body": endpoint.LONGEST_WAIT,
    "seconds for a head": protocol.HEAD_SECONDS,
    "seconds between two requests of a connection": protocol.IDLE_SECONDS,
    "seconds without reading answers": protocol.WRITE_SECONDS,
    "connections of one process": protocol.CONNECTIONS,
    "tokens of a document": limits.TOKENS,
    "fields of a document": limits.FIELDS,
    "aliases of a document": limits.ALIASES,
    "mutations of a document": limits.MUTATIONS,
    "levels of a document": limits.DEPTH,
    "refreshes and revokes at once": flow.AT_ONCE,
    "derivations that run or wait": derivation.QUEUE,
    "the same, of one customer": derivation.QUEUE_PER_CUSTOMER,
    "pairs in the cache": config.CACHED_PAIRS,
}
WORDS = {"3": "three", "10": "ten"}


class Asked(dict[str, str]):
    """An environment that remembers which variables were read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)


def test_the_twelve_cells_are_the_codes() -> None:
    """Each cell of the page leads to the state to which the code's cell leads."""
    cells = table("access", "refresh", "state", "what happens")
    said = {(access, refresh): state for access, refresh, state, _ in cells}
    assert said == {(a.value, r.value): state.name for (a, r), state in CELLS.items()}
    assert len(cells) == 12
    assert {state for _, _, state, _ in cells} == set(requirements.STATES)


def test_the_lifetimes_are_the_defaults() -> None:
    """The page's lifetimes are the code's, in minutes and in seconds."""
    for name, minutes, seconds, _ in LIFETIMES:
        assert int(minutes) * 60 == int(seconds) == getattr(config.Lifetimes(), name)


@pytest.mark.parametrize("name, variable", [(row[0], row[3]) for row in LIFETIMES])
def test_each_lifetime_is_read_from_its_variable(name: str, variable: str) -> None:
    """The variable that the page names for a lifetime sets it."""
    minutes = {"access": 13, "refresh": 20, "extended": 50_000}[name]
    read = config.read_environment({**ENVIRONMENT, variable: str(minutes)}).lifetimes
    assert getattr(read, name) == minutes * 60


def test_the_environment_is_what_is_read() -> None:
    """The page lists exactly the variables that the code reads."""
    asked = Asked({**ENVIRONMENT, "JWT_PRIVATE_KEY": "short", "ALLOW_SHORT_SECRET": "1"})
    config.read_environment(asked)
    assert asked.names == {name for name, _, _ in VARIABLES}


def test_required_variables_are_required() -> None:
    """Without a variable that the page calls required, the code stops and names it."""
    assert set(ENVIRONMENT) == {name for name, required, _ in VARIABLES if required == "yes"}
    for missing in ENVIRONMENT:
        rest = {name: value for name, value in ENVIRONMENT.items() if name != missing}
        with pytest.raises(config.ConfigError, match=missing):
            config.read_environment(rest)


def test_the_numbers_are_the_codes_and_stand_in_their_clauses() -> None:
    """Each number is the code's, and the clauses that the page names for it say the same."""
    numbers = table("number", "value", "clause")
    assert {name: float(value) for name, value, _ in numbers} == NUMBERS
    for name, value, places in numbers:
        said = rf"\b({re.escape(value)}|{WORDS.get(value, value)})\b"
        assert all(re.search(said, TEXTS[place]) for place in places.split(", ")), name


def kinds_of(error: type[errors.AuthError]) -> Iterator[type[errors.AuthError]]:
    yield error
    for kind in error.__subclasses__():
        if kind.__module__.startswith("reference_auth."):  # a mutant defines some of its own
            yield from kinds_of(kind)


def test_the_categories_are_those_of_the_refusals() -> None:
    """Every category of the page is given by a refusal with its code, and there is no other."""
    rows = table("category", "code", "a front end", "given for")
    said = {category: code for category, code, *_ in rows}
    assert set(said) == {kind.category for kind in kinds_of(errors.AuthError)}
    assert said == errors.CODES


def test_the_kept_messages_are_the_codes() -> None:
    """The three messages that the page keeps are spoken so."""
    kept = re.findall(r"`([A-Z][a-z ]+)`", TEXTS["16.2"])
    spoken = [errors.MissingHeader, errors.MissingRefreshToken, errors.Unauthorised]
    assert kept == [kind.message for kind in spoken]


def test_the_claims_are_the_codes() -> None:
    """A token's payload has the page's claims, in their order, and no other."""
    full = tokens.Claims(23, 2, 3, iat=1, auth_time=1, session=1)
    assert list(tokens.payload_of(full)) == [each[0] for each in table("claim", "type", "meaning")]


def types_of(item: items.Item) -> dict[str, str]:
    return {name: next(iter(value)) for name, value in item.items()}


def test_rows_and_fences_have_the_pages_attributes() -> None:
    """Each attribute is there, of the type that the page gives it."""
    hash = RefreshTokenHash("ab")
    row = items.row_item(rows.Row("23", hash, ttl=3, exp=2, rotated_from=hash, session=1))
    assert types_of(row) == {each[0]: each[1] for each in table("attribute", "type", "meaning")}
    fence = items.fence_item("23", rows.Fence(before=2, ttl=3))
    said = {each[0]: each[1] for each in table("attribute", "type", "value")}
    keys = {"customer_id": {"S": "ended#23"}, "refresh_token_hash": {"S": "burn"}}
    assert {name: fence[name] for name in keys} == keys
    assert types_of(fence) == {**types_of(keys), "before": said["before"], "ttl": said["ttl"]}
    assert items.read_fence({**fence, "done": {said["done"]: True}}).done


def test_tombstones_have_the_pages_reasons_and_attributes() -> None:
    """A rotated tombstone tells its successor's claims, a revoked one nothing more."""
    said = table("reason", "when", "further attributes", "kept until")
    more = {reason: set(re.findall(r"`(\w+)`", words)) for reason, _, words, _ in said}
    hash = RefreshTokenHash("ab")
    successor = tokens.Claims(23, 2, 3, iat=1, auth_time=1, session=1)
    rotated = items.tombstone_item(rows.Tombstone("23", hash, rows.ROTATED, 9, 8, successor))
    common = {"customer_id", "refresh_token_hash", "reason", "ttl"}
    assert more == {rows.REVOKED: set(), rows.ROTATED: set(rotated) - common}


def test_the_documented_profile_is_the_registrys() -> None:
    """The page's profile table names the rows that the registry marks as documented."""
    said = {
        row.id
        for group, numbers in table("group", "in `documented`")
        for row in REQUIREMENTS.values()
        if row.group == group and (numbers == "all" or row.id[-2:] in numbers.split(", "))
    }
    assert said == {row.id for row in REQUIREMENTS.values() if row.documented}


def shape(sdl: str) -> dict[str, dict[str, tuple[str, dict[str, str]]]]:
    """Every object type's fields with their types and arguments."""
    return {
        name: {
            field: (str(it.type), {arg: str(that.type) for arg, that in it.args.items()})
            for field, it in kind.fields.items()
        }
        for name, kind in build_schema(sdl).type_map.items()
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__")
    }


def test_the_schema_is_the_one_served() -> None:
    """The page's SDL has the served schema's fields, arguments and nullability."""
    sdl = re.search(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
    assert sdl
    assert shape(sdl[1]) == shape(make_schema(AuthQuery, AuthMutation, True).as_str())


def stretch(text: str, secret: str) -> str:
    return hashlib.pbkdf2_hmac("sha512", text.encode(), secret.encode(), 10_000, 64).hex()


def signed(payload: str, secret: str) -> str:
    plain = ('{"alg":"HS256","typ":"JWT"}', payload)
    parts = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=") for part in plain]
    mac = hmac.digest(secret.encode(), b".".join(parts), "sha256")
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def test_the_vector_holds() -> None:
    """The page's refresh token and hash follow from its rule, and from the code."""
    vector = dict(table("name", "value", within=TEXTS["3.10"]))
    refresh_token = stretch(vector["customer_id"] + vector["exp"], vector["secret"])
    assert vector["refresh token"] == refresh_token
    assert vector["hash"] == stretch(refresh_token, vector["secret"])
    issued = issue(
        tokens.Claims(int(vector["customer_id"]), int(vector["exp"]), 2**40),
        Secret(vector["secret"]),
    )
    assert (issued.pair.refresh_token, issued.hash) == (vector["refresh token"], vector["hash"])


def test_the_recorded_session_holds() -> None:
    """The page's whole session follows from its rules, and from the code, byte for byte."""
    said = dict(table("name", "value", within=TEXTS["3.11"]))
    secret = re.findall(r"secret `([^`]+)`", TEXTS["3.11"])[0]
    claims = json.loads(said["payload"])
    refresh_token = stretch(f"{claims['customer_id']}{claims['exp']}", secret)
    assert said["token"] == signed(said["payload"], secret)
    assert said["refresh token"] == refresh_token
    assert said["hash"] == stretch(refresh_token, secret)
    issued = issue(tokens.Claims(**claims), secret)
    assert (issued.pair.token, issued.pair.refresh_token) == (said["token"], refresh_token)
