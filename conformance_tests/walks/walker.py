"""Takes a walk before a deployment: each answer and every row after it is that of the model."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from conformance_tests.actors import developed_rows
from conformance_tests.actors.forged_tokens import OTHER_KEY
from conformance_tests.actors.session import aged, reach
from conformance_tests.deployment.forge import mac
from conformance_tests.deployment.http.answer import (
    SERVER_ERROR,
    SESSION_OVER,
    WRONG_INPUT,
    Answer,
    member,
)
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.documents import ABSENT
from conformance_tests.deployment.row import Row
from conformance_tests.model import issued
from conformance_tests.model.flow import Customer, Effect, Expected, Pair, Reply
from conformance_tests.outcomes import Violation
from conformance_tests.walks import steps
from conformance_tests.walks.customers import customers_of
from conformance_tests.walks.steps import Step

if TYPE_CHECKING:
    from conformance_tests.actors import customers as actors
    from conformance_tests.actors.pool import Customers
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.walks.plan import Abilities, Script

HEX: Final = re.compile("[0-9a-f]{128}")
NO_SUCH: Final = "graphql-no-such-entity"
Rows = dict[str, "Row"]


class Unjudged(Exception):
    """From here on the target may do as it likes: the walk ends."""


@dataclass(frozen=True)
class Place:
    """Where walks are taken: the customers, the instances, and what can be seen and asked there."""

    customers: Customers
    able: Abilities
    tells: Callable[[str], bool] = lambda id_: True
    production: Deployment | None = None
    developer: Developer | None = None

    @property
    def deployment(self) -> Deployment:
        return self.customers.deployment


def _refuses(*categories: str) -> Callable[[Answer], bool]:
    """Whether an answer is a refusal of these categories; of any but the server's own for none."""

    def check(answer: Answer) -> bool:
        said = set(answer.categories)
        fits = said <= set(categories) if categories else SERVER_ERROR not in said
        return answer.is_refusal and (answer.status or 500) < 500 and fits

    return check


#: Whether an answer is of a kind that the model knows; pairs are looked at in `_issues`.
IS: Final[Mapping[Reply, Callable[[Answer], bool]]] = {
    Reply.OVER: _refuses(SESSION_OVER),
    Reply.REFUSED: _refuses(),
    Reply.INPUT: _refuses(WRONG_INPUT),
    Reply.NO_SUCH: _refuses(NO_SUCH),
    Reply.TRUE: lambda answer: member(answer.value, "result") is True and not answer.errors,
    Reply.DONE: lambda answer: answer.says_success,
    Reply.ROWS: lambda answer: isinstance(answer.value, list) and not answer.errors,
}


@dataclass
class Side:
    """One customer of a walk: the actor, the model, and the sessions in the actor's hands."""

    actor: actors.Customer
    model: Customer
    held: dict[int, list[Session]] = field(default_factory=dict)
    rows: Rows = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    #: The refresh token of the last row that a development operation was asked to write or remove.
    developed: str = ""

    def session(self, step: Step) -> Session:
        return self.held[step.session][-1 - step.back]


class Walk:
    """One walk. `run` raises the Violation of its last step, with the requirement and the story."""

    def __init__(self, place: Place, script: Script) -> None:
        self.place, self.script = place, script
        self.begun = self.taken = 0
        #: Whether the last answer was none, or asked to try again: that may pass.
        self.retryable = False
        self._clock = place.deployment.clock
        self._story: list[str] = []

    def run(self) -> None:
        place = self.place
        actors = customers_of(
            self.script.kind, place.customers, place.developer if place.able.developed else None
        )
        if actors is None:
            return
        able = self.place.able
        self._sides = [Side(actor, Customer(able.grace, able.terms.maximum)) for actor in actors]
        self._own = self._sides[0]
        try:
            self._log_in(self._sides[1], Step(steps.LOG_IN, 0, how="true"))
            for side in self._sides:
                side.rows = self._look(side)
            for moment in self._moments():
                self.begun += len(moment)
                self._story += map(str, moment)
                self._take(moment)
                self.taken = self.begun
            self._look_at_the_other()
        except Unjudged:
            return
        except Violation as broken:
            broken.story = tuple(self._story)
            raise

    def _moments(self) -> Iterator[list[Step]]:
        """The steps, those together that are taken at once; alone where their order matters now."""
        left = list(self.script.steps)
        while left:
            step, *left = left
            follows = left and left[0].at_once
            now = self._begin(step)
            if follows and steps.commute(step, left[0], self._own.model, now):
                yield [step, left.pop(0)]
            else:
                yield [replace(step, at_once=False)]

    # -- one step ----------------------------------------------------------------------------------

    def _begin(self, step: Step) -> int:
        """When a step is taken: in a second of its own, where that of a neighbour need not do."""
        asks = step.verb not in (steps.TIME, steps.CROWD)
        if asks and not self.place.able.asks("RACE-03"):
            self._side_of(step).actor.wait_for_new_second()
        return int(self._clock.now())

    def _side_of(self, step: Step) -> Side:
        return self._sides[1] if step.verb == steps.REFRESH and step.session == 0 else self._own

    def _take(self, moment: Sequence[Step]) -> None:
        step, side = moment[0], self._side_of(moment[0])
        if step.verb == steps.TIME:
            self._wait(side, step)
        elif step.verb == steps.CROWD:
            self._crowd(side)
        else:
            self._call(side, moment, int(self._clock.now()))

    def _call(self, side: Side, moment: Sequence[Step], now: int) -> None:
        """Ask what these steps ask, at once; what the model has nothing to say of is left out."""
        asked = [(step, said) for step in moment if (said := self._expected(side, step, now))]
        self._story[-len(moment) :] = [str(step) for step, _ in asked]
        if not asked:
            return
        if asked[0][0].verb == steps.LOG_IN:
            session = self._log_in(side, asked[0][0])
            self._compare(side, asked[0][1], set(), {self._hash(session)}, session)
            return
        calls = [partial(self._ask, side, step) for step, _ in asked]
        answers = self.place.deployment.together(*calls)
        side.actor.mark_active()  # a login in the second of a burn would have to wait
        for (step, what), new in zip(
            asked, self._judge_all(side, asked, answers, now), strict=True
        ):
            steps.happened(step, what.effect, side.model, now, new[1] if new else None)

    def _judge_all(
        self,
        side: Side,
        asked: Sequence[tuple[Step, Expected]],
        answers: Sequence[Answer],
        now: int,
    ) -> list[tuple[Session, Pair] | None]:
        """Judge each answer, and the rows after all of them; the successor that each has given."""
        given: list[tuple[Session, Pair] | None] = []
        gone, added = set[str](), set[str]()
        for (step, what), answer in zip(asked, answers, strict=True):
            self._judge(side, step, answer, what)
            given.append(new := self._issued(side, step, answer, what, now))
            moved = self._moved(side, step, what, new[0] if new else None)
            gone, added = gone | moved[0], added | moved[1]
        if not all(self._is_sure(what) for _, what in asked):
            raise Unjudged
        self._compare(side, what, gone, added, *(new[0] for new in given if new))
        if what.replies == (Reply.ROWS,) and self.place.able.sees_rows:
            shown = {str(member(row, "refresh_token_hash")) for row in answer.value}
            self._need(what.requirement, shown == set(side.rows), str(what), f"{len(shown)} rows")
        return given

    def _expected(self, side: Side, step: Step, now: int) -> Expected | None:
        """What the model says of a step; None where it says nothing, or a clock may differ."""
        pair, margin = steps.pair_of(step, side.model), self.place.able.terms.margin
        near = pair is not None and steps.is_near_an_edge(pair, now, margin)
        said = None if near else steps.expected(step, side.model, now)
        return None if said and self._is_no_mix(side, step) else said

    def _is_no_mix(self, side: Side, step: Step) -> bool:
        """Whether the other session's refresh token is this one's own: it had the same exp, and has
        ended since.
        """
        if step.how != steps.ANOTHER_SESSION:
            return False
        return self._presented(side, step)[1] == side.session(step).refresh_token

    def _is_sure(self, what: Expected) -> bool:
        return self.place.able.asks(what.rows) and len(what.replies) == 1

    def _wait(self, side: Side, step: Step) -> None:
        """Let it be a moment of a session's life: by the clock, or by an older pair instead."""
        pair, able = steps.pair_of(step, side.model), self.place.able
        if pair is None or (able.ages and (side.model.burned or pair not in side.model.current())):
            self._story.pop()
            return
        coming = steps.moments(pair, int(self._clock.now()), able.exact, able.terms.margin)
        if step.how not in coming:
            self._story.pop()
            return
        old = side.session(step)
        if able.developed:
            session = aged(old, coming[step.how] - int(self._clock.now()))
        else:
            [session] = reach([old], lambda session, margin: coming[step.how])
        if session is not old:
            side.held[step.session][-1] = session
            began = pair.began - (pair.exp - session.exp)
            known = replace(pair, began=began, replaced=True)
            side.model.sessions[step.session][-1] = self._pair(session, known)
            side.rows = self._look(side)

    def _crowd(self, side: Side) -> None:
        texts = [secrets.token_hex(64) for _ in range(steps.ROWS_OF_CROWD)]
        ttl = int(self._clock.now()) + self.place.able.terms.extended
        if self.place.able.developed:
            for text in texts:
                developed_rows.write(side.actor.deployment, side.actor.id, text, ttl)
        else:
            table = self.place.deployment.need_table()
            table.put_many([Row.of(side.actor.id, text, ttl) for text in texts])
        side.rows = self._look(side)

    def _log_in(self, side: Side, step: Step) -> Session:
        """A login over HTTP, or one that is forged as it would have been."""
        given = steps.REMEMBER[step.how]
        side.actor.wait_for_new_second()
        now = int(self._clock.now())
        try:
            session = side.actor.log_in(ABSENT if given is ... else given)
        except Violation as broken:
            self.retryable = SERVER_ERROR in broken.actual
            raise self._broken("CORE-01", broken.expected, broken.actual) from broken
        first = Pair(step.session, 0, now, now, step.how == "true", began=now)
        pair = self._pair(session, first)
        self._judge_pair(side, session, pair, None, now)
        side.held[step.session] = [session]
        side.model.issued(pair, now)
        return session

    # -- asking ------------------------------------------------------------------------------------

    def _ask(self, side: Side, step: Step) -> Answer:
        deployment = self.place.deployment
        if step.production and self.place.production is not None:
            deployment = self.place.production
        if step.verb == steps.BAD_LOGIN:
            email = f"{deployment.nobody}@example.invalid"
            return deployment.client.log_in(email, steps.PASSWORDS[step.how])
        if step.verb in steps.DEVELOPMENT:
            return self._ask_developer(side, step, deployment)
        token, refresh_token = self._presented(side, step)
        scheme = step.how if step.how in steps.SCHEMES else "Bearer"
        client = deployment.client
        call = client.refresh if step.verb == steps.REFRESH else client.revoke
        return call(token, refresh_token, scheme=scheme)

    def _ask_developer(self, side: Side, step: Step, deployment: Deployment) -> Answer:
        developer = self.place.developer
        if step.production or developer is None:
            developer = Developer(deployment.client)
        who = str(side.actor.id)
        if step.verb == steps.LIST:
            return developer.list(who)
        refused, removes = step.production, step.verb == steps.REMOVE
        if removes and side.written:
            side.developed = side.written[-1] if refused else side.written.pop()
            return developer.remove(who, side.developed)
        side.developed = secrets.token_hex(64)
        if removes:
            return developer.remove(who, side.developed)
        if not refused:
            side.written.append(side.developed)
        return developer.update(who, side.developed)

    def _presented(self, side: Side, step: Step) -> tuple[str, str]:
        """The access token and the refresh token that a step sends."""
        session, how = side.session(step), step.how
        token, own = session.token, session.refresh_token
        head, payload, signature = token.split(".")
        if how in steps.MIXED:
            others = [held[-1] for number, held in side.held.items() if number != step.session]
            return token, {
                steps.ANOTHER_SESSION: (others or [session])[0].refresh_token,
                "the newest refresh token of the session": side.held[step.session][
                    -1
                ].refresh_token,
                "another customer's refresh token": self._sides[1].held[0][-1].refresh_token,
                "a refresh token that was never issued": secrets.token_hex(64),
                "its refresh token in capitals": own.upper(),
                "its refresh token and a blank": f"{own} ",
                "its refresh token twice": own + own,
            }[how]
        if how in steps.FORGED:
            changed = ("B" if signature[:1] == "A" else "A") + signature[1:]
            theirs = self._sides[1].held[0][-1].token.split(".")[1]
            foreign = mac(f"{head}.{payload}", OTHER_KEY, "HS256")
            return {
                "a changed signature": f"{head}.{payload}.{changed}",
                "a signature by another secret": f"{head}.{payload}.{foreign}",
                "no signature": f"{head}.{payload}.",
                "a payload that names another customer": f"{head}.{theirs}.{signature}",
            }[how], own
        return token, own

    # -- judging -----------------------------------------------------------------------------------

    def _judge(self, side: Side, step: Step, answer: Answer, what: Expected) -> Reply:
        """The reply that the answer is; Violation where the model knows no such."""
        able = self.place.able
        self.retryable = answer.status is None or answer.asks_to_retry
        if answer.status is None:
            raise self._broken(what.requirement, "an answer", answer.brief())
        for reply in what.replies:
            if reply in (Reply.SAME, Reply.SUCCESSOR, Reply.NEW):
                if self._is_pair(side, step, answer, reply):
                    return reply
            elif IS[reply](answer):
                return reply
        requirement = what.requirement and steps.SCHEMES.get(step.how, what.requirement)
        if what.replies == (Reply.OVER,) and IS[Reply.REFUSED](answer) and able.asks("CORE-27"):
            requirement = "CORE-27"
        raise self._broken(requirement, str(what), answer.brief())

    def _is_pair(self, side: Side, step: Step, answer: Answer, reply: Reply) -> bool:
        try:
            pair = answer.pair()
        except Violation:
            return False
        session = side.session(step)
        old = (session.token, session.refresh_token)
        stored = "no-store" in answer.headers.get("cache-control", "").lower()
        self._need("HARD-22", stored, "Cache-Control: no-store", "another, or none")
        if reply is Reply.SUCCESSOR:
            return pair[1] == side.held[step.session][-step.back].refresh_token
        return pair == old if reply is Reply.SAME else not {*pair} & {*old}

    def _issued(
        self, side: Side, step: Step, answer: Answer, what: Expected, now: int
    ) -> tuple[Session, Pair] | None:
        """The successor that a rotation gave, judged by itself."""
        old = steps.pair_of(step, side.model)
        if what.replies != (Reply.NEW,) or old is None:
            return None
        session = side.actor.session_from(answer)
        pair = self._pair(session, replace(old, generation=old.generation + 1, replaced=False))
        self._judge_pair(side, session, pair, old, now)
        side.held[step.session].append(session)
        return session, pair

    def _pair(self, session: Session, known: Pair) -> Pair:
        """What a session's tokens promise, beside what is known of them."""
        try:
            return replace(known, exp=session.exp, refresh_expiry=session.refresh_expiry)
        except Violation as broken:
            raise self._broken("WIRE-02", broken.expected, broken.actual) from broken

    def _judge_pair(
        self, side: Side, session: Session, pair: Pair, old: Pair | None, now: int
    ) -> None:
        """A pair that was just issued: its claims, its end, and how its tokens belong together."""
        terms, claims, id_ = self.place.able.terms, session.claims, side.actor.known_id
        if id_ is not None:
            self._need_all(issued.checks(claims, id_, now, old, terms))
        ends = issued.end_checks(pair.refresh_expiry, now, old, pair.remembered, pair.began, terms)
        # A deployment may go by the row, and one that a developer wrote ends otherwise.
        if not (self.place.able.developed and old and not old.generation):
            self._need_all(ends)
        self._need("WIRE-05", bool(HEX.fullmatch(session.refresh_token)), "128 hex", "another text")
        deployment = self.place.deployment
        if deployment.can_hash and deployment.forge is not None:
            derived = deployment.forge.refresh_token(claims.get("customer_id"), pair.exp)
            asks = "WIRE-06" if str(id_).isascii() else "WIRE-09"
            self._need(asks, derived == session.refresh_token, "the derived token", "another")
            verified = deployment.forge.verifies(session.token)
            self._need("WIRE-01", verified, "a signature that verifies", "another")

    def _need_all(self, checks: Iterable[issued.Check]) -> None:
        for check in checks:
            self._need(*check)

    def _need(self, requirement: str, holds: bool, expected: str, actual: str) -> None:
        """Something holds, where the target is held to it; nothing later depends on it."""
        if not holds and self.place.able.asks(requirement):
            raise self._broken(requirement, expected, actual)

    def _broken(self, requirement: str, expected: str, actual: str) -> Exception:
        """The violation of a requirement; the walk's end where the target is not held to it."""
        asked = requirement and self.place.able.asks(requirement)
        if not (asked and self.place.tells(requirement)):
            return Unjudged()
        broken = Violation(expected, actual)
        broken.requirement = requirement
        return broken

    # -- rows --------------------------------------------------------------------------------------

    def _look(self, side: Side) -> Rows:
        if not self.place.able.sees_rows:
            return {}
        return {row.hash: row for row in side.actor.rows()}

    def _hash(self, session: Session) -> str:
        return session.hash if self.place.able.sees_rows else ""

    def _moved(
        self, side: Side, step: Step, what: Expected, session: Session | None
    ) -> tuple[set[str], set[str]]:
        """The keys of the rows that must be gone after a step, and of those that must be new."""
        if not self.place.able.sees_rows:
            return set(), set()
        added = {self._hash(session)} if session else set()
        if step.verb in steps.DEVELOPMENT and what.effect is not Effect.NOTHING:
            key = {self.place.deployment.need_forge().hash_of(side.developed)}
            return (set(), key) if step.verb == steps.WRITE else (key, set())
        if what.effect is Effect.BURNS:
            return set(side.rows), added
        if what.effect is Effect.ROTATES:
            return {self._hash(side.held[step.session][-2])}, added
        if what.effect is Effect.ENDS:
            return {self._hash(side.held[step.session][-1])}, added
        return set(), added

    def _compare(
        self, side: Side, what: Expected, gone: set[str], new: set[str], *issued: Session
    ) -> None:
        """The customer's rows are those that the model knows."""
        if not self.place.able.sees_rows:
            return
        now = self._look(side)
        told = _differences(side.rows, now, gone, new)
        if told:
            raise self._broken(what.rows, str(what.effect), told)
        side.rows = now
        for session in issued:
            if session.row is None:  # not made by the suite itself
                self._judge_row(side.rows[self._hash(session)], session)
        if what.effect is Effect.BURNS:
            self._look_at_the_other()

    def _look_at_the_other(self) -> None:
        """Nothing that one customer does changes a row of another."""
        other = self._sides[1]
        told = _differences(other.rows, self._look(other), set(), set())
        requirement = "CORE-13" if self._own.model.burned else "CORE-20"
        self._need(requirement, not told, "no row of another customer to change", told)

    def _judge_row(self, row: Row, session: Session) -> None:
        end = session.refresh_expiry
        self._need("STORE-01", row.key_types == ("S", "S"), "keys of type S", f"{row.key_types}")
        self._need("STORE-04", row.ttl == end, f"ttl {end}", f"{row.ttl}")
        self._need("STORE-05", row.ttl_type == "N", "a ttl of type N", f"{row.ttl_type}")


def _differences(before: Rows, after: Rows, gone: set[str], new: set[str]) -> str:
    """In words, what differs from the rows of before without those gone and with those new.

    A row that had expired by real time may have been deleted by the table itself.
    """
    over = {key for key, row in before.items() if row.ttl is not None and row.ttl < time.time()}
    told: dict[str, int] = {
        "gone that should be there": len(before.keys() - after.keys() - gone - over),
        "there that should be gone": len(gone & after.keys() - new),
        "new": len(after.keys() - before.keys() - new),
        "missing": len(new - after.keys()),
        "altered": sum(before[key] != after[key] for key in before.keys() & after.keys() - gone),
    }
    return ", ".join(f"{count} {words}" for words, count in told.items() if count)
