"""What a run was asked for, what its tests share, and who is told of its progress."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from conformance_tests.actors.pool import Customers
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.deployment.instances import Instances
    from conformance_tests.expect.expect import Expect
    from conformance_tests.report.finding import Finding
    from conformance_tests.report.walked import Walked
    from conformance_tests.runner.work_queue import WorkQueue

EXPECT: pytest.StashKey[Expect] = pytest.StashKey()
#: Seconds for walks where nothing else is said, and those of the embedded reference's run.
WALKS = 60.0
WALKS_EMBEDDED = 5.0
#: How long a run may take where nothing else is said.
MAX_SECONDS = 3600.0
RUN_CONTEXT: pytest.StashKey[RunContext] = pytest.StashKey()


class Progress(Protocol):
    """Is told how far a run has come."""

    def started(self, total: int, logins: int, seconds: float) -> None: ...
    def testing(self, ids: tuple[str, ...], name: str) -> None: ...
    def ended(self, name: str, again: bool) -> None: ...
    def waiting(self, reason: str) -> None: ...
    def queued(self, told: str) -> None: ...
    def finding(self, finding: Finding) -> None: ...
    def finished(self) -> None: ...


class Silence:
    """A progress that shows nothing."""

    def started(self, total: int, logins: int, seconds: float) -> None: ...
    def testing(self, ids: tuple[str, ...], name: str) -> None: ...
    def ended(self, name: str, again: bool) -> None: ...
    def waiting(self, reason: str) -> None: ...
    def queued(self, told: str) -> None: ...
    def finding(self, finding: Finding) -> None: ...
    def finished(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for.

    rerun: the command that a card repeats for its one requirement, which `only_option` names.
    strict: a SHOULD that fails counts, so pytest is told so.
    max_seconds: after so long the run stops.
    walks: seconds for the walks of the run, from this `seed`; none by default.
    shuffle: seeds another order of the tests, as far as it is free.
    queue: where other processes run the same tests at once, what shares the tests out.
    """

    only: tuple[str, ...] = ()
    claimed_only: bool = False
    allow_destructive: bool = False
    pytest_args: tuple[str, ...] = ()
    rerun: str = "auth-conformance run"
    only_option: str = "--only"
    queue: WorkQueue | None = None
    strict: bool = False
    max_seconds: float = MAX_SECONDS
    walks: float = 0.0
    seed: int = 0
    shuffle: int | None = None

    @property
    def walks_again(self) -> str:
        """What repeats the walks of this run, after the command that names one requirement."""
        prefix = self.only_option.removesuffix("only")
        return f"{prefix}walks {self.walks:g} {prefix}seed {self.seed}"


@dataclass
class RunContext:
    """What the tests of one run share.

    parallel: so many tests may run at once; pytest itself runs one after the other.
    """

    customers: Customers
    instances: Instances
    options: Options = Options()
    progress: Progress = field(default_factory=Silence)
    parallel: int = 1
    crash: str | None = None
    stopped: str | None = None
    last_request: str | None = None
    findings: list[Finding] = field(default_factory=list)
    walked: Walked | None = None

    @property
    def deployment(self) -> Deployment:
        """The instance under test."""
        return self.customers.deployment

    def add_walked(self, walked: Walked) -> None:
        """Count one more walk."""
        self.walked = walked if self.walked is None else self.walked + walked
