"""The reference: a login session that outlives its access token, kept in one DynamoDB table.

It has five parts, and each imports only those before it: core, store, flow, api, serve.
A host application imports what it needs from here; each name is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_auth.api.error_messages import AuthSchema as AuthSchema
    from reference_auth.api.request import AuthRequest as AuthRequest
    from reference_auth.api.schema import AuthMutation as AuthMutation
    from reference_auth.api.schema import AuthQuery as AuthQuery
    from reference_auth.api.schema import SignedIn as SignedIn
    from reference_auth.api.schema import current_customer as current_customer
    from reference_auth.core.config import Config as Config
    from reference_auth.core.config import Lifetimes as Lifetimes
    from reference_auth.core.config import Secret as Secret
    from reference_auth.core.config import read_environment as read_environment
    from reference_auth.core.login import LoginRefused as LoginRefused
    from reference_auth.core.login import LoginService as LoginService
    from reference_auth.serve.app import create_app as create_app
    from reference_auth.serve.app import make_service as make_service

_MODULES = {
    "api.error_messages": ("AuthSchema",),
    "api.request": ("AuthRequest",),
    "api.schema": ("AuthMutation", "AuthQuery", "SignedIn", "current_customer"),
    "core.config": ("Config", "Lifetimes", "Secret", "read_environment"),
    "core.login": ("LoginRefused", "LoginService"),
    "serve.app": ("create_app", "make_service"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULE_OF])
