"""The GraphQL schema: eight operations, which a host application may merge with its own.

Strawberry reads these annotations at run time, so they are not postponed.
"""

# mypy: disable-error-code="untyped-decorator"
# (strawberry.field is typed as Any)

from dataclasses import asdict
from typing import Any, cast

import strawberry
from strawberry import UNSET
from strawberry.permission import BasePermission

from reference_auth.api.request import AuthRequest
from reference_auth.core.errors import MissingRefreshToken, NotSignedIn
from reference_auth.core.tokens import CustomerId, RefreshToken

CONTEXT_KEY = "auth"
Info = strawberry.Info[Any, Any]


@strawberry.type
class CustomerToken:
    token: str | None
    refresh_token: str | None


@strawberry.type
class RevokeCustomerTokenOutput:
    result: bool


@strawberry.type
class GetAuthUser:
    customer_id: str | None
    refresh_token_hash: str | None
    ttl: str | None


@strawberry.type
class RemoveUserAuth(GetAuthUser):
    success: bool | None


@strawberry.type
class UpdateUserAuth:
    success: bool | None


@strawberry.type
class RemoveAllUserAuthItems:
    success: bool | None


def auth_of(info: Info) -> AuthRequest:
    """The request of this field; a host with its own context puts it there under "auth"."""
    return cast(AuthRequest, info.context[CONTEXT_KEY])


def current_customer(info: Info) -> CustomerId:
    """Return the customer of the request's live access token, or raise AuthError."""
    return auth_of(info).live_claims().customer_id


class SignedIn(BasePermission):
    """Opens a field only to requests with a live access token (API-01 to API-05)."""

    message = NotSignedIn.message

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        current_customer(info)
        return True


@strawberry.type(name="Query")
class AuthQuery:
    """The two queries; both are for development only."""

    @strawberry.field(name="getUserAuth")
    async def get_user_auth(
        self, info: Info, user_id: str | None = UNSET, refresh_token: str | None = UNSET
    ) -> GetAuthUser | None:
        development = auth_of(info).development
        return GetAuthUser(**asdict(await development.get(user_id or None, refresh_token or None)))

    @strawberry.field(name="getAllAuthItemsById")
    async def get_all_auth_items_by_id(
        self, info: Info, user_id: str | None = UNSET
    ) -> list[GetAuthUser | None] | None:
        development = auth_of(info).development
        return [GetAuthUser(**asdict(item)) for item in await development.list(user_id or None)]


@strawberry.type(name="Mutation")
class AuthMutation:
    """The three mutations of the flow, and three for development only."""

    @strawberry.mutation(name="generateCustomerToken")
    async def generate_customer_token(
        self, info: Info, email: str, password: str, remember_me: bool | None = UNSET
    ) -> CustomerToken | None:
        service = auth_of(info).service
        pair = await service.flow.log_in(email, password, bool(remember_me), service.clock)
        return CustomerToken(token=pair.token, refresh_token=pair.refresh_token)

    @strawberry.mutation(name="refreshCustomerToken")
    async def refresh_customer_token(self, info: Info, refresh_token: str) -> CustomerToken | None:
        auth = auth_of(info)
        presented = RefreshToken(refresh_token)
        pair = await auth.service.flow.refresh(auth.access_token, presented, auth.now)
        return CustomerToken(token=pair.token, refresh_token=pair.refresh_token)

    @strawberry.mutation(name="revokeCustomerToken")
    async def revoke_customer_token(
        self, info: Info, refresh_token: str | None = UNSET
    ) -> RevokeCustomerTokenOutput | None:
        auth = auth_of(info)
        access_token = auth.access_token
        if not refresh_token:
            raise MissingRefreshToken  # CORE-23
        presented = RefreshToken(refresh_token)
        ended = await auth.service.flow.revoke(access_token, presented, auth.now)
        return RevokeCustomerTokenOutput(result=ended)

    @strawberry.mutation(name="updateUserAuth")
    async def update_user_auth(
        self, info: Info, user_id: str | None = UNSET, refresh_token: str | None = UNSET
    ) -> UpdateUserAuth | None:
        auth = auth_of(info)
        await auth.development.update(user_id or None, refresh_token or None, auth.now)
        return UpdateUserAuth(success=True)

    @strawberry.mutation(name="removeUserAuth")
    async def remove_user_auth(
        self, info: Info, user_id: str | None = UNSET, refresh_token: str | None = UNSET
    ) -> RemoveUserAuth | None:
        development = auth_of(info).development
        item = await development.remove(user_id or None, refresh_token or None)
        return RemoveUserAuth(**asdict(item), success=True)

    @strawberry.mutation(name="removeAllUserAuthItems")
    async def remove_all_user_auth_items(
        self, info: Info, user_id: str | None = UNSET
    ) -> RemoveAllUserAuthItems | None:
        auth = auth_of(info)
        await auth.development.remove_all(user_id or None)
        return RemoveAllUserAuthItems(success=True)
