"""Defects of the five development operations, and of what keeps them closed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from graphql import FragmentSpreadNode
from starlette.requests import Request
from starlette.responses import Response

from reference_auth.api import endpoint, schema
from reference_auth.api.endpoint import JSON, Endpoint
from reference_auth.api.request import AuthRequest, Service
from reference_auth.core import config
from reference_auth.core.errors import AuthError, NoSuchSession, Unauthorised
from reference_auth.core.rows import ended_partition_of
from reference_auth.flow import development
from reference_auth.flow.development import AuthItem, Development
from reference_auth.store import items
from reference_auth.store.items import Item
from reference_auth.store.retry import deadline
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around

FIVE = ("get", "list", "update", "remove", "remove_all")


def opened(service: Service) -> Service:
    """The same service as if it ran in development."""
    return replace(service, config=replace(service.config, development=True))


# -- where it is development -------------------------------------------------------------------


@mutant("DEV-01", also="DEV-02 DEV-04 DEV-05 DEV-06 DEV-07 DEV-08 DEV-09 STORE-06", known_as="M54")
def turns_the_check_round(patch: pytest.MonkeyPatch) -> None:
    """The development operations are open outside development, and closed in it."""

    def development(self: AuthRequest) -> Development:
        if self.service.config.development:
            raise Unauthorised
        return self.service.operations

    patch.setattr(AuthRequest, "development", property(development))


@mutant("DEV-03", known_as="M54")
def takes_all_but_production_for_development(patch: pytest.MonkeyPatch) -> None:
    """Every mode but the exact word production opens the development operations."""
    patch.setattr(config, "is_development", lambda node_env: node_env != "production")


@mutant("DEV-03")
def takes_an_unset_mode_for_development(patch: pytest.MonkeyPatch) -> None:
    """Where no mode is named at all, the development operations are open."""
    patch.setattr(config, "is_development", lambda node_env: node_env in (None, "development"))


@mutant("DEV-03")
def takes_an_empty_mode_for_development(patch: pytest.MonkeyPatch) -> None:
    """Where the mode is set to nothing, the development operations are open."""
    patch.setattr(config, "is_development", lambda node_env: node_env in ("", "development"))


@mutant("DEV-03", known_as="M54")
def ignores_the_case_of_the_mode(patch: pytest.MonkeyPatch) -> None:
    """Development, written with a capital, opens the development operations."""
    patch.setattr(
        config, "is_development", lambda node_env: (node_env or "").lower() == "development"
    )


@mutant("DEV-03")
def ignores_blanks_around_the_mode(patch: pytest.MonkeyPatch) -> None:
    """A blank before the word does not keep the development operations closed."""
    patch.setattr(
        config, "is_development", lambda node_env: (node_env or "").strip() == "development"
    )


@mutant("DEV-03")
def ignores_a_line_end_after_the_mode(patch: pytest.MonkeyPatch) -> None:
    """The word is compared without the line end that a file of settings may leave behind it."""
    patch.setattr(
        config, "is_development", lambda node_env: (node_env or "").rstrip("\n") == "development"
    )


@mutant("DEV-03")
def takes_the_beginning_of_the_word_for_development(patch: pytest.MonkeyPatch) -> None:
    """The mode dev opens the development operations."""
    patch.setattr(config, "is_development", lambda node_env: node_env in ("dev", "development"))


@mutant("DEV-03")
def takes_whatever_begins_with_the_word_for_development(patch: pytest.MonkeyPatch) -> None:
    """Every mode that begins with the word development opens the development operations."""
    patch.setattr(
        config, "is_development", lambda node_env: (node_env or "").startswith("development")
    )


# -- one that is left open ---------------------------------------------------------------------


class OpenBut:
    """Development operations that are closed but for one."""

    def __init__(self, operations: Development, name: str) -> None:
        self._operations, self._name = operations, name

    def __getattr__(self, name: str) -> Any:
        if name != self._name:
            raise Unauthorised
        return getattr(self._operations, name)


def leaves_open(patch: pytest.MonkeyPatch, name: str) -> None:
    """One operation forgets to ask whether this is development."""

    def development(self: AuthRequest) -> Any:
        operations = self.service.operations
        return operations if self.service.config.development else OpenBut(operations, name)

    patch.setattr(AuthRequest, "development", property(development))


@mutant("DEV-01", also="DEV-02 DEV-03", known_as="M55")
def leaves_the_list_open(patch: pytest.MonkeyPatch) -> None:
    """getAllAuthItemsById forgets to ask whether this is development."""
    leaves_open(patch, "list")


@mutant("DEV-01", also="DEV-02 DEV-03 DEV-04")
def leaves_the_look_at_a_row_open(patch: pytest.MonkeyPatch) -> None:
    """getUserAuth forgets to ask whether this is development."""
    leaves_open(patch, "get")


@mutant("DEV-01", also="DEV-02 DEV-03")
def leaves_the_update_open(patch: pytest.MonkeyPatch) -> None:
    """updateUserAuth forgets to ask whether this is development."""
    leaves_open(patch, "update")


@mutant("DEV-01", also="DEV-02")
def leaves_the_removal_open(patch: pytest.MonkeyPatch) -> None:
    """removeUserAuth forgets to ask whether this is development."""
    leaves_open(patch, "remove")


@mutant("DEV-01", also="DEV-02 DEV-03")
def leaves_the_removal_of_all_open(patch: pytest.MonkeyPatch) -> None:
    """removeAllUserAuthItems forgets to ask whether this is development."""
    leaves_open(patch, "remove_all")


@mutant("DEV-01")
def opens_to_whoever_is_signed_in(patch: pytest.MonkeyPatch) -> None:
    """Outside development a live access token opens the look at a row."""

    def development(self: AuthRequest) -> Any:
        operations = self.service.operations
        if self.service.config.development:
            return operations
        try:
            self.live_claims()
        except AuthError:
            raise Unauthorised from None
        return OpenBut(operations, "get")

    patch.setattr(AuthRequest, "development", property(development))


# -- the order of the checks -------------------------------------------------------------------


def asks_last(patch: pytest.MonkeyPatch, first: Callable[[Development, Any], Any]) -> None:
    """Each operation does something first, and only then asks whether this is development."""

    def after(method: Any) -> Any:
        async def guarded(self: Development, user_id: str | None, *rest: Any) -> Any:
            await first(self, user_id)
            if not self.sessions.config.development:
                raise Unauthorised
            return await method(self, user_id, *rest)

        return guarded

    for name in FIVE:
        patch.setattr(Development, name, after(getattr(Development, name)))
    patch.setattr(AuthRequest, "development", property(lambda self: self.service.operations))


@mutant("DEV-02", known_as="M55")
def judges_the_arguments_first(patch: pytest.MonkeyPatch) -> None:
    """A missing user_id is complained of before anybody asks whether this is development."""

    async def first(operations: Development, user_id: str | None) -> None:
        development.partition_for(user_id)

    asks_last(patch, first)


@mutant("DEV-02", also="DEV-01")
def asks_the_table_first(patch: pytest.MonkeyPatch) -> None:
    """The customer's fence is read before anybody asks whether this is development."""

    async def first(operations: Development, user_id: str | None) -> None:
        await operations.sessions.fence(user_id or "nobody")

    asks_last(patch, first)


# -- the form of the document ------------------------------------------------------------------


def opens_for(patch: pytest.MonkeyPatch, form: Callable[[Any], bool]) -> None:
    """What asks whether this is development does not see fields of this form."""
    auth_of = schema.auth_of

    def auth(info: Any) -> AuthRequest:
        found = auth_of(info)
        return replace(found, service=opened(found.service)) if form(info._raw_info) else found

    patch.setattr(schema, "auth_of", auth)


@mutant("DEV-04")
def does_not_know_a_field_by_its_alias(patch: pytest.MonkeyPatch) -> None:
    """A development operation under an alias is not taken for one."""
    opens_for(patch, lambda info: info.path.key != info.field_name)


@mutant("DEV-04")
def does_not_look_into_fragments(patch: pytest.MonkeyPatch) -> None:
    """A development operation in a fragment is not taken for one."""

    def is_within(info: Any) -> bool:
        return info.field_nodes[0] not in info.operation.selection_set.selections

    opens_for(patch, is_within)


@mutant("DEV-04")
def does_not_look_into_fragments_of_fragments(patch: pytest.MonkeyPatch) -> None:
    """A development operation in a fragment that another one spreads is not taken for one."""

    def is_deep(info: Any) -> bool:
        near = list(info.operation.selection_set.selections)
        for spread in [each for each in near if isinstance(each, FragmentSpreadNode)]:
            near += info.fragments[spread.name.value].selection_set.selections
        return info.field_nodes[0] not in near

    opens_for(patch, is_deep)


@mutant("DEV-04")
def looks_through_the_outer_fragments_of_a_document(patch: pytest.MonkeyPatch) -> None:
    """A document is searched for the operation's name, but no fragment that another one spreads."""

    def is_hidden(info: Any) -> bool:
        near = list(info.operation.selection_set.selections)
        for spread in [each for each in near if isinstance(each, FragmentSpreadNode)]:
            near += info.fragments[spread.name.value].selection_set.selections
        return info.field_name not in {each.name.value for each in near if hasattr(each, "name")}

    opens_for(patch, is_hidden)


@mutant("DEV-04")
def looks_at_the_first_operation_only(patch: pytest.MonkeyPatch) -> None:
    """A development operation in a document's second operation is not taken for one."""
    opens_for(patch, lambda info: info.operation.loc.start > 0)


@mutant("DEV-04", also="GQL-07")
def looks_at_the_first_of_a_batch_only(patch: pytest.MonkeyPatch) -> None:
    """An array of two requests is answered, and only its first asks whether this is development."""
    answer = Endpoint.answer

    async def answer_both(self: Endpoint, request: Request) -> Response:
        body = await request.body()
        if not body.startswith(b"[{"):
            return await answer(self, request)
        first, *others = map(endpoint.read_operation, json.loads(body)[:2])
        results = [await self._run(request, first)]
        careless = Endpoint(self.schema, opened(self.service))
        results += [await careless._run(request, each) for each in others]
        return Response(json.dumps([*map(endpoint.body_of, results)]), media_type=JSON)

    patch.setattr(Endpoint, "answer", answer_both)


# -- what they do ------------------------------------------------------------------------------


@mutant("DEV-05")
def writes_a_row_under_the_token_itself(patch: pytest.MonkeyPatch) -> None:
    """The key of a row is the refresh token as it was given, and not its hash."""

    async def key(
        self: Development, user_id: str | None, refresh_token: str | None
    ) -> tuple[str, str]:
        return development.partition_for(user_id), refresh_token or "-"

    patch.setattr(Development, "key", key)


@mutant("DEV-05")
def updates_and_does_not_say_so(patch: pytest.MonkeyPatch) -> None:
    """updateUserAuth answers success null."""
    output = schema.UpdateUserAuth
    patch.setattr(schema, "UpdateUserAuth", lambda success: output(success=None))


@mutant("DEV-05", also="DEV-11")
def does_not_update_what_is_there(patch: pytest.MonkeyPatch) -> None:
    """updateUserAuth is an error for a row that exists."""
    update = Development.update

    async def only_new(
        self: Development, user_id: str | None, refresh_token: str | None, now: int
    ) -> None:
        if (await self.get(user_id, refresh_token)).refresh_token_hash:
            raise NoSuchSession
        await update(self, user_id, refresh_token, now)

    patch.setattr(Development, "update", only_new)


def gets(patch: pytest.MonkeyPatch, change: Callable[[AuthItem], AuthItem]) -> None:
    """getUserAuth shows a row otherwise."""
    get = Development.get

    async def changed(
        self: Development, user_id: str | None, refresh_token: str | None
    ) -> AuthItem:
        return change(await get(self, user_id, refresh_token))

    patch.setattr(Development, "get", changed)


@mutant("DEV-06")
def calls_an_unknown_row_an_error(patch: pytest.MonkeyPatch) -> None:
    """getUserAuth answers an error for a row that is not there."""

    def known(item: AuthItem) -> AuthItem:
        if item.customer_id is None:
            raise NoSuchSession
        return item

    gets(patch, known)


@mutant("DEV-06")
def shows_no_owner(patch: pytest.MonkeyPatch) -> None:
    """getUserAuth leaves the customer's id out."""
    gets(patch, lambda item: replace(item, customer_id=None))


def shows(patch: pytest.MonkeyPatch, form: str) -> None:
    """A ttl is read from one of its two forms only."""
    shown = development.as_auth_item

    def one_form(item: Item) -> AuthItem:
        return replace(shown(item), ttl=item.get("ttl", {}).get(form))

    patch.setattr(development, "as_auth_item", one_form)


@mutant("DEV-06", also="DEV-08")
def shows_no_ttl_that_is_a_number(patch: pytest.MonkeyPatch) -> None:
    """A ttl of type Number is shown as null, as the module shows it."""
    shows(patch, "S")


@mutant("DEV-06")
def shows_a_round_ttl_in_its_shortest_form(patch: pytest.MonkeyPatch) -> None:
    """A ttl that ends in zeros is shown by its digits and an exponent."""
    shown = development.as_auth_item

    def shortest(item: Item) -> AuthItem:
        found = shown(item)
        return replace(found, ttl=found.ttl and str(Decimal(found.ttl).normalize()))

    patch.setattr(development, "as_auth_item", shortest)


@mutant("DEV-06")
def shows_no_ttl_that_is_a_text(patch: pytest.MonkeyPatch) -> None:
    """A ttl of type String, which older nodes write, is shown as null."""
    shows(patch, "N")


@mutant("DEV-07")
def lists_one_page(patch: pytest.MonkeyPatch) -> None:
    """getAllAuthItemsById shows what the first query finds."""

    async def first_page(self: Development, user_id: str | None) -> list[AuthItem]:
        async for page in self.sessions.pages(development.partition_for(user_id)):
            return list(map(development.as_auth_item, page))
        return []

    patch.setattr(Development, "list", first_page)


@mutant("DEV-07")
def gathers_all_lists_in_one(patch: pytest.MonkeyPatch) -> None:
    """Lists that are made at the same time hold each other's rows."""
    found: list[AuthItem] = []

    async def gather(self: Development, user_id: str | None) -> list[AuthItem]:
        found.clear()
        async for page in self.sessions.pages(development.partition_for(user_id)):
            found.extend(map(development.as_auth_item, page))
        return found

    patch.setattr(Development, "list", gather)


@mutant("DEV-07")
def calls_an_empty_list_an_error(patch: pytest.MonkeyPatch) -> None:
    """getAllAuthItemsById answers an error for a customer without rows."""
    listed = Development.list

    async def some(self: Development, user_id: str | None) -> list[AuthItem]:
        found = await listed(self, user_id)
        if not found:
            raise NoSuchSession
        return found

    patch.setattr(Development, "list", some)


@mutant("DEV-08")
def removes_a_row_twice(patch: pytest.MonkeyPatch) -> None:
    """removeUserAuth answers success for a row that is gone already."""

    async def remove(self: Development, user_id: str | None, refresh_token: str | None) -> AuthItem:
        return development.as_auth_item(
            await self.sessions.delete(*await self.key(user_id, refresh_token)) or {}
        )

    patch.setattr(Development, "remove", remove)


def removes(patch: pytest.MonkeyPatch, change: Callable[[AuthItem], AuthItem]) -> None:
    """removeUserAuth shows what it deleted otherwise."""
    remove = Development.remove

    async def changed(
        self: Development, user_id: str | None, refresh_token: str | None
    ) -> AuthItem:
        return change(await remove(self, user_id, refresh_token))

    patch.setattr(Development, "remove", changed)


@mutant("DEV-08")
def does_not_show_what_it_removed(patch: pytest.MonkeyPatch) -> None:
    """removeUserAuth answers success alone."""
    removes(patch, lambda item: AuthItem())


@mutant("DEV-08")
def forgets_the_ttl_of_what_it_removed(patch: pytest.MonkeyPatch) -> None:
    """removeUserAuth answers the deleted row without its ttl."""
    removes(patch, lambda item: replace(item, ttl=None))


@mutant("DEV-08")
def removes_a_text_ttl_unseen(patch: pytest.MonkeyPatch) -> None:
    """removeUserAuth answers a row whose ttl is a text without it; the queries show it."""

    async def remove(self: Development, user_id: str | None, refresh_token: str | None) -> AuthItem:
        item = await self.sessions.delete(*await self.key(user_id, refresh_token))
        if not item:
            raise NoSuchSession
        return replace(development.as_auth_item(item), ttl=item.get("ttl", {}).get("N"))

    patch.setattr(Development, "remove", remove)


@mutant("DEV-08")
def removes_the_other_rows_too(patch: pytest.MonkeyPatch) -> None:
    """removeUserAuth empties the customer's partition."""
    remove = Development.remove

    async def remove_more(
        self: Development, user_id: str | None, refresh_token: str | None
    ) -> AuthItem:
        removed = await remove(self, user_id, refresh_token)
        await self.remove_all(user_id)
        return removed

    patch.setattr(Development, "remove", remove_more)


@mutant("DEV-09")
def reads_digits_as_a_number_when_it_removes_all(patch: pytest.MonkeyPatch) -> None:
    """removeAllUserAuthItems takes an id in digits for the number that it looks like."""

    async def remove_all(original: Any, found: Development, user_id: str | None) -> None:
        digits = user_id is not None and user_id.isdigit()
        await original(found, str(int(user_id or 0)) if digits else user_id)

    around(patch, Development, "remove_all", remove_all)


@mutant("DEV-09")
def removes_one_page(patch: pytest.MonkeyPatch) -> None:
    """removeAllUserAuthItems deletes what the first query finds, and says that this was all."""

    async def remove_first_page(self: Development, user_id: str | None) -> None:
        async for page in self.sessions.pages(development.partition_for(user_id)):
            await self.sessions.delete_all(map(items.read_row, page))
            return

    patch.setattr(Development, "remove_all", remove_first_page)


@mutant("DEV-09", also="FAULT-07")
def removes_one_batch(patch: pytest.MonkeyPatch) -> None:
    """removeAllUserAuthItems deletes 25 rows, and says that these were all."""

    async def remove_first_batch(self: Development, user_id: str | None) -> None:
        async for page in self.sessions.pages(development.partition_for(user_id)):
            await self.sessions.delete_all(map(items.read_row, page[:25]))

    patch.setattr(Development, "remove_all", remove_first_batch)


@mutant("DEV-09")
def calls_an_empty_partition_an_error(patch: pytest.MonkeyPatch) -> None:
    """removeAllUserAuthItems answers an error for a customer without rows."""
    remove_all = Development.remove_all

    async def remove_some(self: Development, user_id: str | None) -> None:
        if not await self.list(user_id):
            raise NoSuchSession
        await remove_all(self, user_id)

    patch.setattr(Development, "remove_all", remove_some)


@mutant("DEV-11")
def writes_the_ttl_of_an_example(patch: pytest.MonkeyPatch) -> None:
    """updateUserAuth writes a ttl of 100000, which is 2 January 1970."""

    async def update(original: Any, self: Development, *given: Any) -> None:
        lifetime = self.sessions.config.lifetimes.refresh
        await original(self, *given[:2], 100_000 - lifetime)

    around(patch, Development, "update", update)


@mutant("HARD-31")
def forgets_ended_pairs_with_the_rows_it_removes(patch: pytest.MonkeyPatch) -> None:
    """removeAllUserAuthItems deletes what is kept of a customer's ended pairs and burns, too."""

    async def remove_all(original: Any, operations: Development, user_id: Any) -> None:
        await original(operations, user_id)
        with deadline():
            while await operations.sweep(ended_partition_of(user_id)):
                pass

    around(patch, Development, "remove_all", remove_all)
