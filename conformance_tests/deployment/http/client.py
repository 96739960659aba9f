"""The client: each operation is a call, and each call is recorded.

Nothing that a deployment answers raises here: a dropped connection or a page of HTML is an `Answer`
like any other, for `expect` to judge. Only a rate limit that lasts too long raises `Throttled`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

from conformance_tests.deployment import waiting
from conformance_tests.deployment.http import documents
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.documents import ABSENT, OPERATIONS
from conformance_tests.deployment.http.receiving import receive, text_of
from conformance_tests.deployment.http.recorder import NO_ANSWER, Recorder, exchange_of
from conformance_tests.deployment.http.throttle import LoginRate, moment_of
from conformance_tests.deployment.http.transport import Transport, describe_error

if TYPE_CHECKING:
    from conformance_tests.target.model import Target
    from conformance_tests.target.parts import Http

JSON = "application/json"
RESENT = "the deployment had closed the idle connection: sent again on another one"
#: No cookie is kept: a balancer's would lead each request to one and the same worker.
NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
#: A date that is ten years off is no clock's.
LARGEST_SKEW = 10 * 365 * 86_400.0
#: A difference of clocks below this is the network's, in seconds.
NOTICED_SKEW = 1.5
#: So many answers, the newest, show how the clocks differ: either may be set during a run.
RECENT = 10


class Client:
    """Sends requests to one instance of a deployment; everything is recorded."""

    def __init__(
        self,
        url: str,
        http: Http,
        recorder: Recorder,
        *,
        transport: httpx.BaseTransport | None = None,
        rate: LoginRate | None = None,
    ) -> None:
        self.url = url
        self.recorder = recorder
        self.logins = 0
        #: How often a request was sent again, as its connection had been closed.
        self.resent = 0
        #: Whether the deployment has set a cookie.
        self.sets_cookies = False
        #: Seconds that the deployment's `Date` header is ahead of this machine, at each answer.
        self.skews: list[float] = []
        self.rate = rate or LoginRate()
        self._http = httpx.Client(
            headers={"accept-encoding": "identity", **http.headers},
            timeout=http.timeout,
            transport=transport or Transport(http.ca_file),
            follow_redirects=False,
            cookies=CookieJar(NO_COOKIES),
        )

    def close(self) -> None:
        self._http.close()

    @property
    def skew(self) -> float:
        """Seconds that the deployment's clock is ahead of this machine's, 0 where it is little.

        A busy server dates its answers seconds too early, and never too late: what counts is the
        second latest.
        """
        recent = sorted(self.skews[-RECENT:])
        skew = recent[-2:][0] if recent else 0.0
        return skew if abs(skew) >= NOTICED_SKEW else 0.0

    # -- the operations ------------------------------------------------------------------------

    def log_in(self, email: Any, password: Any, remember_me: Any = ABSENT) -> Answer:
        self.count_logins(1)
        return self.call(
            "generateCustomerToken",
            {"email": email, "password": password, "remember_me": remember_me},
        )

    def count_logins(self, count: int) -> None:
        """Wait for the login rate; one request may make several logins."""
        for _ in range(count):
            self.rate.wait()
        self.logins += count

    def refresh(self, token: str | None, refresh_token: Any, *, scheme: str = "Bearer") -> Answer:
        return self.call(
            "refreshCustomerToken", {"refresh_token": refresh_token}, bearer(token, scheme)
        )

    def refresh_request(self, token: str, refresh_token: str) -> httpx.Request:
        """The request of a refresh, not sent."""
        given = {"refresh_token": refresh_token}
        document = OPERATIONS["refreshCustomerToken"].document({**given})
        headers = {"accept": JSON, "authorization": f"Bearer {token}"}
        body = {"query": document, "variables": given}
        return self._http.build_request("POST", self.url, json=body, headers=headers)

    def revoke(
        self, token: str | None, refresh_token: Any = ABSENT, *, scheme: str = "Bearer"
    ) -> Answer:
        return self.call(
            "revokeCustomerToken", {"refresh_token": refresh_token}, bearer(token, scheme)
        )

    def call(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        authorization: str | None = None,
        *,
        accept: str = JSON,
    ) -> Answer:
        """One operation with its arguments as variables; ABSENT ones are left out."""
        given = {name: value for name, value in arguments.items() if value is not ABSENT}
        return self.ask(
            OPERATIONS[operation].document(given),
            given,
            operation=operation,
            authorization=authorization,
            accept=accept,
        )

    def trivial(self, *, accept: str = JSON, content_type: str = JSON) -> Answer:
        """The cheapest query there is."""
        return self.post(
            {"query": documents.TYPENAME},
            operation="__typename",
            headers={"accept": accept, "content-type": content_type},
        )

    def protected(self, query: str, authorization: str | None) -> Answer:
        """The target's own query that needs a signed-in customer."""
        return self.ask(query, {}, authorization=authorization)

    def schema(self) -> Any:
        """What introspection answers for `__schema`, or None where it is closed."""
        return self.ask(documents.SCHEMA, {}, operation="__schema").value

    def finds_valid(self, operation: str) -> bool:
        """Whether an operation is valid here; the document that holds it runs another one."""
        document = documents.beside_trivial_query(operation)
        name = documents.TRIVIAL
        given = documents.NOBODY  # what is not declared is ignored
        answer = self.ask(document, given, operation="__typename", operationName=name)
        return isinstance(answer.value, str) and not answer.errors

    # -- requests of any form ------------------------------------------------------------------

    def ask(
        self,
        document: str,
        variables: Mapping[str, Any],
        *,
        operation: str = "",
        authorization: str | None = None,
        accept: str = JSON,
        **more: Any,
    ) -> Answer:
        """POST one GraphQL document; `more` joins the JSON body (operationName, extensions)."""
        body: dict[str, Any] = {"query": document, **more}
        if variables:
            body["variables"] = dict(variables)
        return self.post(
            body, operation=operation, authorization=authorization, headers={"accept": accept}
        )

    def post(
        self,
        body: Mapping[str, Any] | Sequence[Any] | bytes,
        *,
        operation: str = "",
        authorization: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST a body: a value as JSON, bytes as they are (name their content-type)."""
        sent = {"content-type": JSON, **(headers or {})}
        if authorization is not None:
            sent["authorization"] = authorization
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", operation, headers=sent, content=content)

    def get(self, parameters: Mapping[str, str], *, operation: str = "", **headers: str) -> Answer:
        """GET with these query parameters."""
        return self.send("GET", operation, headers={"accept": JSON, **headers}, params=parameters)

    def send(self, method: str, operation: str, **request: Any) -> Answer:
        """One request; waits on HTTP 429, and raises Throttled where that takes too long."""
        return self.rate.ask(operation, lambda: self._send_once(method, operation, request))

    def _send_once(self, method: str, operation: str, request: dict[str, Any]) -> Answer:
        waiting.check()
        started = time.monotonic()
        try:
            prepared = self._http.build_request(method, self.url, **request)
        except (UnicodeError, httpx.InvalidURL, TypeError) as error:
            raise ValueError(f"the suite made a request that cannot be sent: {error}") from error
        try:
            response = receive(self._http.send(prepared, stream=True))
        except httpx.HTTPError as error:
            answer = Answer(operation, None, problem=describe_error(error))
            self.recorder.record(exchange_of(prepared, f"{NO_ANSWER}{answer.problem}"))
            return answer
        self._note_resent(response)
        self._note_skew(response)
        self.sets_cookies |= "set-cookie" in response.headers
        said = f"HTTP {response.status_code} {response.reason_phrase}"
        self.recorder.record(exchange_of(prepared, said, response))
        return Answer(
            operation,
            response.status_code,
            headers=response.headers,
            text=text_of(response.content),
            raw=response.content,
            seconds=time.monotonic() - started,
        )

    def _note_resent(self, response: httpx.Response) -> None:
        if times := response.extensions.get("resent", 0):
            self.resent += times
            self.recorder.note(RESENT)

    def _note_skew(self, response: httpx.Response) -> None:
        stamp = moment_of(response.headers.get("date", ""))
        # The header has whole seconds, cut off: on average half a second early.
        if stamp is not None and abs(skew := stamp + 0.5 - time.time()) < LARGEST_SKEW:
            self.skews.append(skew)


def open_client(
    target: Target,
    recorder: Recorder,
    transport: httpx.BaseTransport | None = None,
    *,
    url: str | None = None,
    rate: LoginRate | None = None,
) -> Client:
    """A client of one instance; all clients of a target share one login rate."""
    return Client(
        url or target.url,
        target.http,
        recorder,
        transport=transport,
        rate=rate or LoginRate(target.logins_per_minute),
    )


def bearer(token: str | None, scheme: str = "Bearer") -> str | None:
    """The Authorization header's value for an access token; without a scheme the token alone."""
    return None if token is None else f"{scheme} {token}".removeprefix(" ")
