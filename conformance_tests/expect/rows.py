"""What the table must hold: which rows of whom are there, and what happens to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance_tests.deployment.http import leaks
from conformance_tests.deployment.row import BOOKKEEPING, Row
from conformance_tests.expect.base import Checks
from conformance_tests.good_calls import BURN, ROW, ROW_GONE, ROWS
from conformance_tests.outcomes import NotTestable, Violation, good_call

if TYPE_CHECKING:
    from conformance_tests.actors.customers import Customer
    from conformance_tests.actors.session import Owner, Session

#: At most so many pages, of a megabyte each, are read of a whole table.
SCANNED_PAGES = 20
VANISHED = "the table deleted an expired row while it was needed"


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
        """How many rows are still there, but changed."""
        return _altered(self.before, self.after)


class Rows(Checks):
    """Expectations of the rows in customers' partitions."""

    def stored(self, session: Session) -> Row | None:
        """The session's row is in the table; None where there is no table to see."""
        if not self._sees_rows("the session's row"):
            return None
        row = session.stored()
        with good_call(*ROW):
            self.that(row is not None, "a row for this session", "no such row")
        return row

    def not_stored(self, session: Session) -> None:
        """The session's row is not in the table."""
        if self._sees_rows("that the session's row is gone"):
            with good_call(*ROW_GONE):
                self.that(session.stored() is None, "no row for this session", "the row is there")

    def at_most_rows(self, customer: Customer, count: int) -> None:
        """The customer's own partition holds so many rows at most."""
        if self._sees_rows("the customer's rows"):
            there = len(customer.rows_of_this_test())
            with good_call(*ROWS):
                at_most = f"{_counted(count)} at most for this customer"
                self.that(there <= count, at_most, _counted(there))

    def burned(self, customer: Customer) -> None:
        """A replay has left the customer no row."""
        with good_call(*BURN):
            self.rows(customer, 0)

    def rows(self, customer: Customer, count: int) -> None:
        """The customer's own partition holds so many rows."""
        if self._sees_rows("the customer's rows"):
            there = len(customer.rows_of_this_test())
            with good_call(*(ROWS if count else ())):
                self.that(there == count, f"{_counted(count)} for this customer", _counted(there))

    @contextmanager
    def unless_it_vanishes(self, session: Session) -> Iterator[None]:
        """What fails in here proves nothing, if the table itself deletes expired rows meanwhile.

        A row of nobody's that expires at the same time shows whether it does.
        """
        deployment = self._deployment
        if deployment.table is None or not deployment.can_hash:
            yield
            return
        row, table = session.stored(), deployment.table
        if row is None:
            raise NotTestable("table", VANISHED)
        witness = Row.of(f"{deployment.nobody}-else", row.hash, row.ttl)
        table.write(witness)
        try:
            yield
        except Violation:
            if table.row(witness.customer_id, witness.hash) is None:
                raise NotTestable("table", VANISHED) from None
            raise
        finally:
            table.delete(witness)

    @contextmanager
    def row_changes(
        self, customer: Customer, *, new: int, gone: int | None = None
    ) -> Iterator[RowChanges]:
        """What happens in here adds so many rows of the customer's.

        gone: so many go, and the others stay as they are; None where all that is free.
        """
        self._deployment.need_rows()
        self._sees_rows("which rows change")
        customer.wait_for_new_second()
        changes = RowChanges(_by_hash(customer.rows()))
        yield changes
        changes.after = _by_hash(customer.rows())
        told = ", ".join(_changes(changes.before, changes.after)) or "no change"
        self.that(len(changes.new) == new, f"{_counted(new, 'new row')} of this customer's", told)
        if gone is not None:
            others = len(changes.gone) == gone and not changes.altered
            self.that(others, f"{_counted(gone)} gone, and the others as they were", told)

    @contextmanager
    def no_new_row(self, *customer_ids: object) -> Iterator[None]:
        """What happens in here creates no row under these ids; whether any goes is free.

        Nor does it leave one elsewhere, as far as the proxy sees where it writes.
        """
        deployment, faults = self._deployment, self._deployment.faults
        deployment.need_rows()
        self._sees_rows("that no row is new")
        if faults:
            deployment.need_alone()
        before = {id_: _by_hash(deployment.rows_of(id_)).keys() for id_ in customer_ids}
        with faults.watch() if faults else nullcontext(()) as calls:
            yield
        for id_, known in before.items():
            new = _by_hash(deployment.rows_of(id_)).keys() - known
            self.that(not new, f"no new row under {id_!r}", f"{len(new)} new")
        written = {partition for call in calls for partition in call.writes_under()}
        left = [key for key in written - set(map(str, customer_ids)) if deployment.rows_of(key)]
        self.that(not left, "no row written elsewhere", f"rows under {len(left)} other keys")

    @contextmanager
    def no_strange_row(self, ours: Callable[[str], bool]) -> Iterator[None]:
        """What happens in here leaves or changes no row under a key that is not ours, in a table
        that held none when the run began.
        """
        before = self._strange_rows(ours)
        yield
        changes = ", ".join(_changes(before, self._strange_rows(ours)))
        self.that(not changes, "no row to change under another key", changes)

    def _strange_rows(self, ours: Callable[[str], bool]) -> dict[str, Row]:
        """The rows under other keys, by their keys; none where others may have written them."""
        if self._deployment.table is None or not self._deployment.alone_in_table:
            return {}
        there = (row for rows in self._deployment.table.scan() for row in rows)
        return {f"{row.customer_id} {row.hash}": row for row in there if not ours(row.customer_id)}

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
            found = [what for what, s in secrets.items() if any(leaks.reveals(t, s) for t in texts)]
            self.that(not found, "nothing in the table that opens a session", ", ".join(found))

    @contextmanager
    def at_most_new_rows(self, customer: Customer, most: int) -> Iterator[None]:
        """What happens in here adds at most so many rows, where the table can be seen."""
        before = self._visible_rows(customer).keys()
        yield
        new = self._visible_rows(customer).keys() - before
        self.that(
            len(new) <= most, f"{_counted(most, 'new row')} at most", _counted(len(new), "new row")
        )

    @contextmanager
    def unchanged_if_visible(self, customer: Customer) -> Iterator[None]:
        """What happens in here changes no row of the customer, where the table can be seen."""
        before = self._visible_rows(customer)
        yield
        self.that(self._visible_rows(customer) == before, "no row to change", "other rows")

    def _visible_rows(self, customer: Customer) -> dict[str, Row]:
        return _by_hash(customer.rows() if customer.deployment.sees_rows else ())

    @contextmanager
    def unchanged(self, *customers: Owner) -> Iterator[None]:
        """What happens in here changes no row of these customers."""
        check = self.snapshot(*customers)
        yield
        check()

    def snapshot(self, *customers: Owner) -> Callable[[], None]:
        """The rows of these customers now; calling the result checks that none has changed."""
        if not self._sees_rows("that no row changes"):
            return lambda: None
        before = [_by_hash(customer.rows()) for customer in customers]

        def check() -> None:
            for customer, rows in zip(customers, before, strict=True):
                changes = _changes(rows, _by_hash(customer.rows()))
                self.that(not changes, "no row to change", ", ".join(changes))

        return check


def _by_hash(rows: Iterable[Row]) -> dict[str, Row]:
    return {row.hash: row for row in rows}


def _altered(before: dict[str, Row], after: dict[str, Row]) -> int:
    return sum(before[key] != after[key] for key in before.keys() & after.keys())


def _counted(count: int, what: str = "row") -> str:
    """So many rows, in words."""
    return f"{count} {what if count == 1 else f'{what}s'}"


def _changes(before: dict[str, Row], after: dict[str, Row]) -> list[str]:
    """What differs, in words: rows gone, new and altered."""
    counts = {
        "gone": len(before.keys() - after.keys()),
        "new": len(after.keys() - before.keys()),
        "altered": _altered(before, after),
    }
    return [f"{count} {word}" for word, count in counts.items() if count]
