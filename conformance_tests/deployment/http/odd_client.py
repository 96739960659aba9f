"""The client for requests that no front end makes: unusual forms, bodies and addresses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client, bearer
from conformance_tests.deployment.http.documents import OPERATIONS, TYPENAME
from conformance_tests.deployment.http.odd_documents import (
    FORMS,
    INTROSPECTION,
    MALFORMED,
    MISSPELT,
    SIMPLE_MEDIA,
    TOKEN_NAMES,
    TOO_LARGE,
    UPGRADE,
    Fields,
)
from conformance_tests.deployment.http.throttle import Throttled

if TYPE_CHECKING:
    from conformance_tests.target.parts import Credentials

#: An operation, and its arguments.
Field = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class OddClient:
    """Sends requests to the same instance as `client`, recorded too."""

    client: Client

    # -- the same fields in another form -------------------------------------------------------

    def in_form(
        self, form: str, names: list[str], given: Mapping[str, Any], token: str | None = None
    ) -> Answer:
        """These fields of one root type, asked in one of FORMS."""
        return self.client.post(FORMS[form](Fields(names, given)), authorization=bearer(token))

    def refresh_each(self, token: str, *refresh_tokens: str) -> list[Answer]:
        """A refresh with each of these in one document; what each field answers."""
        return self._each("mutation", map(_refresh, refresh_tokens), token)

    def refresh_as_written(self, token: str, refresh_token: str) -> Iterator[Answer]:
        """A refresh whose token stands in the document: odd letters as escapes, and as they are."""
        operation, field = OPERATIONS["refreshCustomerToken"], _refresh(refresh_token)[1]
        escaped = f"mutation {{ {operation.field(field)} }}"
        plain = escaped.replace(json.dumps(refresh_token), f'"{refresh_token}"')
        for document in (escaped, plain):
            yield self.client.post(
                {"query": document}, operation=operation.name, authorization=bearer(token)
            )

    def log_in_and_refresh(
        self, who: Credentials, token: str | None, *refresh_tokens: str
    ) -> list[Answer]:
        """A login and then a refresh of each of these in one document; what each field answers."""
        self.client.count_logins(1)
        return self._each("mutation", [_login(who), *map(_refresh, refresh_tokens)], token)

    def log_in_each(self, who: Credentials, *given: Mapping[str, object]) -> list[Answer]:
        """A login with each of these arguments, or hers, in one document; what each answers."""
        self.client.count_logins(len(given))
        return self._each("mutation", [_login(who, **each) for each in given])

    def list_both(self, *user_ids: str) -> list[Answer]:
        """The rows of each of these, asked for in one document."""
        return self._each("query", map(_list, user_ids))

    def _each(self, kind: str, fields: Iterable[Field], token: str | None = None) -> list[Answer]:
        """Ask for these fields in one document, each by an alias; what each of them answers."""
        written = [OPERATIONS[name].field(given, f"a{n}") for n, (name, given) in enumerate(fields)]
        document = {"query": f"{kind} {{ {' '.join(written)} }}"}
        answer = self.client.post(document, authorization=bearer(token))
        return [answer.of_alias(f"a{number}") for number in range(len(written))]

    def log_in_often(self, form: str, times: int, who: Credentials) -> Answer:
        """So many logins in one request; here a throttle's refusal is an answer too."""
        self.client.count_logins(times)
        names = ["generateCustomerToken"] * times
        try:
            return self.in_form(form, names, {"email": who.email, "password": who.password})
        except Throttled as throttled:
            return throttled.answer  # a throttle that counts attempts is what the row asks for

    # -- by another door -----------------------------------------------------------------------

    def revokes_by_get(self, token: str, refresh_token: str) -> Iterator[Answer]:
        """The mutation as a GET request: plainly, as if it were JSON, behind a comment, as the
        second of two operations, and in a body.
        """
        request = _revoke(refresh_token)
        variables = json.dumps(request["variables"])
        json_type = {"content-type": "application/json"}
        for before, headers in (("", {}), ("", json_type), ("# of a query\n", {})):
            yield self.client.get(
                {"query": before + request["query"], "variables": variables},
                operation="revokeCustomerToken",
                authorization=f"Bearer {token}",
                **headers,
            )
        second = request["query"].replace("mutation", "mutation Second", 1)
        yield self.client.get(
            {
                "query": f"query First {TYPENAME} {second}",
                "variables": variables,
                "operationName": "Second",
            },
            operation="revokeCustomerToken",
            authorization=f"Bearer {token}",
        )
        # A server may leave the body of a GET unread, as the beginning of the next request.
        alone = {**json_type, "connection": "close"}
        yield self.client.send(
            "GET",
            "revokeCustomerToken",
            headers={**alone, "authorization": f"Bearer {token}"},
            content=json.dumps(request).encode(),
        )

    def revokes_as(self, media: str, token: str, refresh_token: str) -> Iterator[Answer]:
        """The mutation in a body of one of SIMPLE_MEDIA, its type in every case, and with a charset
        as browsers name it.
        """
        content_type, body_of = SIMPLE_MEDIA[media]
        kind, semicolon, parameters = content_type.partition(";")
        in_each_case = (f"{it}{semicolon}{parameters}" for it in (kind, kind.title(), kind.upper()))
        for spelt in (*in_each_case, f"{content_type};charset=UTF-8"):
            yield self.client.post(
                body_of(_revoke(refresh_token)),
                operation="revokeCustomerToken",
                authorization=bearer(token),
                headers={"content-type": spelt},
            )

    def revoke_untyped(self, token: str, refresh_token: str) -> Answer:
        """The mutation in a body of which no Content-Type is said."""
        return self.client.send(
            "POST",
            "revokeCustomerToken",
            headers={"authorization": f"Bearer {token}"},
            content=json.dumps(_revoke(refresh_token)).encode(),
        )

    def too_large(self) -> Iterator[tuple[str, Answer]]:
        """The answer to each of the bodies in TOO_LARGE, by its kind."""
        for kind, body in TOO_LARGE.items():
            yield kind, self.client.post(body)

    def asked_from(self, origin: str) -> Iterator[Answer]:
        """What a page of this origin gets: the answer to a preflight, and to a query."""
        asking = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        yield self.client.send("OPTIONS", "", headers=asking)
        query = {"query": TYPENAME}
        yield self.client.post(query, operation="__typename", headers={"origin": origin})

    def malformed(self, kind: str) -> Answer:
        """One of the bodies in MALFORMED."""
        return self.client.post(MALFORMED[kind])

    def page(self) -> Answer:
        """What a browser gets that is pointed at the endpoint."""
        return self.client.send("GET", "", headers={"accept": "text/html,*/*;q=0.1"})

    def upgrade(self, subprotocol: str) -> Answer:
        """Ask for a WebSocket, as a subscription client does."""
        headers = {**UPGRADE, "sec-websocket-protocol": subprotocol}
        return self.client.send("GET", "", headers=headers)

    # -- what tells a stranger too much --------------------------------------------------------

    def introspections(self) -> Iterator[Answer]:
        """The answers to the ways of asking for the schema."""
        for name, document in INTROSPECTION.items():
            yield self.client.ask(document, {}, operation=name)

    def misspelt_fields(self) -> Iterator[tuple[Answer, str]]:
        """The answer to each misspelt field, and the name that it should not suggest."""
        for document, name in MISSPELT.items():
            yield self.client.ask(document, {}), name

    # -- credentials in places where nobody should look ----------------------------------------

    def refreshes_with_stray_token(self, token: str, refresh_token: str) -> Iterator[Answer]:
        """Refreshes without the header, or with one that holds no token, the access token being in
        URL, cookies or extensions.
        """
        headers = (None, "Bearer", "Bearer undefined", "Bearer null", "Basic Og==")
        places = _places(dict.fromkeys(TOKEN_NAMES, token) | _bearers(token))
        given = {"refresh_token": refresh_token}
        for header, place in product(headers, places):
            yield self._stray("refreshCustomerToken", given, place, header)

    def revokes_with_stray_access_token(self, token: str, refresh_token: str) -> Iterator[Answer]:
        """Revokes without the header, the access token being in URL, cookies or extensions."""
        for place in _places(dict.fromkeys(TOKEN_NAMES, token) | _bearers(token)):
            yield self._stray("revokeCustomerToken", {"refresh_token": refresh_token}, place)

    def revokes_with_stray_token(self, token: str, refresh_token: str) -> Iterator[Answer]:
        """Revokes without the argument, or with null, the refresh token being in URL, cookies or
        extensions.
        """
        stray = {"refresh_token": refresh_token}
        places = (*_places(stray), {"params": {"variables": json.dumps(stray)}})
        for given, place in product(({}, {"refresh_token": None}), places):
            yield self._stray("revokeCustomerToken", given, place, bearer(token))

    def refresh_under(self, authorization: bytes, refresh_token: str) -> Answer:
        """A refresh with this Authorization header, byte by byte."""
        given = {"refresh_token": refresh_token}
        return self._stray("refreshCustomerToken", given, {}, authorization)

    def _stray(
        self,
        operation: str,
        given: Mapping[str, Any],
        place: Mapping[str, Any],
        authorization: str | bytes | None = None,
    ) -> Answer:
        declared = dict.fromkeys(OPERATIONS[operation].arguments)
        body = {
            "query": OPERATIONS[operation].document({**declared, **given}),
            "variables": dict(given),
            **place.get("body", {}),
        }
        headers: dict[str, Any] = {
            "content-type": "application/json",
            "accept": "application/json",
        }
        if authorization is not None:
            headers["authorization"] = authorization
        return self.client.send(
            "POST",
            operation,
            headers={**headers, **place.get("headers", {})},
            params=place.get("params"),
            content=json.dumps(body).encode(),
        )


def _login(who: Credentials, **more: object) -> Field:
    return "generateCustomerToken", {"email": who.email, "password": who.password, **more}


def _refresh(refresh_token: str) -> Field:
    return "refreshCustomerToken", {"refresh_token": refresh_token}


def _list(user_id: str) -> Field:
    return "getAllAuthItemsById", {"user_id": user_id}


def _revoke(refresh_token: str) -> dict[str, Any]:
    given = {"refresh_token": refresh_token}
    return {"query": OPERATIONS["revokeCustomerToken"].document({**given}), "variables": given}


def _bearers(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "Authorization": f"Bearer {token}"}


def _places(stray: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The same values in the URL, in cookies and in the request's `extensions`."""
    cookies = "; ".join(f"{name}={quote(value)}" for name, value in stray.items())
    yield {"params": dict(stray)}
    yield {"headers": {"cookie": cookies}}
    yield {"body": {"extensions": {**stray, "headers": dict(stray), "variables": dict(stray)}}}
