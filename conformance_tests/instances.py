"""The instances of one deployment: in either environment, and with the features it declares.

A target is one instance; the embedded reference has three, and `[launch]` lets the suite start
others on the same table.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from conformance_tests.deployment import Deployment
from conformance_tests.outcomes import NotApplicable
from conformance_tests.preflight import open_client
from conformance_tests.target import Features


@dataclass
class Instances:
    """Finds or starts the instance that a test asks for, once a run."""

    main: Deployment
    ends: ExitStack
    _known: dict[str, Deployment] = field(default_factory=dict)

    def in_environment(self, environment: str) -> Deployment:
        """The instance that runs in this environment; NotApplicable where there is none."""
        target = self.main.target
        if target.environment == environment:
            return self.main
        if environment in target.instances:
            return self._named(environment, Features())
        raise NotApplicable(f"the target runs in {target.environment}; add [launch]")

    def with_grace(self) -> Deployment:
        """The instance that declares a grace window."""
        return self._featured("grace", self.main.target.features.grace_seconds > 0)

    def with_absolute_end(self) -> Deployment:
        """The instance that declares an absolute end of a session."""
        return self._featured("max_session", self.main.target.features.max_session_minutes > 0)

    def _featured(self, feature: str, declared: bool) -> Deployment:
        target = self.main.target
        if not declared:
            raise NotApplicable(f"the target does not declare {feature}")
        if "featured" not in target.instances:
            return self.main
        return self._named("featured", target.features)

    def _named(self, name: str, features: Features) -> Deployment:
        if name not in self._known:
            url = self.main.target.instances[name]
            client = open_client(self.main.target, self.main.recorder, url)
            self._known[name] = self.main.at(self.ends.enter_context(client), features)
        return self._known[name]
