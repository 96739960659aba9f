"""One customer's session: both tokens in one file, one refresh at a time over all processes.

It goes by what the server says and never by this machine's clock, which may be wrong.
"""

import json
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import httpx
from filelock import FileLock
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

AUTHORIZATION = "graphql-authorization"  # from a query: refresh first
INTERNAL = "graphql-server-internal-error"  # try again in a moment

LOGIN = """mutation ($email: String!, $password: String!, $remember_me: Boolean) {
  pair: generateCustomerToken(email: $email, password: $password, remember_me: $remember_me) {
    token refresh_token } }"""
REFRESH = """mutation ($refresh_token: String!) {
  pair: refreshCustomerToken(refresh_token: $refresh_token) { token refresh_token } }"""
REVOKE = """mutation ($refresh_token: String!) {
  revokeCustomerToken(refresh_token: $refresh_token) { result } }"""

TIMEOUT = 10  # longer than the server's own limit of 8 s, and no lock is held for ever

Pair = dict[str, str]
Headers = dict[str, str]


class Refused(Exception):
    """The server answered, and refused."""

    def __init__(self, message: str, category: str | None) -> None:
        super().__init__(message)
        self.category = category


class SessionOver(Refused):
    """Log in again."""

    def __init__(self) -> None:
        super().__init__("Log in again.", AUTHORIZATION)


def category_of(errors: list[Any] | None) -> str | None:
    """The category of a GraphQL answer's errors; none means that the query itself is wrong."""
    found = (error.get("extensions", {}).get("category") for error in errors or ())
    return next(filter(None, found), None)


def may_pass(error: BaseException) -> bool:
    """Whether the same call may succeed in a moment: no answer, or trouble on the server."""
    if isinstance(error, Refused):
        return error.category == INTERNAL
    return isinstance(error, httpx.TransportError | json.JSONDecodeError)


#: `with_retries(run)` runs until it succeeds, or fails for good, or has failed three times.
with_retries = Retrying(
    retry=retry_if_exception(may_pass),
    stop=stop_after_attempt(3),
    wait=wait_random(0.3, 0.9),
    reraise=True,
)


class Session:
    """A session whose tokens lie in `file`; `lock` is an argument for tests only."""

    def __init__(self, url: str, file: Path, lock: Any = None) -> None:
        self.url, self.file = url, file
        self.lock = lock or FileLock(f"{file}.lock")

    def headers(self) -> Headers:
        """What to send now; never a copy: another process may have changed the file."""
        return _headers(self._read())

    def log_in(self, email: str, password: str, remember_me: bool = False) -> None:
        variables = {"email": email, "password": password, "remember_me": remember_me}
        with self.lock:
            self._write(with_retries(lambda: self._call(LOGIN, variables, {}))["pair"])

    def refresh(self, failed: Headers) -> None:
        """Replace the pair whose headers were refused, unless that has been done already."""
        with self.lock:
            with_retries(lambda: self._refresh_once(failed))

    def log_out(self) -> None:
        """Forget the session, whatever the server says."""
        with self.lock:
            pair = self._read()
            self.file.unlink(missing_ok=True)
            if pair:
                self._revoke(pair)

    def _refresh_once(self, failed: Headers) -> None:
        pair = self._read()  # anew at every try: another process may have refreshed or logged out
        if pair is None:
            raise SessionOver
        if _headers(pair) != failed:
            return
        try:
            self._write(self._call_with(pair, REFRESH)["pair"])
        except Refused as error:
            if error.category != AUTHORIZATION:
                raise
            self.file.unlink(missing_ok=True)
            raise SessionOver from None

    def _revoke(self, pair: Pair) -> None:
        try:
            with_retries(lambda: self._call_with(pair, REVOKE))
        except Refused as error:
            if may_pass(error):
                raise  # not revoked; any other refusal means that it was over

    def _call_with(self, pair: Pair, query: str) -> Any:
        return self._call(query, {"refresh_token": pair["refresh_token"]}, _headers(pair))

    def _call(self, query: str, variables: dict[str, Any], headers: Headers) -> Any:
        body = {"query": query, "variables": variables}
        answer = httpx.post(self.url, json=body, headers=headers, timeout=TIMEOUT).json()
        if errors := answer.get("errors"):
            raise Refused(errors[0]["message"], category_of(errors))
        return answer["data"]

    def _read(self) -> Pair | None:
        try:
            return json.loads(self.file.read_text())
        except FileNotFoundError:
            return None

    def _write(self, pair: Pair) -> None:
        """Both tokens, or neither: a reader never sees half of it; and nobody else may read it."""
        with NamedTemporaryFile("w", dir=self.file.parent, delete=False) as new:
            json.dump(pair, new)
        Path(new.name).replace(self.file)


def _headers(pair: Pair | None) -> Headers:
    return {"Authorization": f"Bearer {pair['token']}"} if pair else {}
