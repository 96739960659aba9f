"""The instances of one deployment: in either environment, and with the features it declares.

A target is one instance; the embedded reference has three, and `[launch]` lets the suite start
others on the same table. Each that is started ends with the run at the latest.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance_tests.deployment.clock import Clock
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.client import Client, open_client
from conformance_tests.deployment.launch import Launched, Launcher, LaunchError
from conformance_tests.loopback import is_loopback
from conformance_tests.outcomes import NotApplicable, NotTestable
from conformance_tests.target.parts import Features

Start = AbstractContextManager[Launched]
Mode = str | None
AT_ONCE = 4
#: Characters of a last line that are shown.
LAST_WORDS = 200


@dataclass
class Instances:
    """Finds or starts the instance that a test asks for, once in a run."""

    main: Deployment
    ends: ExitStack
    _known: dict[str, Deployment] = field(default_factory=dict)
    _launched: dict[Mode, Launched | LaunchError] = field(default_factory=dict)
    _to_end: list[Start] = field(default_factory=list)
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._real_time = Clock(max_wait=self.main.target.clock.max_wait)
        self.ends.callback(self._end_all)

    def set_clock(self, clock: Clock) -> None:
        """From now on this is the clock of all instances that are there by themselves."""
        for instance in (self.main, *self._known.values()):
            instance.clock = clock

    def in_environment(self, environment: str) -> Deployment:
        """The instance that runs in this environment; NotApplicable where there is none."""
        target = self.main.target
        if target.environment == environment:
            return self.main
        if environment in target.instances:
            return self._named(environment, Features())
        if target.launch is None:
            raise NotApplicable(f"the target runs in {target.environment}; add [launch]")
        development = environment == "development"
        return self._answering(target.launch.development_value if development else environment)

    def with_grace(self) -> Deployment:
        """The instance that declares a grace window."""
        return self._featured("grace", self.main.target.features.grace_seconds > 0)

    def with_absolute_end(self) -> Deployment:
        """The instance that declares an absolute end of a session."""
        return self._featured("max_session", self.main.target.features.max_session_minutes > 0)

    # -- started by the suite ------------------------------------------------------------------

    def launcher(self) -> Launcher:
        """What starts the deployment under an environment of the test's choice."""
        target = self.main.target
        if target.launch is None:
            raise NotTestable("launch")
        if self.main.run_log is None:
            return Launcher(target.launch, target.secret)
        return Launcher(target.launch, target.secret, on_output=self.main.run_log.add_output)

    def name_of(self, url: str) -> str:
        """What to call the instance at an address."""
        target = self.main.target
        if url == self.main.client.url:
            return f"the {target.environment} instance"
        names = (name for name, instance in target.instances.items() if instance.url == url)
        found = next(names, None)
        return f"the {found} instance" if found else "an instance that the suite started"

    @property
    def can_restart(self) -> bool:
        """Whether `[launch]` starts what stands at the target's address."""
        launch, address = self.main.target.launch, urlsplit(self.main.client.url)
        if launch is None or address.port is None or not is_loopback(address.hostname):
            return False
        return launch.url.replace("{port}", str(address.port)) == self.main.client.url

    def restart(self) -> bool:
        """Start the deployment at the target's own address; False where that cannot be done."""
        if not self.can_restart:
            return False
        target, port = self.main.target, urlsplit(self.main.client.url).port
        assert target.launch is not None
        development = target.environment == "development"
        mode = target.launch.development_value if development else target.environment
        launched = self._enter(self.launcher().start(mode=mode, port=port))
        return not isinstance(launched, LaunchError) and launched.answers

    def in_mode(self, mode: Mode, *, among: tuple[Mode, ...] = ()) -> Deployment | None:
        """The instance started with this mode; None where it would not start in it.

        among: the modes that will be asked for, to be started together.
        """
        self._start(mode, *among)
        launched = self._launched[mode]
        if isinstance(launched, LaunchError):
            raise NotTestable("launch", str(launched))
        if not launched.answers:
            return None
        return self._by_its_clock(self._at(launched.url, self.main.features))

    def does_not_start(self, mode: Mode) -> NotTestable:
        """Says that the deployment ended when it was started in this mode."""
        launched = self._launched[mode]
        assert isinstance(launched, Launched)
        told = f"the deployment does not start in mode {mode!r}: {self._last_words(launched)}"
        return NotTestable("launch", told)

    def _last_words(self, launched: Launched) -> str:
        """The last line that it wrote, redacted before it is cut; without one, how it ended."""
        line = self.main.recorder.redact(launched.last_line)
        if not line:
            return f"it ended with exit code {launched.exit} and wrote nothing"
        short = line if len(line) <= LAST_WORDS else f"{line[:LAST_WORDS]}…"
        return f"it ended with exit code {launched.exit}, and its last line was {short!r}"

    @contextmanager
    def one_more(self) -> Iterator[Deployment]:
        """A fresh process on the same table, with a clock of its own; it ends with the context."""
        with self.launcher().start() as launched:
            if not launched.answers:
                told = f"the deployment does not start once more: {self._last_words(launched)}"
                raise NotTestable("second instance", told)
            with closing(self._client(launched.url)) as client:
                yield self._by_its_clock(self.main.at(client, self.main.features))

    def _client(self, url: str) -> Client:
        """A client of another instance; all instances share one login rate."""
        main = self.main
        transport, rate = main.wiring.transport, main.client.rate
        return open_client(main.target, main.recorder, transport, url=url, rate=rate)

    def _by_its_clock(self, instance: Deployment) -> Deployment:
        """A process that was started reads its own clock: real time, or what it was started under.

        Where that is the clock that the suite moves, such as one file of libfaketime for both, it
        is as far ahead.
        """
        instance.client.trivial()
        ahead = instance.client.skew
        instance.clock = self._real_time
        if ahead and self.main.clock.is_ahead_by(ahead):
            instance.clock = self.main.clock
        elif ahead:
            instance.clock = Clock(ahead, self._real_time.max_wait)
        return instance

    def _answering(self, mode: str) -> Deployment:
        instance = self.in_mode(mode)
        if instance is None:
            raise self.does_not_start(mode)
        return instance

    def start_ahead(self, *modes: Mode) -> None:
        """Start these in the background, where the target can be started at all."""
        if modes and self.main.target.launch is not None:
            threading.Thread(target=self._start, args=modes, daemon=True).start()

    def _start(self, *modes: Mode) -> None:
        """Start those not started yet, a few at a time; what came up is ended with the run."""
        launcher = self.launcher()
        with self._starting, ThreadPoolExecutor(AT_ONCE) as pool:
            new = [mode for mode in dict.fromkeys(modes) if mode not in self._launched]
            starts = [launcher.start(mode=mode) for mode in new]
            self._launched.update(zip(new, pool.map(self._enter, starts), strict=True))

    def _enter(self, start: Start) -> Launched | LaunchError:
        try:
            launched = start.__enter__()
        except LaunchError as problem:
            return problem
        self._to_end.append(start)
        return launched

    def _end_all(self) -> None:
        with self._starting, ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda start: start.__exit__(None, None, None), self._to_end))

    # -- already there -------------------------------------------------------------------------

    def _featured(self, feature: str, declared: bool) -> Deployment:
        target = self.main.target
        if not declared:
            raise NotApplicable(f"the target does not declare {feature}")
        if "featured" not in target.instances:
            return self.main
        return self._named("featured", target.features)

    def _named(self, name: str, features: Features) -> Deployment:
        instance = self.main.target.instances[name]
        other = self._at(instance.url, features)
        other.lifetimes = instance.lifetimes or other.lifetimes
        return other

    def _at(self, url: str, features: Features) -> Deployment:
        if url not in self._known:
            client = self.ends.enter_context(closing(self._client(url)))
            self._known[url] = self.main.at(client, features)
        return self._known[url]
