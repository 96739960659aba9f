"""Limits on a GraphQL document, checked in linear time, and caches that keep no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    ValidationContext,
    ValidationRule,
)
from graphql.validation import NoSchemaIntrospectionCustomRule
from strawberry.extensions import (
    AddValidationRules,
    MaxTokensLimiter,
    ParserCache,
    SchemaExtension,
    ValidationCache,
)

# Departs: GQL-07 the module allows 70 aliases.
MUTATIONS = 10  # how many logins one request can try (GQL-07)
ALIASES = 20
DEPTH = 10
TOKENS = 300  # the longest introspection query has 183
FIELDS = 100  # it has 72
CACHED = 64  # documents


class WithinLimits(ValidationRule):
    """Refuses a document with too many mutations or aliases, or nested too deeply.

    However fragments are nested, each field that runs appears in the text once: counting nodes is
    enough. Strawberry's own limiters walk every path: 2**n steps for n fragments.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.mutations = 0
        self.aliases = 0

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.aliases += node.alias is not None
        self.mutations += self.context.get_parent_type() is self.context.schema.mutation_type

    def leave_document(self, *_: object) -> None:
        self._check("mutations", self.mutations, MUTATIONS)
        self._check("aliases", self.aliases, ALIASES)
        self._check("levels", Depths(self.context).deepest(), DEPTH)

    def _check(self, what: str, count: int, limit: int) -> None:
        if count > limit:
            self.report_error(GraphQLError(f"The document has more than {limit} {what}."))


class Depths:
    """How deeply a document's fields are nested; each fragment is measured once."""

    def __init__(self, context: ValidationContext) -> None:
        self._context = context
        self._fragments: dict[str, int] = {}

    def deepest(self) -> int:
        definitions = self._context.document.definitions
        operations = (one for one in definitions if isinstance(one, OperationDefinitionNode))
        return max(map(self._under, operations), default=0)

    def _under(self, node: Node | None) -> int:
        return max(map(self._of, _below(node)), default=0)

    def _of(self, node: Node) -> int:
        if isinstance(node, FragmentSpreadNode):
            return self._of_fragment(node.name.value)
        # Introspection nests deeply by nature and costs little.
        if isinstance(node, FieldNode) and node.name.value.startswith("__"):
            return 0
        return self._under(node) + isinstance(node, FieldNode)

    def _of_fragment(self, name: str) -> int:
        if name not in self._fragments:
            self._fragments[name] = 0  # ends a cycle, which another rule refuses
            self._fragments[name] = self._under(self._context.get_fragment(name))
        return self._fragments[name]


class DocumentsWithoutStrings(ParserCache):
    """Parses each document once, and does not keep one with a string: it may be a password."""

    def on_parse(self) -> Iterator[None]:
        if _has_string(self.execution_context.query):
            yield
        else:
            yield from super().on_parse()


class ValidationsWithoutStrings(ValidationCache):
    """Validates each document once, and does not keep one with a string.

    A document with too many fields is not validated at all: validation compares equal fields in
    pairs, which takes quadratic time.
    """

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.graphql_document and _count_fields(context.graphql_document) > FIELDS:
            error = GraphQLError(f"The document has more than {FIELDS} fields.")
            context.pre_execution_errors = [error]
            yield
        elif _has_string(context.query):
            yield
        else:
            yield from super().on_validate()


def _below(node: Node | None) -> Iterable[Node]:
    """The selections in a node, or the definitions of a document."""
    if isinstance(node, DocumentNode):
        return node.definitions
    selections = getattr(node, "selection_set", None)
    return selections.selections if selections else ()


def _count_fields(node: Node) -> int:
    """Fields as they are written; each fragment counts once."""
    return isinstance(node, FieldNode) + sum(map(_count_fields, _below(node)))


def _has_string(query: str | None) -> bool:
    return '"' in (query or "")


# Made once: with new rules for each request the cache would never be hit.
OPEN_RULES: list[Any] = [WithinLimits]
CLOSED_RULES: list[Any] = [WithinLimits, NoSchemaIntrospectionCustomRule]


def extensions(*, introspection: bool) -> list[Callable[[], SchemaExtension]]:
    """The extensions of every schema; introspection is for development (GQL-09, DEV-10)."""
    # Departs: DEV-10, GQL-09 the module shows the same schema everywhere.
    rules = OPEN_RULES if introspection else CLOSED_RULES
    return [
        lambda: MaxTokensLimiter(TOKENS),
        lambda: AddValidationRules(rules),
        lambda: DocumentsWithoutStrings(CACHED),
        lambda: ValidationsWithoutStrings(CACHED),
    ]
