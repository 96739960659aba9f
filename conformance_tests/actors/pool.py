"""The customers of one instance: those of the target, and those that a run makes up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from conformance_tests.actors import customer_schedule
from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.session import expired
from conformance_tests.deployment.row import BOOKKEEPING, OWN_IDS, is_made_up
from conformance_tests.good_calls import ROTATION
from conformance_tests.outcomes import NotApplicable, NotTestable, good_call

if TYPE_CHECKING:
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.deployment import Deployment


@dataclass
class Customers:
    """Gives each test its customers.

    locked_out: why none of the target's customers can log in, where that is so.
    """

    deployment: Deployment
    registered: tuple[RegisteredCustomer, ...] = ()
    locked_out: str | None = None
    all_made_up: list[MadeUpCustomer] = field(default_factory=list)
    #: Those of them that this test made up.
    made_up_here: list[MadeUpCustomer] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def sessions(self) -> list[Session]:
        """The sessions of the target's customers, as far as they were opened here."""
        return [session for customer in self.registered for session in customer.sessions]

    def at(self, deployment: Deployment) -> Customers:
        """The same customers before another instance."""
        registered = tuple(customer.on(deployment) for customer in self.registered)
        return replace(self, deployment=deployment, registered=registered)

    def of_one_test(self) -> Customers:
        """The same customers, for one test."""
        return replace(self, made_up_here=[])

    # -- who is none of them -------------------------------------------------------------------

    def are_ours(self, partition: str) -> bool:
        """Whether a partition belongs to a customer of the target or of the suite."""
        owner = partition.removeprefix(BOOKKEEPING)
        customers = (*self.registered, *self.all_made_up)
        return is_made_up(owner) or owner in {str(one.known_id) for one in customers}

    @contextmanager
    def sparing_others(self) -> Iterator[None]:
        """In here a call may name nobody: whatever a careless server makes of that, strangers keep
        their rows. NotTestable where that cannot be ensured.
        """
        self.deployment.need_alone()
        table, faults = self.deployment.table, self.deployment.faults
        if table is not None and not table.holds_others(self.are_ours):
            yield
            return
        if faults is None:
            raise NotTestable("own table" if table else "table")
        with faults.watch() as calls:
            self.alice.log_in()
        if not any(call.accesses for call in calls):
            raise NotTestable("faults", "no call of the deployment passes the fault proxy")
        with faults.confine(self.are_ours):
            yield

    # -- who logs in over HTTP -----------------------------------------------------------------

    @property
    def alice(self) -> RegisteredCustomer:
        """One of the target's customers: the first of those that this test was given."""
        return self._registered(0, "customer")

    @property
    def bob(self) -> RegisteredCustomer:
        """Another one."""
        return self._registered(1, "second customer")

    def _registered(self, place: int, capability: str) -> RegisteredCustomer:
        if self.locked_out:
            raise NotTestable("customer", self.locked_out)
        if len(self.registered) <= place:
            raise NotTestable(capability)
        if not customer_schedule.is_given(place):
            self.deployment.need_alone()
        return customer_schedule.in_order(self.registered)[place]

    # -- who need not --------------------------------------------------------------------------

    def someone(self) -> Customer:
        """A customer of this test's own: made up where that can be, else alice."""
        can_forge = self.deployment.can_forge
        return self.made_up() if can_forge else self.alice.ignoring_earlier_rows()

    def another(self) -> Customer:
        """Somebody else: made up where that can be, else bob."""
        return self.made_up() if self.deployment.can_forge else self.bob

    def made_up(self, id_: str | None = None) -> MadeUpCustomer:
        """A made-up customer with a fresh id; NotTestable where sessions cannot be forged."""
        self.deployment.need_forging()
        fresh = f"{OWN_IDS}{self.deployment.run}-{next(self._numbers)}"
        return self._known(MadeUpCustomer(self.deployment, id_ or fresh))

    def _known(self, customer: MadeUpCustomer) -> MadeUpCustomer:
        """The same, whose rows are deleted after the test, or after the run at the latest."""
        self.all_made_up.append(customer)
        self.made_up_here.append(customer)
        return customer

    def with_namesakes(self) -> tuple[Customer, list[MadeUpCustomer]]:
        """A customer of a test's own, and two whose ids are nearly hers: one begins with it, one
        differs in case alone. A real customer has none.
        """
        someone = self.someone()
        if not isinstance(someone, MadeUpCustomer):
            return someone, []
        hers, *theirs = (f"{someone.id}-{word}" for word in ("Twin", "Twin-longer", "twin"))
        return self.made_up(hers), [self.made_up(id_) for id_ in theirs]

    def numbered(self, kind: type[int] | type[str] = int) -> MadeUpCustomer:
        """A registered customer whose id is a number, with forged logins of her own.

        kind: whether their tokens write the id as a number or as its digits; the partition is one.
        """
        self.deployment.need_forging()
        known = [c for c in customer_schedule.in_order(self.registered) if _is_number(c.known_id)]
        if not known:
            raise NotApplicable("no customer's id is a number")
        if known[0] is not self.alice:
            self.deployment.need_alone()  # another test may have her
        known[0].need_unfenced(int(self.deployment.clock.now()))
        forged = MadeUpCustomer(self.deployment, kind(known[0].id))
        forged.sessions = known[0].sessions  # so that none shares an `exp`, and all are revoked
        return forged

    def named(self, id_: int | str) -> MadeUpCustomer | None:
        """A made-up customer with this very id; None where a row of somebody else may be there.

        NotTestable without the table: a faulty deployment that is asked to remove the rows of an
        odd id may take it for another one.
        """
        self.deployment.need_forging()
        table = self.deployment.need_table()
        if table.rows(id_) or table.rows(f"{BOOKKEEPING}{id_}"):
            return None
        return self._known(MadeUpCustomer(self.deployment, id_))

    def expired_apart(self, count: int) -> list[Session]:
        """So many sessions, soon expired, each of a customer of its own where that can be."""
        if not self.deployment.can_forge:
            return self.alice.soon_expired_sessions(count)
        return expired(*(self.made_up().log_in() for _ in range(count)))

    def expired_in_turn(
        self, rounds: int, each: int = 1
    ) -> Iterator[tuple[Customer, list[Session]]]:
        """For each round so many expired sessions, made when they are needed; every other round's
        have been renewed before.

        Those of a deployment that has to be waited for are all made at once, and none is renewed.
        """
        if self.deployment.must_wait:
            alice = self.someone()
            waited = alice.expired_sessions(rounds * each, remember_me=True)
            for place in range(rounds):
                yield alice, waited[place * each : (place + 1) * each]
            return
        for number in range(rounds):
            someone = self.someone()
            sessions = someone.expired_sessions(each, remember_me=True)
            if number % 2:
                with good_call(*ROTATION):
                    sessions = expired(*map(someone.successor_of, sessions))
            yield someone, sessions


def _is_number(id_: int | str | None) -> bool:
    """Whether an id is a whole number, or written like one."""
    return re.fullmatch("-?[1-9][0-9]{0,14}", str(id_)) is not None
