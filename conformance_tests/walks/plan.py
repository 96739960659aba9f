"""Which walks a run takes: each next step is, of those drawn, the one that shows most that is new.

A plan depends on the seed and on what the target lets be seen, never on an answer or on the time
that passes, so two runs walk the same. The model alone says what each step would lead to. What a
step shows is each of its conditions, and of a plain refresh or revoke each two together: which pair
is presented, in which part of its life, of which session and customer, and after what.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Final

from conformance_tests.model.flow import Customer, Effect, Expected, Pair, Reply
from conformance_tests.model.issued import Terms
from conformance_tests.walks import steps
from conformance_tests.walks.kinds import GROUPS, REGISTERED, is_numeric
from conformance_tests.walks.steps import Step

#: How many steps a walk has, and how many are drawn for each.
LENGTH: Final = 14
DRAWN: Final = 25
SESSIONS: Final = 3
BAD_LOGINS: Final = 1
#: A rotation leads further than any other step.
FOR_A_ROTATION: Final = 3
#: Of so many walks one begins beside many rows.
CROWDED: Final = 3
#: Of so many steps one is taken together with another, where their order changes nothing.
TOGETHER: Final = 3
#: In so many steps a walk spares its sessions: what ends them comes later.
SPARING: Final = 7
#: What to ask of a pair, the usual more often than the odd.
ASKED: Final = (
    *[(steps.REFRESH, "")] * 30,
    *[(steps.REVOKE, "")] * 12,
    *((steps.REFRESH, how) for how in (*steps.MIXED, *steps.FORGED, *steps.SCHEMES)),
    *((steps.REVOKE, how) for how in (*steps.MIXED, *steps.FORGED, *steps.SCHEMES)),
)
OTHER: Final = (
    *[(steps.LOG_IN, how) for how in steps.REMEMBER],
    *[(steps.BAD_LOGIN, how) for how in steps.PASSWORDS],
    *[(verb, "") for verb in steps.DEVELOPMENT],
)


@dataclass(frozen=True)
class Abilities:
    """What a target lets walks do, and which requirements it is held to.

    ages: a session grows old by a pair that replaces it, so the others stay as they are.
    exact: the clock stands still, so that a very second can be met.
    longest_wait: seconds that a walk may wait in all.
    derives: a refresh token follows from its access token; one that was drawn may stand for itself.
    developed: customers are made up by development operations, and those registered do not age.
    numbers: the table has no row of anybody else, so that ids may be numbers.
    """

    asks: Callable[[str], bool]
    terms: Terms
    grace: int = 0
    ages: bool = False
    exact: bool = True
    longest_wait: float = math.inf
    made_up: bool = True
    sees_rows: bool = True
    developer: bool = False
    production: bool = False
    crowds: bool = True
    derives: bool = True
    developed: bool = False
    numbers: bool = True


@dataclass(frozen=True, slots=True)
class Script:
    """One walk as it is planned."""

    group: int
    kind: str
    steps: tuple[Step, ...]


@dataclass
class Scene:
    """Where a planned walk stands: the model's time and the model's customer."""

    kind: str
    customer: Customer
    now: int = 0
    crowd: bool = False
    bad_logins: int = 0
    last: str = ""


@dataclass
class Planner:
    """All walks of a run, one after another; which of them an item walks is its own affair."""

    seed: int
    able: Abilities
    seen: set[tuple[object, ...]] = field(default_factory=set)
    _certain: bool = True

    def scripts(self) -> Iterator[Script]:
        """Walks without end: the groups of kinds take turns."""
        groups = GROUPS if self.able.made_up else ((REGISTERED,),)
        number = 0
        while True:
            group = number % len(groups)
            kinds = [k for k in groups[group] if self.able.numbers or not is_numeric(k)]
            kind = kinds[number // len(groups) % len(kinds)]
            yield Script(
                group, kind, tuple(self._walk(kind, random.Random(f"{self.seed} {number}")))
            )
            number += 1

    def _walk(self, kind: str, draw: random.Random) -> Iterator[Step]:
        scene = Scene(kind, Customer(self.able.grace, self.able.terms.maximum))
        for how in draw.sample(("true", "absent"), 2):
            yield self._take(scene, Step(steps.LOG_IN, len(scene.customer.sessions) + 1, how=how))
        if self.able.crowds and kind != REGISTERED and draw.randrange(CROWDED) == 0:
            yield self._take(scene, Step(steps.CROWD))
        for place in range(LENGTH):
            drawn = [self._draw(scene, draw) for _ in range(DRAWN)]
            last = place == LENGTH - 1
            options = [way for way in drawn if way and self._is_open(scene, way, last)]
            if not options:
                return
            spare = place < SPARING
            best = max(options, key=lambda way: self._worth(scene, way, spare))
            *before, step = best
            for wait in before:
                yield self._take(scene, wait)
            beside = self._beside(scene, step, draw)
            yield self._take(scene, step)
            if not self._certain:
                return
            if beside is not None:
                yield self._take(scene, beside)
        if not self.able.sees_rows:
            yield from (Step(steps.REFRESH, pair.session) for pair in scene.customer.current())
            yield Step(steps.REFRESH, 0)

    # -- what could come next ----------------------------------------------------------------------

    def _draw(self, scene: Scene, draw: random.Random) -> list[Step]:
        """A step that could be taken, after a wait for its moment if it needs one."""
        if draw.random() < 0.2:
            verb, how = draw.choice(OTHER)
            return self._other(scene, verb, how, draw)
        verb, how = draw.choice(ASKED)
        if how in steps.MIXED and not self.able.derives:
            return []
        session = draw.randint(1, len(scene.customer.sessions))
        step = Step(verb, session, draw.choice((0, 0, 1, 2)), how, self._elsewhere(draw))
        pair = steps.pair_of(step, scene.customer)
        if pair is None or (how.startswith("the newest") and not step.back):
            return []
        if how.startswith("another session") and len(scene.customer.sessions) < 2:
            return []
        wait = self._wait(scene, step, pair, draw) if draw.random() < 0.6 else None
        return [step] if wait is None else [wait, step]

    def _beside(self, scene: Scene, step: Step, draw: random.Random) -> Step | None:
        """Another step for the same moment, if there is to be one."""
        if step.verb not in steps.PRESENTING or draw.randrange(TOGETHER):
            return None
        drawn = (self._draw(scene, draw) for _ in range(DRAWN))
        options = [
            [replace(way[0], at_once=True)]
            for way in drawn
            if len(way) == 1 and self._may_join(scene, step, way[0])
        ]
        best = max(options, key=lambda way: self._worth(scene, way, spare=False), default=None)
        return best[0] if best else None

    def _may_join(self, scene: Scene, step: Step, other: Step) -> bool:
        if not (
            steps.commute(step, other, scene.customer, scene.now)
            and self._is_open(scene, [step], last=False)
            and self._is_open(scene, [other], last=False)
        ):
            return False
        whats = (steps.expected(each, scene.customer, scene.now) for each in (step, other))
        both_rotate = all(what and what.effect is Effect.ROTATES for what in whats)
        return self.able.asks("RACE-03") or not both_rotate

    def _other(self, scene: Scene, verb: str, how: str, draw: random.Random) -> list[Step]:
        real = scene.kind == REGISTERED
        if verb == steps.LOG_IN:
            number = len(scene.customer.sessions) + 1
            return [Step(verb, number, how=how)] if number <= SESSIONS else []
        if verb == steps.BAD_LOGIN:
            return [Step(verb, how=how)] if real and scene.bad_logins < BAD_LOGINS else []
        there = self.able.production, self.able.developer
        production = self._elsewhere(draw) or there == (True, False)
        return [Step(verb, production=production)] if any(there) and not real else []

    def _elsewhere(self, draw: random.Random) -> bool:
        return self.able.production and draw.random() < 0.25

    def _wait(self, scene: Scene, step: Step, pair: Pair, draw: random.Random) -> Step | None:
        """A wait for a moment in the life of the pair that a step presents; one that has ended does
        not age by itself.
        """
        if self.able.ages and (scene.customer.burned or pair not in scene.customer.current()):
            return None
        if self.able.developed and scene.kind == REGISTERED:
            return None
        terms = self.able.terms
        coming = steps.moments(pair, scene.now, self.able.exact, terms.margin)
        near = [how for how, at in coming.items() if at <= self.able.longest_wait]
        if not near:
            return None
        return Step(steps.TIME, step.session, step.back, how=draw.choice(near))

    def _is_open(self, scene: Scene, way: list[Step], last: bool) -> bool:
        """Whether the target is held to what a step asks; what its rows do, but at a walk's end."""
        after = self._after_the_wait(scene, way)
        pair = steps.pair_of(way[-1], after.customer)
        if pair is not None and steps.is_near_an_edge(pair, after.now, self.able.terms.margin):
            return False
        what = steps.expected(way[-1], after.customer, after.now)
        asked = [what.requirement or what.rows] if what else []
        asked += [steps.SCHEMES[way[-1].how]] if way[-1].how in steps.SCHEMES else []
        if what is None or not all(map(self.able.asks, asked)):
            return False
        if what.replies == (Reply.SUCCESSOR,) and not self.able.derives:
            return False  # tokens that were drawn are known by their hashes: they cannot come again
        return last or self._is_sure(what)

    def _is_sure(self, what: Expected) -> bool:
        return self.able.asks(what.rows) and len(what.replies) == 1

    # -- what it would show ------------------------------------------------------------------------

    def _worth(self, scene: Scene, way: list[Step], spare: bool) -> float:
        """How much that is new a step shows, for each second waited and each session that ends."""
        after = self._after_the_wait(scene, way)
        waits = after.now - scene.now if math.isfinite(self.able.longest_wait) else 0
        new = sum(each not in self.seen for each in self._shown(after, way[-1]))
        what = steps.expected(way[-1], after.customer, after.now)
        if what and what.effect is Effect.ROTATES:
            new *= FOR_A_ROTATION
        if not spare:
            return new / (1 + waits)
        there = scene.customer.current()
        over = sum(pair.is_over(after.now) for pair in there)
        ends = {Effect.ENDS: 1, Effect.BURNS: len(there)}.get(what.effect, 0) if what else 0
        return new / (1 + waits + over + ends)

    def _shown(self, scene: Scene, step: Step) -> Iterator[tuple[object, ...]]:
        about, asked = conditions(scene, step), (step.verb, manner(step))
        yield step.verb, step.how
        yield from ((*asked, one) for one in about)
        if step.verb == steps.LOG_IN or (step.verb in steps.PRESENTING and not step.how):
            yield from ((*asked, *two) for two in combinations(about, 2))

    def _after_the_wait(self, scene: Scene, way: list[Step]) -> Scene:
        return self._later(scene, way[0]) if len(way) > 1 else scene

    def _later(self, scene: Scene, wait: Step) -> Scene:
        """The scene once it is the moment that a step waits for."""
        pair = steps.pair_of(wait, scene.customer)
        assert pair is not None
        terms = self.able.terms
        moment = steps.moments(pair, scene.now, self.able.exact, terms.margin)[wait.how]
        if not self.able.ages:
            return replace(scene, now=moment)
        by = moment - scene.now
        aged = replace(pair, exp=pair.exp - by, began=pair.began - by, replaced=True)
        aged.refresh_expiry -= by
        sessions = {**scene.customer.sessions}
        sessions[wait.session] = [*sessions[wait.session][:-1], aged]
        return replace(scene, customer=replace(scene.customer, sessions=sessions))

    # -- taking it ---------------------------------------------------------------------------------

    def _take(self, scene: Scene, step: Step) -> Step:
        """Change the scene as the step would, and remember what it has shown."""
        if step.verb == steps.TIME:
            later = self._later(scene, step)
            scene.now, scene.customer = later.now, later.customer
            return step
        self.seen.update(self._shown(scene, step))
        scene.last = f"{step.verb} {manner(step)}"
        scene.bad_logins += step.verb == steps.BAD_LOGIN
        if step.verb == steps.CROWD:
            scene.crowd = True
            return step
        what = steps.expected(step, scene.customer, scene.now)
        assert what is not None
        issues = step.verb == steps.LOG_IN or what.replies == (Reply.NEW,)
        new = (
            steps.issued_pair(step, scene.customer, scene.now, self.able.terms) if issues else None
        )
        steps.happened(step, what.effect, scene.customer, scene.now, new)
        scene.crowd = scene.crowd and what.effect is not Effect.BURNS
        self._certain = self._is_sure(what)
        return step


def manner(step: Step) -> str:
    """Of which sort a request is."""
    sorts = {"mixed": steps.MIXED, "forged": steps.FORGED, "scheme": steps.SCHEMES}
    return next((name for name, those in sorts.items() if step.how in those), "")


def conditions(scene: Scene, step: Step) -> tuple[tuple[str, object], ...]:
    """Under which conditions a step is taken."""
    customer, pair = scene.customer, steps.pair_of(step, scene.customer)
    about: dict[str, object] = {
        "kind": scene.kind,
        "crowd": scene.crowd,
        "production": step.production,
        "at once": step.at_once,
        "burned": customer.burned,
        "others": len([p for p in customer.current() if p is not pair]),
        "after": scene.last,
    }
    if step.verb == steps.LOG_IN:
        about["remember_me"] = step.how
    if pair is not None:
        about |= {
            "state": pair.state,
            "life": steps.life(pair, scene.now),
            "remembered": pair.remembered,
            "generation": min(pair.generation, 3),
            "back": step.back,
        }
    return tuple(about.items())
