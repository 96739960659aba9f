"""Documents in unusual forms and bodies that are no GraphQL request, as data for `odd_client.py`.

A form says the same fields in another way. Values travel as variables, never in the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from conformance_tests.deployment.http.documents import OPERATIONS, SKIP

ROOTS: Final = {"query": "Query", "mutation": "Mutation"}


@dataclass(frozen=True, slots=True, repr=False)
class Fields:
    """Fields of one root type; each takes of the given values those that it has arguments for."""

    names: Sequence[str]
    given: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return OPERATIONS[self.names[0]].kind

    @property
    def variables(self) -> dict[str, Any]:
        taken = {key for name in self.names for key in OPERATIONS[name].arguments}
        return {key: value for key, value in self.given.items() if key in taken}

    def head(self, name: str = "") -> str:
        """The operation's beginning, its variables declared."""
        types = {k: v for name in self.names for k, v in OPERATIONS[name].arguments.items()}
        declared = ", ".join(f"${key}: {types[key]}" for key in self.variables)
        return f"{self.kind} {name}{f'({declared})' if declared else ''}"

    def aliased(self, *conditions: str) -> list[str]:
        """Each field under an alias of its own, and under one of these conditions in turn."""
        said = cycle(conditions or [""])
        return [f"a{n}: {self._field(name, next(said))}" for n, name in enumerate(self.names)]

    def _field(self, name: str, condition: str) -> str:
        operation = OPERATIONS[name]
        passed = ", ".join(f"{key}: ${key}" for key in self.given if key in operation.arguments)
        return f"{name}{f'({passed})' if passed else ''} {condition} {operation.selection}"

    def only(self, names: Sequence[str]) -> Fields:
        return Fields(names, self.given)

    def request(self, query: str, **more: Any) -> dict[str, Any]:
        return {"query": query, "variables": self.variables, **more}


def aliases(fields: Fields) -> Any:
    """One operation, each field under an alias."""
    return fields.request(f"{fields.head()} {{ {' '.join(fields.aliased())} }}")


def fragments(fields: Fields) -> Any:
    """Half of the fields in a named fragment, half in another, which an inline one of it spreads.

    Some fields, not all of them, are to run on a condition that holds.
    """
    root, spoken = ROOTS[fields.kind], fields.aliased("@include(if: true)", "", "@skip(if: false)")
    half = (len(spoken) + 1) // 2
    parts = [f"{fields.head()} {{ ...F }}"]
    for name, own in (("F", [*spoken[:half], "... { ...G }"]), ("G", spoken[half:] or spoken)):
        parts.append(f"fragment {name} on {root} {{ {' '.join(own)} }}")
    return fields.request(" ".join(parts))


def inline_fragments(fields: Fields) -> Any:
    """All fields in an inline fragment, the first of them in another one within it."""
    first, *others = fields.aliased()
    inner = f"... on {ROOTS[fields.kind]} {{ {first} }}"
    return fields.request(f"{fields.head()} {{ ... {{ {inner} {' '.join(others)} }} }}")


def nested_fragments(fields: Fields) -> Any:
    """All fields in a fragment, of which only another fragment speaks."""
    root, own = ROOTS[fields.kind], " ".join(fields.aliased())
    spread = f"fragment F on {root} {{ ...G }} fragment G on {root} {{ {own} }}"
    return fields.request(f"{fields.head()} {{ ...F }} {spread}")


def several(fields: Fields) -> Any:
    """A harmless operation first; the other one, with the last of the fields, is to run."""
    last = fields.only(fields.names[-1:])
    text = f"query Harmless {{ __typename }} {last.head('Other')} {{ {last.aliased()[0]} }}"
    return last.request(text, operationName="Other")


def batch(fields: Fields) -> Any:
    """An array of requests, one for each field."""
    return [aliases(fields.only([name])) for name in fields.names]


def batch_of_aliases(fields: Fields) -> Any:
    """An array of two requests, each with half of the fields."""
    half = (len(fields.names) + 1) // 2
    parts = (fields.names[:half], fields.names[half:])
    return [aliases(fields.only(part)) for part in parts if part]


Form = Callable[[Fields], Any]
FORMS: Final[Mapping[str, Form]] = {
    "aliases": aliases,
    "fragments": fragments,
    "inline fragments": inline_fragments,
    "nested fragments": nested_fragments,
    "several": several,
    "batch": batch,
    "batch of aliases": batch_of_aliases,
}
#: The forms in which every field runs.
MANY_AT_ONCE: Final = tuple(form for form in FORMS if form != "several")

# -- what tells a stranger too much ------------------------------------------------------------

_TYPE: Final = "name fields { name }"
INTROSPECTION: Final = {
    "__schema": f"{{ __schema {{ queryType {{ {_TYPE} }} mutationType {{ {_TYPE} }} }} }}",
    "__type": f'{{ __type(name: "Mutation") {{ {_TYPE} }} }}',
}
#: Names misspelt by a letter, and the right ones, which a helpful server would suggest.
MISSPELT: Final = {
    f"mutation {{ generateCustomerTokn {SKIP} {{ token }} }}": "generateCustomerToken",
    f"mutation {{ revokeCustomerToken {SKIP} {{ reslt }} }}": "result",
    f'mutation {{ revokeCustomerToken(refresh_tokn: "x") {SKIP} {{ result }} }}': "refresh_token",
}

# -- bodies that are not what they should be ---------------------------------------------------

DEEP: Final = 100_000
#: More than a megabyte of JSON, whole and cut off.
LARGE: Final = b'{"query": "{ __typename }", "extensions": {"padding": "%b"}}' % (b"x" * 1_200_000)
TOO_LARGE: Final[Mapping[str, bytes]] = {"JSON": LARGE, "truncated JSON": LARGE[:-2]}
MALFORMED: Final[Mapping[str, bytes]] = {
    "truncated JSON": b'{"query": "{ __typename }", "variables": {"a": ',
    "empty": b"",
    "number": b"3",
    "text": b'"{ __typename }"',
    "null": b"null",
    "bool": b"true",
    "invalid UTF-8": b'{"query": "{ __typename }", "operationName": "\xff\xfe\x80"}',
    "deep array": b"[" * DEEP + b"]" * DEEP,
    "deep variables": b'{"query": "{ __typename }", "variables": {"a": %b%b}}'
    % (b"[" * DEEP, b"]" * DEEP),
    "NaN": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "long number": b'{"query": "{ __typename }", "variables": {"a": %b}}' % (b"9" * 5_000),
    "query is a number": b'{"query": 3}',
    "query is a list": b'{"query": ["{ __typename }"]}',
}

#: Bodies that are JSON all the same, or that some take for it: their query may be answered.
READABLE: Final = frozenset({"deep variables", "NaN", "long number"})

BOUNDARY: Final = "conformance-boundary"


def unreadable_logins(password: str) -> Iterator[Any]:
    """Bodies that are not understood where the password stands: the document in them, its kind
    there, or they themselves.
    """
    for argument in (
        f'"{password}"',
        f'password "{password}"',
        f'password: "" "{password}"',
        f'"""{password}"""',
        f'password: ["{password}"]',
        f'password: ["""several lines\n{password}\n"""]',
        f'password: "", remember_me: "{password}"',
    ):
        login = f'generateCustomerToken(email: "nobody@example.com", {argument})'
        yield {"query": f"mutation {{ {login} {{ token }} }}"}
    whole = json.dumps({"query": "{ __typename }", "variables": {"password": password}})
    for broken in (f"{whole[:-2]},}}}}", whole[:-3], whole.replace(password, f'{password}"')):
        yield broken.encode()


def _as_text(request: Mapping[str, Any]) -> bytes:
    return json.dumps(request).encode()


def _as_form(request: Mapping[str, Any]) -> bytes:
    flat = {"query": request["query"], "variables": json.dumps(request["variables"])}
    return urlencode(flat).encode()


def _as_multipart(request: Mapping[str, Any]) -> bytes:
    parts = {"operations": json.dumps(request), "map": "{}"}
    return _multipart(parts)


def _as_multipart_fields(request: Mapping[str, Any]) -> bytes:
    return _multipart({"query": request["query"], "variables": json.dumps(request["variables"])})


def _multipart(parts: Mapping[str, str]) -> bytes:
    told = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    )
    return "".join((*told, f"--{BOUNDARY}--\r\n")).encode()


#: Media types that a page of any origin can send unasked: how each would carry a request.
SIMPLE_MEDIA: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], bytes]]]] = {
    "text": ("text/plain", _as_text),
    "text that names JSON": ("text/plain; as=application/json", _as_text),
    "form": ("application/x-www-form-urlencoded", _as_form),
    "multipart operations": (f"multipart/form-data; boundary={BOUNDARY}", _as_multipart),
    "multipart fields": (f"multipart/form-data; boundary={BOUNDARY}", _as_multipart_fields),
}

#: Characters that a text may hold in JSON and that trip what handles them.
ODD_CHARACTERS: Final[Mapping[str, str]] = {
    "a lone surrogate": "\ud800",
    "the last lone surrogate": "\udfff",
    "NUL": "\x00",
    "an astral character": "\U0001f511",
}

# -- doors that should not be there ------------------------------------------------------------

SUBPROTOCOLS: Final = ("graphql-transport-ws", "graphql-ws")
UPGRADE: Final[Mapping[str, str]] = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "Y29uZm9ybWFuY2UtdGVzdA==",
}
#: Names under which a server might look for an access token in a place of its own.
TOKEN_NAMES: Final = ("authorization", "Authorization", "access_token", "token", "bearer", "jwt")
#: What only an IDE's page holds, in lower case.
IDE_WORDS: Final = (
    "graphiql",
    "playground",
    "altair",
    "voyager",
    "embeddable-sandbox",
    "embedded-explorer",
)


# -- pages of other origins --------------------------------------------------------------------


def foreign_origins(url: str) -> Iterator[str]:
    """Origins that no deployment at this address can mean, though some look like its own."""
    address = urlsplit(url)
    host = address.hostname or ""
    yield "https://conformance.invalid"
    yield "null"
    yield f"{address.scheme}://{host}.conformance.invalid"
    if "." in host and not host.replace(".", "").isdecimal():
        domain = ".".join(host.split(".")[-2:])
        yield f"{address.scheme}://conformance{domain}"
