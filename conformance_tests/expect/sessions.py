"""What a session must do, in the hands of one caller or of several at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from conformance_tests.actors.session import expired
from conformance_tests.deployment.http.answer import Answer, member
from conformance_tests.expect.answers import Answers
from conformance_tests.expect.rows import Rows
from conformance_tests.good_calls import ECHO, ENDED, REVOKE, ROTATION
from conformance_tests.outcomes import good_call

if TYPE_CHECKING:
    from conformance_tests.actors.customers import Customer
    from conformance_tests.actors.session import Session


class Sessions(Answers, Rows):
    """Expectations of sessions, of one and of several that compete."""

    # -- answers that compete ------------------------------------------------------------------

    def sessions_in(self, customer: Customer, answers: Iterable[Answer]) -> list[Session]:
        """The distinct sessions that these answers hand out."""
        given = [customer.session_from(answer) for answer in answers if answer.value is not None]
        return list({session.refresh_token: session for session in given}.values())

    def separate_sessions(
        self, customer: Customer, answers: Iterable[Answer], *spent: Session
    ) -> None:
        """Each answer is a session of its own, with its own row, and none has a spent token."""
        sessions = [customer.session_from(answer) for answer in answers]
        different = {session.refresh_token for session in sessions}
        self.equal(len(different), len(sessions), "how many refresh tokens are different")
        for session in sessions:
            self.stored(session)
            self.new_tokens(session, *spent)

    def at_most_one_live(self, sessions: Iterable[Session]) -> None:
        """At most one of these sessions is alive."""
        live = self.still_live(sessions)
        self.that(len(live) <= 1, "one live session at most", f"{len(live)}")

    def someone_can_continue(self, customer: Customer, answers: Iterable[Answer]) -> None:
        """At least one of these answers hands out a pair that works."""
        live = self.still_live(self.sessions_in(customer, answers))
        self.that(live, "a pair that works in some caller's hands", "none")

    def none_over(self, answers: Iterable[Answer]) -> None:
        """Each answer is a pair, or asks the caller to try again; none ends the session."""
        for answer in answers:
            if answer.value is None:
                self.asks_to_retry(answer)

    def still_live(self, sessions: Iterable[Session]) -> list[Session]:
        """Those of these sessions that a refresh accepts."""
        return [session for session in sessions if session.refresh().value is not None]

    def still_renewable(self, sessions: Iterable[Session]) -> list[Session]:
        """Those of these sessions that can be renewed once their access tokens have expired.

        A deployment may repeat a live pair without a look at its row.
        """
        live = [session for session in self.still_live(sessions) if not _seen_gone(session)]
        return self.still_live(expired(*live)) if live else []

    # -- sessions ------------------------------------------------------------------------------

    def returns_same_pair(self, session: Session) -> None:
        """A refresh hands back the very same pair."""
        self.same_pair(session, session.refresh())

    def same_pair(self, session: Session, answer: Answer) -> None:
        """The answer of a refresh that hands back the very same pair."""
        with good_call(*ECHO):
            got = answer.pair()
            self.that(
                got == (session.token, session.refresh_token),
                "the same token and refresh token again",
                f"token {got[0]}, refresh token {got[1]}",
            )

    def rotates(self, session: Session) -> Session:
        """A refresh gives a new pair, both values different; the successor comes back."""
        with good_call(*ROTATION):
            successor = session.customer.successor_of(session)
            self.that(
                successor.token != session.token
                and successor.refresh_token != session.refresh_token,
                "a new token and a new refresh token",
                f"token {successor.token}, refresh token {successor.refresh_token}",
            )
        return successor

    def rotates_past_grace(self, session: Session) -> Session:
        """The same, and any grace for the old pair is over: from now on it is a replay."""
        successor = self.rotates(session)
        session.customer.deployment.wait_out_grace()
        return successor

    def works(self, session: Session) -> Session:
        """A refresh answers a pair: the same while it is live, a new one once it has expired."""
        live = session.exp > self._deployment.clock.now()
        with good_call(*(ECHO if live else ROTATION)):
            if live:
                return session.customer.session_from(session.refresh())
            return session.customer.successor_of(session)

    def is_over(self, session: Session) -> None:
        """A refresh of this session is refused: it has ended."""
        answer = session.refresh()
        with good_call(*ENDED):
            self.session_over(answer)

    def revokes(self, session: Session) -> None:
        """A revoke of this session answers true."""
        self.revoked(session.revoke())

    def revoked(self, answer: Answer) -> None:
        """The answer of a revoke that has ended the session."""
        with good_call(*REVOKE):
            answer.need()
            done = member(answer.value, "result") is True and not answer.errors
            self.that(done, "revokeCustomerToken to answer result true", answer.brief())

    def new_tokens(self, session: Session, *ended: Session) -> None:
        """Neither token of this session is one of an ended session's."""
        for old in ended:
            again = {session.token, session.refresh_token} & {old.token, old.refresh_token}
            self.that(not again, "tokens that no ended session had", ", ".join(again))


def _seen_gone(session: Session) -> bool:
    """Whether the table shows that the session's row is not there."""
    deployment = session.customer.deployment
    return deployment.sees_rows and deployment.can_hash and session.stored() is None
