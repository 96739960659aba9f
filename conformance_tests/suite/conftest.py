"""The fixtures that a conformance test may ask for; each is NotTestable where it cannot be had."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.protected import Protected
from conformance_tests.deployment.clock import Clock
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.forge import Forge
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.deployment.instances import Instances
from conformance_tests.deployment.launch import Launcher
from conformance_tests.deployment.log import RunLog
from conformance_tests.deployment.row import OWN_IDS
from conformance_tests.deployment.table import Table
from conformance_tests.expect.expect import Expect
from conformance_tests.outcomes import NotApplicable
from conformance_tests.runner.cleanup import remove_made_up
from conformance_tests.runner.options import EXPECT, RUN_CONTEXT, RunContext


@pytest.fixture(scope="session")
def run_context(request: pytest.FixtureRequest) -> RunContext:
    if RUN_CONTEXT not in request.config.stash:
        raise pytest.UsageError("name the deployment to judge: --conformance-target FILE")
    return request.config.stash[RUN_CONTEXT]


@pytest.fixture
def customers(run_context: RunContext) -> Iterator[Customers]:
    """The customers of the deployment; those that a test makes up are gone after it."""
    own = run_context.customers.of_one_test()
    yield own
    remove_made_up(own)


@pytest.fixture
def deployment(customers: Customers) -> Deployment:
    """The deployment under test: what can be seen of it, and what can be moved."""
    return customers.deployment


@pytest.fixture
def expect(request: pytest.FixtureRequest, deployment: Deployment) -> Expect:
    """What must hold: each expectation is one of its methods."""
    request.node.stash[EXPECT] = made = Expect(deployment)
    return made


@pytest.fixture
def client(deployment: Deployment) -> Client:
    """The deployment's HTTP face, for requests that no customer would make."""
    return deployment.client


@pytest.fixture
def alice(customers: Customers) -> RegisteredCustomer:
    """One of the target's customers, who logs in over HTTP."""
    return customers.alice


@pytest.fixture
def bob(customers: Customers) -> RegisteredCustomer:
    """Another one of the target's customers."""
    return customers.bob


@pytest.fixture
def someone(customers: Customers) -> Customer:
    """A customer of this test's own: made up where sessions can be forged, else alice."""
    return customers.someone()


@pytest.fixture
def another(customers: Customers) -> Customer:
    """Somebody else: made up where sessions can be forged, else bob."""
    return customers.another()


@pytest.fixture
def made_up(customers: Customers) -> MadeUpCustomer:
    """A customer known to the table alone, whose sessions can be forged in any form."""
    return customers.made_up()


@pytest.fixture
def forge(deployment: Deployment) -> Forge:
    """The target's secret at work."""
    return deployment.need_forge()


@pytest.fixture
def table(deployment: Deployment) -> Table:
    """The deployment's table."""
    return deployment.need_table()


@pytest.fixture
def faults(deployment: Deployment) -> FaultProxy:
    """The proxy between the deployment and its table."""
    return deployment.need_faults()


@pytest.fixture
def run_log(deployment: Deployment) -> RunLog:
    """What the deployment has written to its log since the run began."""
    return deployment.need_run_log()


@pytest.fixture
def launcher(run_context: RunContext) -> Launcher:
    """What starts the deployment under an environment of the test's choice."""
    return run_context.instances.launcher()


@pytest.fixture
def clock(deployment: Deployment) -> Clock:
    """The deployment's clock."""
    return deployment.clock


@pytest.fixture
def production(run_context: RunContext, deployment: Deployment) -> Deployment:
    """The instance outside development."""
    return run_context.instances.in_environment("production")


@pytest.fixture
def development(run_context: RunContext, deployment: Deployment) -> Deployment:
    """The instance in development mode."""
    return run_context.instances.in_environment("development")


@pytest.fixture
def instances(run_context: RunContext) -> Instances:
    """What finds or starts other instances of the deployment."""
    return run_context.instances


@pytest.fixture
def developer(development: Deployment) -> Developer:
    """Somebody who asks the instance in development mode for the development operations."""
    return Developer(development.client)


@pytest.fixture
def outsider(production: Deployment) -> Developer:
    """Somebody who asks for them outside development."""
    return Developer(production.client)


@pytest.fixture
def stranger(deployment: Deployment, developer: Developer) -> Iterator[Customer]:
    """An id that nobody has; whatever rows a test gives it are gone afterwards."""
    customer = MadeUpCustomer(deployment, f"{OWN_IDS}{deployment.run}-{secrets.token_hex(4)}")
    yield customer
    if deployment.table is not None:
        deployment.table.clear(customer.id)
    else:
        developer.remove_all(customer.id)


@pytest.fixture
def protected(deployment: Deployment) -> Protected:
    """The target's own query that needs a signed-in customer."""
    query = deployment.target.protected_query
    if query is None:
        raise NotApplicable("the target does not declare protected")
    return Protected(deployment.client, query)


@pytest.fixture
def odd(client: Client) -> OddClient:
    """The deployment's HTTP face, for requests in unusual forms."""
    return OddClient(client)


@pytest.fixture
def graceful(run_context: RunContext, deployment: Deployment) -> Deployment:
    """The instance that declares a grace window."""
    return run_context.instances.with_grace()


@pytest.fixture
def bounded(run_context: RunContext, deployment: Deployment) -> Deployment:
    """The instance that declares an absolute end of a session."""
    return run_context.instances.with_absolute_end()
