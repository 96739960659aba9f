"""The GraphQL face: names, types and what a host merges with its own."""

# mypy: disable-error-code="untyped-decorator"

from typing import Any

import anyio
import pytest
import strawberry
from strawberry import Info
from strawberry.tools import merge_types
from strawberry.types import ExecutionResult

from reference_auth.api.error_messages import AuthSchema
from reference_auth.api.request import AuthRequest
from reference_auth.api.schema import AuthMutation, AuthQuery, SignedIn, current_customer
from reference_auth.serve.app import create_app, make_schema, make_service
from reference_auth.serve.demo import ALICE
from reference_auth.store.memory import LockedClient
from tests.server.serving import LOGIN, PLATFORM, Caller, as_body, calling, make_config

SDL = """\
type CustomerToken {
  token: String
  refresh_token: String
}

type GetAuthUser {
  customer_id: String
  refresh_token_hash: String
  ttl: String
}

type Mutation {
  generateCustomerToken(email: String!, password: String!, remember_me: Boolean): CustomerToken
  refreshCustomerToken(refresh_token: String!): CustomerToken
  revokeCustomerToken(refresh_token: String): RevokeCustomerTokenOutput
  updateUserAuth(user_id: String, refresh_token: String): UpdateUserAuth
  removeUserAuth(user_id: String, refresh_token: String): RemoveUserAuth
  removeAllUserAuthItems(user_id: String): RemoveAllUserAuthItems
}

type Query {
  getUserAuth(user_id: String, refresh_token: String): GetAuthUser
  getAllAuthItemsById(user_id: String): [GetAuthUser]
}

type RemoveAllUserAuthItems {
  success: Boolean
}

type RemoveUserAuth {
  customer_id: String
  refresh_token_hash: String
  ttl: String
  success: Boolean
}

type RevokeCustomerTokenOutput {
  result: Boolean!
}

type UpdateUserAuth {
  success: Boolean
}"""


INNARDS = "arn:aws:dynamodb:table/innards"


@strawberry.type
class HostQuery:
    @strawberry.field
    def greeting(self) -> str:
        return "hello"

    @strawberry.field
    def broken(self) -> str | None:
        raise KeyError(INNARDS)

    @strawberry.field(permission_classes=[SignedIn])
    def basket(self, info: Info[Any, Any]) -> str | None:
        return f"basket of {current_customer(info)!r}"


@strawberry.type(name="Query")
class ShopQuery(AuthQuery, HostQuery):
    """A host's query that inherits from ours."""


@strawberry.type(name="Mutation")
class ShopMutation(AuthMutation):
    @strawberry.mutation
    def add(self, sku: str) -> str:
        return sku


@pytest.fixture(scope="module")
def shop(memory: LockedClient) -> Any:
    """A host application with fields of its own beside ours."""
    app = create_app(
        make_config(table="edges"), PLATFORM, client=memory, query=ShopQuery, mutation=ShopMutation
    )
    with calling(app) as caller:
        yield caller


@pytest.mark.parametrize("development", [True, False])
def test_sdl(development: bool) -> None:
    """The schema prints exactly as the specification has it, in either environment (WIRE-11)."""
    assert make_schema(AuthQuery, AuthMutation, development).as_str() == SDL


def test_a_host_merges_its_fields(shop: Caller) -> None:
    """A host's own query and mutation answer beside ours."""
    assert shop.data("{ greeting }") == "hello"
    assert shop.data('mutation { add(sku: "tea") }') == "tea"
    assert shop.log_in()["token"]


def test_a_protected_field_names_the_customer(shop: Caller) -> None:
    """current_customer gives the id in the type that the platform gave it."""
    token = shop.data(LOGIN, email=ALICE.email, password=ALICE.password)["token"]
    assert shop.data("{ basket }", token) == f"basket of {ALICE.customer_id!r}"


@pytest.mark.parametrize("token", [None, "junk", "a.b.c", "f" * 128])
def test_a_protected_field_needs_a_token(shop: Caller, token: str | None) -> None:
    """Without a genuine access token the field is refused; the rest of the schema is not."""
    assert shop.category("{ basket }", token) == "graphql-authorization"
    assert shop.data("{ greeting }", token) == "hello"


def test_a_protected_field_refuses_a_refresh_token(shop: Caller) -> None:
    """A genuine refresh token is no bearer token (API-05)."""
    pair = shop.log_in()
    assert shop.category("{ basket }", pair["refresh_token"]) == "graphql-authorization"


def test_what_nobody_intended_is_masked(shop: Caller, caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected exception is answered and logged without its text (GQL-08, HARD-20)."""
    answer = shop.post("{ greeting broken }")
    assert answer.json()["data"] == {"greeting": "hello", "broken": None}
    (error,) = answer.json()["errors"]
    assert error["path"] == ["broken"]
    assert error["extensions"] == {
        "category": "graphql-server-internal-error",
        "code": "INTERNAL_SERVER_ERROR",
    }
    assert INNARDS not in answer.text
    (logged,) = (record for record in caplog.records if record.msg == "unexpected-error")
    assert vars(logged)["kind"] == "KeyError"
    assert vars(logged)["at"][-1].endswith("broken")
    assert INNARDS not in str(vars(logged))


def test_any_text_can_be_answered(shop: Caller) -> None:
    """A lone surrogate that a field repeats does not break the answer (GQL-06)."""
    query = "mutation ($sku: String!) { add(sku: $sku) }"
    for text in ("\ud800", "\0", "\U0001f600"):
        answer = shop.post_bytes(as_body(query, sku=text))
        assert answer.json() == {"data": {"add": text}}


def test_a_host_with_a_server_of_its_own(memory: LockedClient) -> None:
    """A host that merges the types and executes the schema itself gets the same answers."""
    service = make_service(make_config(table="edges"), PLATFORM, client=memory)
    query = merge_types("Query", (AuthQuery, HostQuery))
    schema = AuthSchema(query, AuthMutation, development=False)

    async def ask(text: str, *authorization: str, **variables: str) -> ExecutionResult:
        request = AuthRequest(service, authorization)
        return await schema.execute(text, variables, {"auth": request})

    async def converse() -> None:
        login = {"email": ALICE.email, "password": ALICE.password}
        answer = await ask(LOGIN, **login)
        assert answer.data
        token = answer.data["generateCustomerToken"]["token"]
        signed_in = await ask("{ basket }", f"Bearer {token}")
        assert signed_in.data == {"basket": f"basket of {ALICE.customer_id!r}"}
        refused = await ask("{ basket }")
        assert refused.errors
        assert refused.errors[0].extensions == {
            "category": "graphql-authorization",
            "code": "UNAUTHENTICATED",
        }

    anyio.run(converse)


def test_each_field_runs_at_its_own_time(memory: LockedClient) -> None:
    """CORE-11: a refresh behind a login that took an hour is refused, as it would be by itself."""
    now = [1_709_283_600.0]

    class SlowPlatform:
        async def login(self, email: str, password: str) -> str:
            now[0] += 3600 * (email == "slow@example.com")
            return email

    service = make_service(
        make_config(table="edges"), SlowPlatform(), client=memory, clock=lambda: now[0]
    )
    schema = AuthSchema(AuthQuery, AuthMutation, development=False)

    async def ask(text: str, *authorization: str, **variables: str) -> Any:
        request = AuthRequest(service, authorization)
        return (await schema.execute(text, variables, {"auth": request})).data

    async def converse() -> None:
        login = await ask(LOGIN, email="quick@example.com", password="")
        pair = login["generateCustomerToken"]
        both = await ask(
            """mutation ($email: String!, $refresh_token: String!) {
            slow: generateCustomerToken(email: $email, password: "") { token }
            late: refreshCustomerToken(refresh_token: $refresh_token) { token } }""",
            f"Bearer {pair['token']}",
            email="slow@example.com",
            refresh_token=pair["refresh_token"],
        )
        assert both["slow"]
        assert both["late"] is None

    anyio.run(converse)
