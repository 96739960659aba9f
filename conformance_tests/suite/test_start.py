"""A deployment that would sign with nothing does not start."""

from __future__ import annotations

from functools import partial

from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.launch import FROM_TARGET, Launcher
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable

#: With nothing of development about it: there a server may well make up a secret.
MODE = "production"
SHORT = "conformance-secret"  # 18 bytes, of the 32 that HS256 asks for


@requirement("HARD-19")
def test_nothing_starts_without_a_secret(
    deployment: Deployment, launcher: Launcher, expect: Expect
) -> None:
    """With its own secret a deployment comes up; with none, an empty or a short one it does not."""
    start = partial(launcher.comes_up, mode=MODE)
    own, absent, empty, short = deployment.together(
        *(partial(start, secret=secret) for secret in (FROM_TARGET, None, "", SHORT))
    )
    if not own:
        raise NotTestable("launch", "the deployment does not come up with its own secret either")
    expect.that(not absent, "no start without a secret", "a server that answers")
    expect.that(not empty, "no start with an empty secret", "a server that answers")
    with expect.should():
        expect.that(not short, "no start with a secret under 32 bytes", "a server that answers")
