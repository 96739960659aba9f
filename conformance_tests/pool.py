"""Where time can only be waited for, sessions grow old together: several tests share one wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance_tests.actors import Customer, Session


@dataclass
class Pool:
    """Long sessions opened ahead, one a second; a test takes those whose access has expired.

    ahead: how many are kept growing for tests to come; 0 where the next test ends them all.
    """

    ahead: int = 8
    _growing: list[Session] = field(default_factory=list)

    def take(self, customer: Customer, count: int) -> list[Session]:
        """So many sessions of this customer, made in different seconds, expired by now."""
        clock = customer.deployment.clock
        while len(expired := self._expired(customer)) < count:
            growing = [session for session in self._growing if session.customer is customer]
            if len(growing) < max(count, self.ahead):
                self._growing.append(customer.log_in(remember_me=True))
            else:
                waiting = sorted(s.exp for s in growing if s not in expired)
                clock.move_to(waiting[count - len(expired) - 1] + clock.margin)
        taken = expired[:count]
        self._growing = [session for session in self._growing if session not in taken]
        return taken

    def forget(self) -> None:
        """Drop what is growing: it may end before anybody takes it."""
        self._growing.clear()

    def _expired(self, customer: Customer) -> list[Session]:
        """Those of the customer's that have expired; what has ended altogether is dropped."""
        clock = customer.deployment.clock
        now = clock.now()
        self._growing = [s for s in self._growing if s.refresh_expiry > now + clock.margin]
        return [
            session
            for session in self._growing
            if session.customer is customer and session.exp + clock.margin <= now
        ]
