"""The five operations on rows (SPEC.md section 14); outside development no schema has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.second.errors import BadInput, NoSuchEntity
from tests.second.flow import Flow
from tests.second.store import Row
from tests.second.tokens import is_customer_id

SDL = """
extend type Query {
  getUserAuth(user_id: String, refresh_token: String): GetAuthUser
  getAllAuthItemsById(user_id: String): [GetAuthUser]
}
extend type Mutation {
  updateUserAuth(user_id: String, refresh_token: String): UpdateUserAuth
  removeUserAuth(user_id: String, refresh_token: String): RemoveUserAuth
  removeAllUserAuthItems(user_id: String): RemoveAllUserAuthItems
}
type GetAuthUser { customer_id: String refresh_token_hash: String ttl: String }
type RemoveUserAuth {
  customer_id: String refresh_token_hash: String ttl: String success: Boolean
}
type UpdateUserAuth { success: Boolean }
type RemoveAllUserAuthItems { success: Boolean }
"""


def development_resolvers(flow: Flow, now: int) -> Mapping[str, Callable[..., object]]:
    """The resolver of each field."""

    def key(user_id: str | None = None, refresh_token: str | None = None) -> tuple[str, str]:
        if not refresh_token:
            raise BadInput("Missing refresh_token")
        return customer(user_id), flow.signer.stretch(refresh_token)

    def get(_: object, **arguments: str | None) -> dict[str, str]:
        row = flow.store.get(*key(**arguments))
        return _shown(row) if row else {}

    def get_all(_: object, user_id: str | None = None) -> list[dict[str, str]]:
        return [_shown(row) for row in flow.store.all_of(customer(user_id))]

    def update(_: object, **arguments: str | None) -> dict[str, bool]:
        flow.store.put((*key(**arguments), now + flow.settings.refresh))
        return {"success": True}

    def remove(_: object, **arguments: str | None) -> dict[str, str | bool]:
        row = flow.store.get(*key(**arguments))
        if row is None or not flow.store.delete(*row[:2]):
            raise NoSuchEntity("There is no such row")
        return {**_shown(row), "success": True}

    def remove_all(_: object, user_id: str | None = None) -> dict[str, bool]:
        flow.store.delete_all(customer(user_id))
        return {"success": True}

    def customer(user_id: str | None) -> str:
        if user_id is None or not is_customer_id(user_id):
            raise BadInput("Missing user_id, or one that no customer has")
        return user_id

    return {
        "getUserAuth": get,
        "getAllAuthItemsById": get_all,
        "updateUserAuth": update,
        "removeUserAuth": remove,
        "removeAllUserAuthItems": remove_all,
    }


def _shown(row: Row) -> dict[str, str]:
    customer, hash_, ttl = row
    return {"customer_id": customer, "refresh_token_hash": hash_, "ttl": str(ttl)}
