"""`reference-auth serve`, `schema`, `create-table`, `sessions` and `burn`.

Heavy modules are imported by the command that needs them, so that --help is quick.
"""

from __future__ import annotations

import os
import sys
from argparse import (
    ArgumentParser,
    ArgumentTypeError,
    BooleanOptionalAction,
    Namespace,
    RawDescriptionHelpFormatter,
)
from collections.abc import Callable, Sequence

USAGE_ERROR = 2

ORDER = """\
Flags override the environment, and the environment overrides the defaults:
  --dynamodb-endpoint    AWS_ENDPOINT_URL_DYNAMODB
  --region               DYNAMO_DB__REGION
  --table                DYNAMO_DB_AUTH_TABLE
  --environment          NODE_ENV
  --access-minutes       ACCESS_TOKEN_EXPIRY_MINUTES             14
  --refresh-minutes      REFRESH_TOKEN_EXPIRY_MINUTES            15
  --extended-minutes     EXTENDED_REFRESH_TOKEN_EXPIRY_MINUTES   43200
  --grace-seconds        GRACE_SECONDS                           0 (laptop mode: 30)
  --max-session-minutes  MAX_SESSION_MINUTES                     0 (none)
  (no flag)              CACHED_PAIRS                            20000
  (no flag)              LOGIN_SECONDS                           5
  (no flag)              JWT_PRIVATE_KEY, ALLOW_SHORT_SECRET

Laptop mode: `serve` makes up a secret, keeps its table in the process and runs in
development mode with a test clock. It does so if none of JWT_PRIVATE_KEY, NODE_ENV
and the three table variables is set (an empty one counts as set) and no flag names
a table or production. Development mode has a page to learn and debug by at /.

Otherwise it is a deployment: set JWT_PRIVATE_KEY. It runs in production mode unless
--environment or NODE_ENV is exactly development.
Name a region and a table: without an endpoint, region or table it keeps its table
in the process, and loses it at the end.

Without --login-service there are six demo customers: alice@example.com with the
password alice-demo-password, and bob, carol, dave, erin and frank likewise.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; 2 for bad settings."""
    from reference_auth.core.config import ConfigError

    flags = parser().parse_args(argv)
    try:
        code: int = flags.command(flags)
    except ConfigError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        return _refuse(f"{error.name} is missing: install reference-auth[embedded].")
    return code


def _refuse(sentence: str) -> int:
    print(f"reference-auth: {sentence}", file=sys.stderr)
    return USAGE_ERROR


def parser() -> ArgumentParser:
    commands = ArgumentParser(prog="reference-auth", description="The reference auth server.")
    chosen = commands.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[Namespace], int], name: str, what: str, more: str) -> ArgumentParser:
        added: ArgumentParser = chosen.add_parser(
            name,
            help=what,
            description=f"{what.capitalize()}{more}",
            epilog=ORDER if name == "serve" else None,
            formatter_class=RawDescriptionHelpFormatter,
        )
        added.set_defaults(command=run, name=name)
        return added

    serve = command(serve_command, "serve", "serve the GraphQL endpoint", " until Ctrl-C.")
    schema = command(schema_command, "schema", "print the schema", " in GraphQL's schema language.")
    create = command(
        create_table_command,
        "create-table",
        "create the DynamoDB table",
        ", or say that it exists.",
    )
    says = "delete expired rows by TTL; leave it off for a table of tests (on)"
    create.add_argument("--ttl", action=BooleanOptionalAction, default=True, help=says)
    needs = ". It needs the table and the lifetimes, not the secret."
    sessions = command(customer_command, "sessions", "list the sessions of one customer", needs)
    burn = command(customer_command, "burn", "end all sessions of one customer", needs)
    _add_server(serve.add_argument)
    for one in (serve, schema):
        add = one.add_argument
        add("--login-service", metavar="MODULE:NAME", help="your LoginService (the demo customers)")
    for one in (sessions, burn):
        says = "a number or text, both alike; an id that begins with a dash: --customer=-5"
        one.add_argument("--customer", required=True, metavar="ID", help=says)
    for one in (serve, create, sessions, burn):
        one.add_argument("--dynamodb-endpoint", metavar="URL", help="a DynamoDB other than AWS's")
        one.add_argument("--region", help="region of the table")
        one.add_argument("--table", help="name of the table")
    return commands


def _add_server(add: Callable[..., object]) -> None:
    add("--environment", choices=["development", "production"], help="sets NODE_ENV")
    add("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    add("--port", default=8000, type=int, help="port to listen on (8000; 0 chooses a free one)")
    add("--workers", default=1, type=_count, metavar="N", help="processes (1)")
    add("--access-minutes", metavar="M", help="lifetime of an access token (14)")
    add("--refresh-minutes", metavar="M", help="lifetime of a refresh token (15)")
    add("--extended-minutes", metavar="M", help="the same, with remember_me (43200)")
    add("--grace-seconds", metavar="S", help="how long a spent pair still gets its successor (0)")
    add("--max-session-minutes", metavar="M", help="longest life of a session (0: no limit)")
    add(
        "--test-clock",
        action=BooleanOptionalAction,
        help='accept POST /clock {"now": epoch seconds or null}, in development mode only '
        "(on in laptop mode)",
    )
    add(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages of this origin call the server (repeatable)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("must be a whole number, 1 or more")
    return int(text)


def serve_command(flags: Namespace) -> int:
    from reference_auth.serve.settings import read_settings

    settings = read_settings(flags, os.environ)
    from reference_auth.serve.server import serve

    serve(settings)
    return 0


def schema_command(flags: Namespace) -> int:
    """Print the schema that `serve` serves with the same login service."""
    from reference_auth.api.schema import AuthMutation
    from reference_auth.serve.app import make_schema
    from reference_auth.serve.server import find_platform

    _, query = find_platform(flags.login_service)
    print(make_schema(query, AuthMutation, development=True))
    return 0


def create_table_command(flags: Namespace) -> int:
    from reference_auth.serve.settings import with_flags
    from reference_auth.store.provision import provision

    for sentence in provision(with_flags(flags, os.environ), ttl=flags.ttl):
        print(sentence)
    return 0


def customer_command(flags: Namespace) -> int:
    from reference_auth.serve.customer import act
    from reference_auth.serve.settings import with_flags

    for sentence in act(flags.name, flags.customer, with_flags(flags, os.environ)):
        print(sentence)
    return 0
