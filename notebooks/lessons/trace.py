"""A trace: who sent which pair to whom, and what the servers read and wrote in the table.

Each pair gets a letter when it is first issued. Its status is read from the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lessons.exchange import Exchange
from lessons.pairs import Pair
from lessons.pictures import Member, Message, Picture, family, sequence
from lessons.server import Server
from lessons.times import time_of_day
from reference_auth.core import tokens
from reference_auth.core.rows import FENCE, REVOKED, ended_partition_of, partition_of

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TABLE = "table"
#: What a refusal means to the party that gets it, and the role of its colour.
REFUSALS: Mapping[str, tuple[str, str]] = {
    "graphql-authorization": ("session over", "over"),
    "graphql-server-internal-error": ("try again", "care"),
    "graphql-input": ("not a pair", "over"),
    "graphql-authentication": ("wrong login", "over"),
    "graphql-no-such-entity": ("no such session", "over"),
}


@dataclass
class Trace:
    """Records the requests of some parties to servers that share one table."""

    server: Server
    _messages: list[Message] = field(default_factory=list)
    _pairs: dict[str, Pair] = field(default_factory=dict)
    _notes: dict[str, str] = field(default_factory=dict)
    _parents: dict[str, str] = field(default_factory=dict)
    _burns: int = 0

    def party(self, name: str, server: Server | None = None, server_name: str = "server") -> Party:
        """Somebody who sends requests to a server, by default to the only one."""
        server = server or self.server
        server.dynamodb.on_call = partial(self._record_table_call, server_name)
        return Party(name, self, server, server_name)

    def sequence(self, title: str, parties: Sequence[str]) -> Picture:
        """The messages between these parties."""
        shown = [m for m in self._messages if {m.source, m.target} <= set(parties)]
        return sequence(parties, shown, title=title)

    def family(self, title: str) -> Picture:
        """Every pair: which one it replaced, and its status now."""
        members = [
            Member(name, self.status(name), self._parents.get(name), self._notes[name])
            for name in self._pairs
        ]
        return family(members, title=title)

    def status(self, name: str) -> str:
        """What the table says about a pair."""
        claims, items = self._pairs[name].claims, self.server.table().items
        customer = partition_of(claims.customer_id)
        ended = ended_partition_of(customer)
        hash = tokens.hash_of(self._pairs[name].refresh_token, self.server.config.secret)
        if (customer, hash) in items:
            return "live"
        if items.get((ended, hash), {}).get("reason") == REVOKED:
            return "revoked"
        is_fenced = claims.exp <= items.get((ended, FENCE), {}).get("before", 0)
        return "burned" if is_fenced and name not in self._parents.values() else "spent"

    # What parties and servers record

    def record(self, time: str, source: str, target: str, words: str, role: str = "ink") -> None:
        """Add a message."""
        self._messages.append(Message(time, source, target, words, role))

    def letter_of(self, pair: Pair) -> str:
        """The letter of a pair that was issued before."""
        return {known: name for name, known in self._pairs.items()}[pair]

    def record_pair(self, pair: Pair, holder: str, second: int, parent: Pair | None) -> str:
        """The letter of a pair: a new letter if the pair is new."""
        if pair not in self._pairs.values():
            name = LETTERS[len(self._pairs)]
            self._pairs[name] = pair
            self._notes[name] = f"{holder} {time_of_day(second)}"
            if parent is not None:
                self._parents[name] = self.letter_of(parent)
        return self.letter_of(pair)

    def record_burns(self, server_name: str) -> None:
        """Each new security event is something that happens at the server."""
        events = self.server.security_events
        for _ in events[self._burns :]:
            self.record("", server_name, server_name, "a replay: burn", "over")
        self._burns = len(events)

    def _record_table_call(
        self, server_name: str, operation: str, parameters: Mapping[str, Any], answer: Any
    ) -> None:
        self.record_burns(server_name)
        name = self.name_of_item(parameters["Key"]) if operation == "get_item" else ""
        words, role = describe(operation, name, answer), "care" if answer is None else "soft"
        is_read = operation in {"get_item", "query"}
        self._messages.append(Message("", server_name, TABLE, words, role, both_ways=is_read))

    def name_of_item(self, key: Mapping[str, Any]) -> str:
        """What a key belongs to: a fence, a tombstone, or a session's row, with its letter."""
        hash = key["refresh_token_hash"]["S"]
        if key["customer_id"]["S"].startswith(ended_partition_of("")):
            return "fence" if hash == FENCE else "tombstone"
        secret = self.server.config.secret
        letters = {tokens.hash_of(p.refresh_token, secret): n for n, p in self._pairs.items()}
        return f"{letters[hash]}'s row" if hash in letters else "the row"


@dataclass(frozen=True)
class Party:
    """Somebody who holds pairs and sends them."""

    name: str
    trace: Trace
    server: Server
    server_name: str

    def log_in(self, email: str, *, remember_me: bool = False) -> Pair:
        """Log in with the right password."""
        return self._send("login", lambda: self.server.log_in(email, remember_me=remember_me)).pair

    def refresh(self, pair: Pair) -> Exchange:
        """Send a pair to be refreshed."""
        name = self.trace.letter_of(pair)
        return self._send(f"refresh {name}", lambda: self.server.refresh(pair), pair)

    def revoke(self, pair: Pair) -> Exchange:
        """Log out with a pair."""
        return self._send(f"revoke {self.trace.letter_of(pair)}", lambda: self.server.revoke(pair))

    def me(self, pair: Pair) -> Exchange:
        """Ask for the customer's own data with a pair's access token."""
        self._record_request(f"me, with {self.trace.letter_of(pair)}")
        answer = self.server.me(pair.token)
        words, role = ("refused", "care") if answer.category else ("her data", "good")
        self.trace.record("", self.server_name, self.name, words, role)
        return answer

    def note(self, words: str, role: str = "over") -> None:
        """Record something that no server sees."""
        self.trace.record(time_of_day(self.server.now), self.name, self.name, words, role)

    def _send(
        self, words: str, request: Callable[[], Exchange], sent: Pair | None = None
    ) -> Exchange:
        self._record_request(words)
        answer = request()
        self.trace.record_burns(self.server_name)
        self.trace.record("", self.server_name, self.name, *self._result(answer, sent))
        return answer

    def _record_request(self, words: str) -> None:
        self.trace.record(time_of_day(self.server.now), self.name, self.server_name, words)

    def _result(self, answer: Exchange, sent: Pair | None) -> tuple[str, str]:
        if answer.category:
            return REFUSALS[answer.category]
        if "result" in answer.data:
            return "true", "good"
        if answer.pair == sent:
            return f"{self.trace.letter_of(sent)} again", "good"
        return self.trace.record_pair(answer.pair, self.name, answer.now, sent), "good"


def describe(operation: str, name: str, answer: Any) -> str:
    """One call of the table in a few words; no answer means that it was refused."""
    refused = answer is None
    match operation:
        case "get_item":
            found = "there" if "Item" in (answer or {}) else "none"
            return f"{name}: {found}"
        case "transact_write_items":
            return "transaction refused" if refused else "transaction"
        case "put_item":
            return "fence: there is one" if refused else "puts the fence"
        case "query":
            return "all rows"
        case "batch_write_item":
            return "deletes rows"
        case "update_item":
            return "marks it done"
    return operation
