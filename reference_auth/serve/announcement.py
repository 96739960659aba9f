"""What `serve` says when it is ready.

Passwords and the ready-made call are shown in laptop mode only: there they are public, while a
deployment's output may be kept as its log (HARD-28).
"""

from __future__ import annotations

import json

from reference_auth.serve.app import CLOCK, PATH
from reference_auth.serve.demo import CUSTOMERS
from reference_auth.serve.settings import Settings


def announce(settings: Settings, port: int) -> str:
    """Where the server is, what it runs on, and how to call it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    origin = f"http://{host}:{port}"
    lines = [
        *([f"Page          {origin}/"] if settings.config.development else []),
        f"GraphQL       {origin}{PATH}",
        f"Health        {origin}/healthz",
        *([f"Test clock    {origin}{CLOCK}"] if settings.test_clock else []),
        f"Environment   {'development' if settings.config.development else 'production'}",
        f"Table         {_table(settings)}",
        *_customers(settings),
        *(_call(origin + PATH) if settings.laptop else []),
    ]
    return "\n".join(lines)


def _table(settings: Settings) -> str:
    if settings.table_in_process:
        return "in this process, lost when it ends"
    return f"{settings.config.table} in {settings.config.region}"


def _customers(settings: Settings) -> list[str]:
    if settings.login_service:
        return [f"Customers     those of {settings.login_service}"]
    if not settings.laptop:
        emails = " and ".join(customer.email for customer in CUSTOMERS)
        return [f"Customers     {emails} (passwords: reference-auth serve --help)"]
    return [f"Customer      {customer.email}  {customer.password}" for customer in CUSTOMERS]


def _call(url: str) -> list[str]:
    """A login to paste into a shell; it holds no single quote."""
    query = (
        "mutation ($email: String!, $password: String!) "
        "{ generateCustomerToken(email: $email, password: $password) { token refresh_token } }"
    )
    variables = {"email": CUSTOMERS[0].email, "password": CUSTOMERS[0].password}
    body = json.dumps({"query": query, "variables": variables})
    return ["", "Try it:", f"curl -s {url} -H 'Content-Type: application/json' -d '{body}'", ""]
