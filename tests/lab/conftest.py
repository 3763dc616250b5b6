"""The lab with real servers, the three stacks deployed to it; once for all tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drill.clients.edge import Edge
from fleet import ssh
from fleet.fleet import DeployedServer, Fleet, described
from lab import Lab, demo
from lab.cloud import layout
from lab.deployment import Deployment
from lab.workspace import DOMAIN, STACKS, WITNESS
from tests.daemons.monitoring_host import Caught, webhook

NAME = "booted-tests"
# Seven emulated servers on two processors stand still now and then, each for seconds: what fails is tried once more,
# and the run's summary says so. A defect fails twice.
AGAIN = pytest.mark.flaky(reruns=1, reruns_delay=20)

Shell = Callable[[str, str], str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder that do not say otherwise themselves."""
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("flaky"):
            item.add_marker(AGAIN)


@pytest.fixture(scope="package")
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """Three sites, up and ready. The tests' own process enters the lab's network, as a client on the outside.

    With `--lab demo` the demonstration's lab is used as it is, and left up.
    """
    given = request.config.getoption("--lab")
    lab = Lab(given or NAME)
    lab.up()
    deployed = Deployment(lab)
    deployed.prepare()
    demo.deploy(deployed)
    with lab.network():
        yield deployed
    if not given:
        lab.down()


@pytest.fixture(scope="package")
def fleet(deployment: Deployment) -> Fleet:
    """The servers as the stacks' outputs describe them after the first `up`."""
    return described([deployment.outputs(stack) for stack in STACKS])


@pytest.fixture(scope="package")
def shell(deployment: Deployment, fleet: Fleet) -> Shell:
    """Run a command on a server, as an operator: `shell(server name, command)` gives what it printed."""
    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)

    def run(server: str, command: str) -> str:
        done = ssh.run(config, server, command, timeout=120)
        assert done.returncode == 0, f"{server}: {command}: {done.stdout}{done.stderr}"
        return done.stdout

    return run


@pytest.fixture(scope="module")
def caught(deployment: Deployment, fleet: Fleet) -> Iterator[Caught]:
    """What the receivers are told of the lab, which is watched for as long as these tests go on.

    The looks of an emulated witness at emulated servers would slow down what other files measure.
    """
    assert fleet.of("witness")
    demo.watch(deployment)
    with webhook(layout.ALERTS_PORT, layout.SERVICES_HOST) as heard:
        yield heard
    deployment.prepare()
    demo.deploy(deployment, (WITNESS,))


def edge(fleet: Fleet, site: str) -> DeployedServer:
    """The edge of a site."""
    return next(server for server in fleet.of("edge") if server.site == site)


def through(deployment: Deployment, fleet: Fleet, first: str, *others: str) -> Edge:
    """How a participant reaches the service: through the edge of a site first, then through those of others."""
    address, *further = (str(edge(fleet, site).public_address) for site in (first, *others))
    return Edge(DOMAIN, address, cacert=deployment.authority, others=tuple(further))


def meeting(fleet: Fleet, site: str) -> DeployedServer:
    """The first meeting node of a site."""
    return next(server for server in fleet.of("meeting") if server.site == site)
