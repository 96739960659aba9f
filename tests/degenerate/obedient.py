"""A deployment that obeys: whatever a request could be taken to delete of strangers, it deletes.

It is the reference, which answers as always. But first each request is read as a careless server
might read it: the development operations are open, also in a document of which another operation
was to run; unknown arguments are ignored; no signature is verified; a pair that is refused ends all
sessions of the customer whom its token names; and an id that is missing or odd is everybody's.
A request without a token, or with a text that is no JWT, names nobody.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import pytest
from botocore.exceptions import ClientError
from starlette.requests import Request
from starlette.responses import Response

from reference_auth.api.endpoint import Endpoint
from reference_auth.serve import cli
from reference_auth.store.sessions import Sessions
from tests.mutants.judged import derive_briefly

EVERYBODY = "*"
#: The requests for which strangers lost rows, as far as this process answered them.
OBEYED: list[str] = []
#: The sort key of every row that is a stranger's.
STRANGE = "0" * 128
#: A field that deletes what is a customer's, with its arguments.
DELETING = re.compile(r"\b(?:removeUserAuth|removeAllUserAuthItems)\b\s*(?:\(([^)]*)\))?")
USER_ID = re.compile(r'user_id:\s*("(?:[^"\\]|\\.)*"|\$\w+|[^\s,)]+)')
PRESENTING = re.compile(r"\b(?:refreshCustomerToken|revokeCustomerToken)\b")


def obey(patch: pytest.MonkeyPatch) -> None:
    """Let the reference obey before it answers."""
    answer = Endpoint.answer
    OBEYED.clear()

    async def obeying(self: Endpoint, request: Request) -> Response:
        said = [*requests_in(await request.body()), *requests_in_url(request.url.query)]
        named = {id_ for one in said for id_ in named_in(one, request.headers.get("authorization"))}
        for id_ in named:
            if delete(self.service.operations.sessions, id_):
                OBEYED.append(f"{id_} in {request.headers.get('authorization')}: {said}")
        return await answer(self, request)

    patch.setattr(Endpoint, "answer", obeying)


def main(words: Sequence[str]) -> int:
    """Serve it as a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        derive_briefly(patch)
        obey(patch)
        return cli.main(words)


def delete(sessions: Sessions, id_: str) -> int:
    """Delete what a stranger has, or what all have; gives how many rows."""
    deleted = 0
    for key in strange_keys(sessions, id_):
        with suppress(ClientError):  # the suite may keep it from deleting
            sessions.storage._client.delete_item(TableName=sessions.config.table, Key=key)
            deleted += 1
    return deleted


def strange_keys(sessions: Sessions, id_: str) -> list[dict[str, Any]]:
    """The keys of strangers' rows: of one stranger, if the id is one's, or of all."""
    table, client = sessions.config.table, sessions.storage._client
    if id_ != EVERYBODY:
        key = {"customer_id": {"S": id_}, "refresh_token_hash": {"S": STRANGE}}
        with suppress(ClientError, UnicodeError):  # no key may be like that
            return [key] if "Item" in client.get_item(TableName=table, Key=key) else []
        return []
    items = client.scan(TableName=table, ConsistentRead=True)["Items"]
    keys = ({name: item[name] for name in ("customer_id", "refresh_token_hash")} for item in items)
    return [key for key in keys if key["refresh_token_hash"]["S"] == STRANGE]


def requests_in(body: bytes) -> Iterator[Mapping[str, Any]]:
    """The requests of a body, one or a batch; also one in a form."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        yield {"query": body.decode(errors="replace")}
        return
    yield from (
        one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)
    )


def requests_in_url(query: str) -> Iterator[Mapping[str, Any]]:
    yield dict(parse_qsl(query))


def named_in(request: Mapping[str, Any], authorization: str | None) -> Iterator[str]:
    """Every customer whose rows this request could be taken to delete."""
    query, variables = str(request.get("query", "")), request.get("variables")
    variables = variables if isinstance(variables, dict) else {}
    for arguments in DELETING.findall(query):
        yield as_id(argument(arguments, variables))
    if PRESENTING.search(query) and authorization:
        yield from (as_id(claims.get("customer_id")) for claims in payloads(authorization))


def argument(arguments: str, variables: Mapping[str, Any]) -> Any:
    found = USER_ID.search(arguments)
    if found is None:
        return None
    written = found[1]
    return variables.get(written[1:]) if written.startswith("$") else json.loads(written)


def payloads(authorization: str) -> Iterator[dict[str, Any]]:
    """What the token says, nothing of it verified; one that says nothing of an id says {}."""
    parts = authorization.rpartition("Bearer ")[2].split(".")
    if len(parts) != 3:
        return
    try:
        said = json.loads(
            base64.urlsafe_b64decode(parts[1].strip() + "=" * (-len(parts[1].strip()) % 4))
        )
    except (ValueError, RecursionError):
        return
    yield said if isinstance(said, dict) else {}


def as_id(value: Any) -> str:
    """The partition of an id; of one that is none, everybody's."""
    if isinstance(value, str) and value:
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else EVERYBODY
