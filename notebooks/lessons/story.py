"""A story: who sent which pair to whom, and what the table was asked meanwhile.

Pairs get letters in the order in which they turn up. What became of each is read from the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lessons.clock_face import time_of_day
from lessons.exchange import Exchange
from lessons.pictures import Member, Picture, Step, family, lanes
from lessons.reading import Pair
from lessons.stage import Stage
from reference_auth.core import tokens
from reference_auth.core.rows import FENCE, REVOKED, ended_partition_of, partition_of
from reference_auth.core.tokens import RefreshToken

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TABLE = "table"
#: What a refusal comes to for the one who hears it, and its colour's role.
REFUSALS: Mapping[str, tuple[str, str]] = {
    "graphql-authorization": ("session over", "over"),
    "graphql-server-internal-error": ("try again", "care"),
    "graphql-input": ("not a pair", "over"),
    "graphql-authentication": ("who is that", "over"),
    "graphql-no-such-entity": ("no such session", "over"),
}


@dataclass
class Story:
    """Watches the requests of its parties to one table."""

    stage: Stage
    _steps: list[Step] = field(default_factory=list)
    _pairs: dict[str, Pair] = field(default_factory=dict)
    _notes: dict[str, str] = field(default_factory=dict)
    _parents: dict[str, str] = field(default_factory=dict)
    _told: int = 0

    def party(self, name: str, stage: Stage | None = None, server: str = "server") -> Party:
        """Somebody who sends requests to a server, by default to the only one."""
        stage = stage or self.stage
        stage.client.tell = partial(self._table_asked, server)
        return Party(name, self, stage, server)

    def lanes(self, title: str, parties: Sequence[str]) -> Picture:
        """What these parties said to one another."""
        seen = [step for step in self._steps if {step.source, step.target} <= set(parties)]
        return lanes(parties, seen, title=title)

    def family(self, title: str) -> Picture:
        """Every pair: where it came from, and what has become of it by now."""
        members = [
            Member(name, self.fate(name), self._parents.get(name), self._notes[name])
            for name in self._pairs
        ]
        return family(members, title=title)

    def fate(self, name: str) -> str:
        """What the table says of a pair."""
        claims, items = self._pairs[name].claims, self.stage.table().items
        customer, ended = (
            partition_of(claims.customer_id),
            ended_partition_of(partition_of(claims.customer_id)),
        )
        hash = tokens.hash_of(
            RefreshToken(self._pairs[name].refresh_token), self.stage.config.secret
        )
        if (customer, hash) in items:
            return "live"
        if items.get((ended, hash), {}).get("reason") == REVOKED:
            return "revoked"
        is_fenced = claims.exp <= items.get((ended, FENCE), {}).get("before", 0)
        return "burned" if is_fenced and name not in self._parents.values() else "spent"

    # What the parties and servers tell

    def say(self, time: str, source: str, target: str, words: str, role: str = "ink") -> None:
        self._steps.append(Step(time, source, target, words, role))

    def name_of(self, pair: Pair) -> str:
        """The letter of a pair that has turned up."""
        return {known: name for name, known in self._pairs.items()}[pair]

    def introduce(self, pair: Pair, holder: str, second: int, parent: Pair | None) -> str:
        """The letter of a pair, a new one when it turns up for the first time."""
        if pair not in self._pairs.values():
            name = LETTERS[len(self._pairs)]
            self._pairs[name] = pair
            self._notes[name] = f"{holder} {time_of_day(second)}"
            if parent is not None:
                self._parents[name] = self.name_of(parent)
        return self.name_of(pair)

    def note_burns(self, server: str) -> None:
        """A security event is something that happens at the server."""
        events = self.stage.security_events
        for _ in events[self._told :]:
            self.say("", server, server, "a replay: burn", "over")
        self._told = len(events)

    def _table_asked(
        self, server: str, operation: str, parameters: Mapping[str, Any], answer: Any
    ) -> None:
        self.note_burns(server)
        words = asked(operation, parameters, answer)
        self.say("", server, TABLE, words, "care" if answer is None else "soft")


@dataclass(frozen=True)
class Party:
    """One who holds pairs and sends them."""

    name: str
    story: Story
    stage: Stage
    server: str

    def log_in(self, email: str, *, remember_me: bool = False) -> Pair:
        """Log in with the right password."""
        return self._send("login", lambda: self.stage.log_in(email, remember_me=remember_me)).pair

    def refresh(self, pair: Pair) -> Exchange:
        """Send a pair to be refreshed."""
        name = self.story.name_of(pair)
        return self._send(f"refresh {name}", lambda: self.stage.refresh(pair), pair)

    def revoke(self, pair: Pair) -> Exchange:
        """Log a pair's session out."""
        return self._send(f"revoke {self.story.name_of(pair)}", lambda: self.stage.revoke(pair))

    def does(self, words: str) -> None:
        """Something happens that no server sees."""
        self.story.say(time_of_day(self.stage.now), self.name, self.name, words, "over")

    def _send(
        self, words: str, request: Callable[[], Exchange], sent: Pair | None = None
    ) -> Exchange:
        self.story.say(time_of_day(self.stage.now), self.name, self.server, words)
        answer = request()
        self.story.note_burns(self.server)
        self.story.say("", self.server, self.name, *self._heard(answer, sent))
        return answer

    def _heard(self, answer: Exchange, sent: Pair | None) -> tuple[str, str]:
        if answer.category:
            return REFUSALS[answer.category]
        if "result" in answer.data:
            return "true", "good"
        if answer.pair == sent:
            return f"{self.story.name_of(sent)} again", "good"
        return self.story.introduce(answer.pair, self.name, answer.now, sent), "good"


def asked(operation: str, parameters: Mapping[str, Any], answer: Any) -> str:
    """One call of the table in a few words; no answer means that it was refused."""
    refused = answer is None
    match operation:
        case "get_item":
            found = "there" if "Item" in (answer or {}) else "none"
            return f"{thing_at(parameters['Key'])}: {found}"
        case "transact_write_items":
            return "transaction refused" if refused else "transaction"
        case "put_item":
            return "fence: one stands" if refused else "puts the fence"
        case "query":
            return "all rows"
        case "batch_write_item":
            return "deletes rows"
        case "update_item":
            return "fence is done"
    return operation


def thing_at(key: Mapping[str, Any]) -> str:
    """What lies under a key: a session's row, or the bookkeeping of what has ended."""
    if not key["customer_id"]["S"].startswith(ended_partition_of("")):
        return "the row"
    return "fence" if key["refresh_token_hash"]["S"] == FENCE else "tombstone"
