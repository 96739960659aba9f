"""The judge: what an answer or the table must show, and `Broken` where it shows something else.

Judged are category, null data and effects; wording, other status codes and further claims are free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance_tests import leaks
from conformance_tests.outcomes import Broken, NotApplicable, NotTestable, Unseen
from conformance_tests.table import BOOKKEEPING

if TYPE_CHECKING:
    from conformance_tests.actors import Customer, Session
    from conformance_tests.client import Answer
    from conformance_tests.deployment import Deployment
    from conformance_tests.faults import Fault, FaultProxy
    from conformance_tests.faults.calls import Call
    from conformance_tests.table import Row

#: What a missing id turns into when somebody makes text of it.
MISSING_IDS = ("undefined", "None", "null", "")
#: A whole table is read as far as so many pages of a megabyte.
SCANNED_PAGES = 20
SESSION_OVER = "graphql-authorization"
WRONG_INPUT = "graphql-input"
STORAGE_TROUBLE = "graphql-server-internal-error"
#: What a refusal may say of a pair that is not genuine: whether it was the token, the pair or both.
NOT_GENUINE = (
    SESSION_OVER,
    WRONG_INPUT,
    "graphql-authentication",
    "graphql-no-such-entity",
)


def pair_of(answer: Answer) -> tuple[str, str]:
    """The token pair of a login or refresh; Broken where the answer holds no usable one."""
    found = answer.value if isinstance(answer.value, dict) else {}
    token, refresh_token = found.get("token"), found.get("refresh_token")
    if answer.errors or not (isinstance(token, str) and isinstance(refresh_token, str)):
        raise Broken(f"{answer.operation} to answer a token pair and no errors", answer.brief())
    if not (token and refresh_token):
        raise Broken("two tokens that are not empty", answer.brief())
    return token, refresh_token


@dataclass
class RowChanges:
    """A customer's rows, by hash, before and after something happened."""

    before: dict[str, Row]
    after: dict[str, Row] = field(default_factory=dict)

    @property
    def new(self) -> list[Row]:
        return [row for key, row in self.after.items() if key not in self.before]

    @property
    def gone(self) -> list[Row]:
        return [row for key, row in self.before.items() if key not in self.after]

    @property
    def altered(self) -> int:
        """How many rows are there still, but not as they were."""
        return _altered(self.before, self.after)


class Expect:
    """One test's judge. It also keeps what the test could not see, and what only warns."""

    def __init__(self, deployment: Deployment) -> None:
        self.unseen_parts: list[Unseen] = []
        self.warnings: list[Broken] = []
        self._deployment = deployment

    # -- plain statements ----------------------------------------------------------------------

    def that(self, condition: object, expected: str, actual: object) -> None:
        """The condition holds; otherwise the card says what was expected and what was there."""
        if not condition:
            raise Broken(expected, str(actual))

    def equal(self, actual: object, expected: object, what: str) -> None:
        same = actual == expected and type(actual) is type(expected)
        self.that(same, f"{what} to be {expected!r}", f"{actual!r}")

    def between(self, actual: Any, low: float, high: float, what: str) -> None:
        """`low <= actual <= high`, for a number that is not a bool."""
        number = isinstance(actual, (int, float)) and not isinstance(actual, bool)
        inside = number and low <= actual <= high
        self.that(inside, f"{what} to be from {low} to {high}", f"{actual!r}")

    def unseen(self, what: str, capability: str) -> None:
        """Note a part of the requirement that this target does not let the suite see."""
        self.unseen_parts.append(Unseen(what, capability))

    @contextmanager
    def should(self) -> Iterator[None]:
        """What breaks in here is a warning: the SHOULD part of a MUST row."""
        try:
            yield
        except Broken as broken:
            self.warnings.append(broken)

    @contextmanager
    def when(self, what: str) -> Iterator[None]:
        """What breaks in here says what was presented."""
        try:
            yield
        except Broken as broken:
            raise Broken(f"{broken.expected}, given {what}", broken.actual) from None

    # -- answers -------------------------------------------------------------------------------

    def refused(self, answer: Answer, *categories: str) -> None:
        """A GraphQL refusal: errors, null data, no 5xx, no storage trouble; of these categories."""
        operation = answer.operation or "the request"
        expected = f"{operation} to be refused with errors and null data"
        if categories:
            expected += f", category {' or '.join(categories)}"
        self.that(answer.status is not None and answer.status < 500, expected, answer.brief())
        self.that(answer.errors and answer.value is None, expected, answer.brief())
        self.that(STORAGE_TROUBLE not in answer.categories, expected, answer.brief())
        if categories:
            self.that(set(answer.categories) <= set(categories), expected, answer.brief())

    def session_over(self, answer: Answer) -> None:
        """The refusal on which a storefront logs its customer out."""
        self.refused(answer, SESSION_OVER)

    def turned_away(self, answer: Answer) -> None:
        """The refusal of a pair that is not genuine, in a category of the flow's own."""
        self.refused(answer, *NOT_GENUINE)

    def nothing_issued(self, answer: Answer) -> None:
        """An error of any category, and no token."""
        expected = f"{answer.operation} to answer an error and null data"
        self.that(answer.errors and answer.value is None, expected, answer.brief())

    def same_answer(self, one: Answer, other: Answer) -> None:
        """Two answers by which nobody can tell one case from the other."""
        same = _told(one) == _told(other)
        self.that(same, f"the same answer as {one.brief()}", other.brief())

    def mismatch_refused(self, answer: Answer) -> None:
        """The refusal of a revoke whose tokens do not belong together."""
        if self._deployment.derives:
            self.refused(answer, WRONG_INPUT)
        elif not answer.errors:  # without derivation the server may only see "not there"
            said = answer.value if isinstance(answer.value, dict) else {}
            self.that(said.get("result") is False, "an error, or result false", answer.brief())

    def storage_trouble(self, answer: Answer) -> None:
        """An error that asks the caller to try again, and no data."""
        expected = f"{answer.operation} to answer {STORAGE_TROUBLE} and null data"
        self.that(answer.errors and answer.value is None, expected, answer.brief())
        self.that(set(answer.categories) == {STORAGE_TROUBLE}, expected, answer.brief())

    def flow_error(self, answer: Answer) -> None:
        """The form of every refusal: a message, a category of GraphQL's own, the field null."""
        expected = f"{answer.operation} to answer an error with a message, and a null field"
        data = answer.data if isinstance(answer.data, dict) else {}
        null = answer.operation in data and answer.value is None
        self.that(answer.errors and null, expected, answer.brief())
        spoken = all(isinstance(message, str) and message for message in answer.messages)
        self.that(spoken, "a text as each error's message", answer.brief())
        expected = "each error's extensions.category to begin with graphql- and to name a kind"
        self.that(all(map(_is_category, answer.categories)), expected, answer.brief())

    def not_executed(self, answer: Answer) -> None:
        """A request that is turned away as such: HTTP 4xx and no data."""
        refused = answer.status is not None and 400 <= answer.status < 500
        self.that(
            refused and not answer.data, "the request to be answered 4xx, no data", answer.brief()
        )

    # -- answers that compete ------------------------------------------------------------------

    def pairs(self, customer: Customer, answers: Iterable[Answer]) -> list[Session]:
        """The different sessions that these answers hand out."""
        given = [customer.take(answer) for answer in answers if answer.value is not None]
        return list({session.refresh_token: session for session in given}.values())

    def apart(self, customer: Customer, answers: Iterable[Answer]) -> None:
        """Each answer is a session of its own, with a row of its own."""
        sessions = [customer.take(answer) for answer in answers]
        different = {session.refresh_token for session in sessions}
        self.equal(len(different), len(sessions), "how many refresh tokens are different")
        for session in sessions:
            self.stored(session)

    def one_at_most(self, sessions: Iterable[Session]) -> None:
        """No more than one of these sessions is alive, in its holder's hands and in the table."""
        live = self.live(sessions)
        self.that(len(live) <= 1, "one live session at most", f"{len(live)}")

    def nothing_over(self, answers: Iterable[Answer]) -> None:
        """Each answer is a pair, or asks the caller to try again; none ends the session."""
        for answer in answers:
            if answer.value is None:
                self.storage_trouble(answer)

    def live(self, sessions: Iterable[Session]) -> list[Session]:
        """Those of these sessions that a refresh still knows; it changes none of them."""
        return [session for session in sessions if session.refresh().value is not None]

    # -- sessions ------------------------------------------------------------------------------

    def echoes(self, session: Session) -> None:
        """A refresh hands back the very same pair."""
        got = pair_of(session.refresh())
        self.that(
            got == (session.token, session.refresh_token),
            "the same token and refresh token again",
            f"token {got[0]}, refresh token {got[1]}",
        )

    def rotates(self, session: Session) -> Session:
        """A refresh gives a new pair, both values different; the successor comes back."""
        successor = session.customer.successor_of(session)
        self.that(
            successor.token != session.token and successor.refresh_token != session.refresh_token,
            "a new token and a new refresh token",
            f"token {successor.token}, refresh token {successor.refresh_token}",
        )
        return successor

    def usable(self, session: Session) -> Session:
        """A refresh answers a pair: the same while it is live, a new one once it has expired."""
        if session.exp > self._deployment.clock.now():
            return session.customer.take(session.refresh())
        return session.customer.successor_of(session)

    def over(self, session: Session) -> None:
        """A refresh of this session is refused: it has ended."""
        self.session_over(session.refresh())

    def revoked(self, session: Session) -> None:
        """A revoke of this session answers true."""
        answer = session.revoke()
        said = answer.value if isinstance(answer.value, dict) else {}
        told = said.get("result") is True and not answer.errors
        self.that(told, "revokeCustomerToken to answer result true", answer.brief())

    def another_pair(self, session: Session, *ended: Session) -> None:
        """Neither token of this session is one of an ended session's."""
        for old in ended:
            again = {session.token, session.refresh_token} & {old.token, old.refresh_token}
            self.that(not again, "tokens that no ended session had", ", ".join(again))

    # -- the table -----------------------------------------------------------------------------

    def stored(self, session: Session) -> Row | None:
        """The session's row is in the table; None where there is no table to see."""
        if self._blind("the session's row"):
            return None
        row = session.stored()
        self.that(row is not None, "a row for this session", "no such row")
        return row

    def gone(self, session: Session) -> None:
        """The session's row is not in the table."""
        if not self._blind("that the session's row is gone"):
            self.that(session.stored() is None, "no row for this session", "the row is there")

    def no_more_rows(self, customer: Customer, count: int) -> None:
        """The customer's own partition holds so many rows at most."""
        if not self._blind("the customer's rows"):
            there = len(customer.rows())
            self.that(there <= count, f"{count} rows at most for this customer", f"{there} rows")

    def rows(self, customer: Customer, count: int) -> None:
        """The customer's own partition holds so many rows."""
        if not self._blind("the customer's rows"):
            there = len(customer.rows())
            self.that(there == count, f"{count} rows for this customer", f"{there} rows")

    @contextmanager
    def row_changes(
        self, customer: Customer, *, new: int, gone: int | None = None
    ) -> Iterator[RowChanges]:
        """What happens in here adds so many rows of the customer's.

        gone: so many go, and the others stay as they are; None where all that is free.
        """
        customer.new_second()
        changes = RowChanges(_by_hash(customer.rows()))
        yield changes
        changes.after = _by_hash(customer.rows())
        told = ", ".join(_changes(changes.before, changes.after)) or "no change"
        self.that(len(changes.new) == new, f"{new} new rows of this customer's", told)
        if gone is not None:
            others = len(changes.gone) == gone and not changes.altered
            self.that(others, f"{gone} rows gone, and the others as they were", told)

    @contextmanager
    def no_new_row(self, *customer_ids: object) -> Iterator[None]:
        """What happens in here creates no row under these ids; whether any goes is free."""
        table = self._deployment.need_table()
        before = {id_: _by_hash(table.rows(id_)).keys() for id_ in customer_ids}
        yield
        for id_, known in before.items():
            new = _by_hash(table.rows(id_)).keys() - known
            self.that(not new, f"no new row under {id_!r}", f"{len(new)} new")

    @contextmanager
    def no_missing_id(self) -> Iterator[None]:
        """What happens in here writes nothing, and as far as is seen reads nothing, under none."""
        table, faults = self._deployment.table, self._deployment.faults
        if table is None and faults is None:
            raise NotTestable("table")
        before = {id_: table.rows(id_) for id_ in MISSING_IDS} if table else {}
        with faults.watch() if faults else nullcontext(()) as calls:
            yield
        touched = [id_ for id_, rows in before.items() if table and table.rows(id_) != rows]
        self.that(not touched, "no row written under a missing id", f"rows under {touched}")
        reached = [call.operation for call in calls if call.keyed(*MISSING_IDS)]
        self.that(not reached, "no call to the table under a missing id", ", ".join(reached))
        if table is None:
            self.table_seen(calls)

    def nowhere_in_table(self, secrets: Mapping[str, str], *customers: Customer) -> None:
        """None of these texts is in a row of these customers, nor in the rest of the table."""
        table = self._deployment.need_table()
        for customer in customers:
            for partition in (str(customer.id), f"{BOOKKEEPING}{customer.id}"):
                self._hold_none(table.rows(partition), secrets)
        for number, page in enumerate(table.scan()):
            if number == SCANNED_PAGES:
                self.unseen(f"the table beyond {SCANNED_PAGES} pages of it", "small table")
                return
            self._hold_none(page, secrets)

    def _hold_none(self, rows: Iterable[Row], secrets: Mapping[str, str]) -> None:
        for row in rows:
            texts = list(row.texts())
            found = [what for what, s in secrets.items() if any(leaks.holds(t, s) for t in texts)]
            self.that(not found, "nothing in the table that opens a session", ", ".join(found))

    @contextmanager
    def unchanged(self, *customers: Customer) -> Iterator[None]:
        """What happens in here changes no row of these customers."""
        look = self.still(*customers)
        yield
        look()

    def still(self, *customers: Customer) -> Callable[[], None]:
        """A look at these customers' rows, to be taken again: none has changed since now."""
        if self._blind("that no row changes"):
            return lambda: None
        before = [_by_hash(customer.rows()) for customer in customers]

        def look() -> None:
            for customer, rows in zip(customers, before, strict=True):
                changes = _changes(rows, _by_hash(customer.rows()))
                self.that(not changes, "no row to change", ", ".join(changes))

        return look

    # -- the calls to the table ----------------------------------------------------------------

    def table_seen(self, calls: Sequence[Call]) -> None:
        """The proxy has seen calls of the deployment; NotTestable where it stands elsewhere."""
        if not any(call.touches for call in calls):
            raise NotTestable("faults", "no call of the deployment passes the fault proxy")

    @contextmanager
    def table_untouched(self, faults: FaultProxy) -> Iterator[None]:
        """What happens in here reads, writes and deletes nothing, in no partition at all."""
        with faults.watch() as calls:
            yield
        touching = [call.operation for call in calls if call.touches]
        self.that(not touching, "no call to the table", ", ".join(touching))

    def met(self, fault: Fault) -> None:
        """The fault has had something to do; otherwise the test has seen nothing."""
        if not fault.hits:
            raise NotTestable("faults", "no call of this kind passed the fault proxy")

    def met_a(self, operation: str, fault: Fault) -> None:
        """The same of a fault that only this operation can have."""
        if not fault.hits:
            raise NotApplicable(f"the deployment sends no {operation} here")

    def met_together(self, fault: Fault) -> None:
        """Rivals have really met at a barrier; otherwise the race was never run."""
        self.met(fault)
        if not fault.complete:
            raise NotTestable("faults", "the rivals never met: the deployment takes them in turn")

    def _blind(self, what: str) -> bool:
        if self._deployment.table is None:
            self.unseen(what, "table")
            return True
        return False


def _told(answer: Answer) -> tuple[object, ...]:
    """What a caller reads: not the hour, nor the number that a server gave the request."""
    extensions = (error.get("extensions") for error in answer.errors)
    kinds = [sorted(e) if isinstance(e, dict) else e for e in extensions]
    said = answer.data, answer.messages, answer.categories, kinds
    return answer.status, answer.content_type, *said


def _is_category(said: object) -> bool:
    """A word of GraphQL's own; `graphql-undefined` is what a missing one turns into."""
    prefix, _, kind = said.partition("graphql-") if isinstance(said, str) else ("-", "", "")
    return prefix == "" and kind not in ("", "undefined", "null", "None")


def _by_hash(rows: Iterable[Row]) -> dict[str, Row]:
    return {row.hash: row for row in rows}


def _altered(before: dict[str, Row], after: dict[str, Row]) -> int:
    return sum(before[key] != after[key] for key in before.keys() & after.keys())


def _changes(before: dict[str, Row], after: dict[str, Row]) -> list[str]:
    """What differs, in words: rows gone, new and altered."""
    counts = {
        "gone": len(before.keys() - after.keys()),
        "new": len(after.keys() - before.keys()),
        "altered": _altered(before, after),
    }
    return [f"{count} {word}" for word, count in counts.items() if count]
