"""The five refusals of SPEC.md 16.1; GraphQL passes on the `extensions` of what is raised."""

from __future__ import annotations


class Refusal(Exception):
    """A refusal that was meant."""

    category = ""

    @property
    def extensions(self) -> dict[str, str]:
        """What the front end goes by."""
        return {"category": self.category}


class Unauthorised(Refusal):
    """The session is over, or never was."""

    category = "graphql-authorization"


class LoginRefused(Refusal):
    """No customer has this e-mail and password."""

    category = "graphql-authentication"


class BadInput(Refusal):
    """The arguments do not fit."""

    category = "graphql-input"


class NoSuchEntity(Refusal):
    """There is no such session."""

    category = "graphql-no-such-entity"


class Retryable(Refusal):
    """The same request may succeed in a moment."""

    category = "graphql-server-internal-error"
