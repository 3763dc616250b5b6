"""The lab with real servers, the three stacks deployed to it; once for all tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from drill.clients.edge import Edge
from fleet import https, ssh
from fleet.fleet import DeployedServer, Fleet
from lab import Lab
from lab.cloud import layout
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, redis_clients
from lab.workspace import DOMAIN
from tests.daemons.monitoring_host import Caught, webhook
from tests.lab.configured import Configured

NAME = "booted-tests"
# Those that leave the stacks as they find them first, then those that replace servers, last those that want other
# settings: what takes longest is deployed seldom.
ORDER = (
    "baked",  # on a lab of its own, before there is another
    "service",
    "browse",
    "redis",
    "monitoring",
    "alerts",
    "nodes",
    "rooms",
    "promote",
    "redis_losses",
    "bad_links",
    "ill_disposed",
    "expired_certificate",
    "drill",
    "drill_repaired",
    "drill_bites",
    "live_changes",
    "rolled_node",
    "rolled_site",
    "site_lost_during_roll",
    "redis_renewed",
    "secrets_rotated",
    "certificates",
    "dns",
    "upstream",
    "upstream_plain",
    "redis_tls",
    "redis_cluster",
)

Shell = Callable[[str, str], str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files of this folder in their order."""
    here = Path(__file__).parent
    own = iter(sorted((item for item in items if item.path.parent == here), key=_place))
    items[:] = [next(own) if item.path.parent == here else item for item in items]


def _place(item: pytest.Item) -> int:
    name = item.path.stem.removeprefix("test_")
    if name not in ORDER:
        raise pytest.UsageError(f"{item.path}: has no place in ORDER")
    return ORDER.index(name)


@pytest.fixture(scope="package")
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """Three sites, up and ready. The tests' own process enters the lab's network, as a client on the outside.

    With `--lab demo` the demonstration's lab is used, and left up with the settings of the last test.
    """
    given = request.config.getoption("--lab")
    lab = Lab(given or NAME)
    deployed = Deployment(lab)
    found = bool(given) and lab.is_up
    if not found:
        lab.up()
    # A demonstration has no zone: its nameservers' addresses are known once they are there.
    if not (found and deployed.fleet().zone_names):
        Configured(deployed).first()
    with lab.network():
        yield deployed
    if not given:
        lab.down()


@pytest.fixture(scope="package")
def configured(deployment: Deployment) -> Configured:
    """The settings that the stacks have."""
    return Configured(deployment)


@pytest.fixture(scope="module", autouse=True)
def settings(request: pytest.FixtureRequest, configured: Configured) -> None:
    """The stacks are as a file's SETTINGS describe them, laid upon what all tests find."""
    configured.deploy(getattr(request.module, "SETTINGS", {}))


@pytest.fixture(scope="module")
def fleet(deployment: Deployment, settings: None) -> Fleet:
    """The servers as the stacks' outputs describe them."""
    return deployment.fleet()


@pytest.fixture(scope="module")
def shell(deployment: Deployment, fleet: Fleet) -> Iterator[Shell]:
    """Run a command on a server, as an operator: `shell(server name, command)` gives what it printed."""
    with TemporaryDirectory(prefix="ssh-") as directory:
        config = ssh.write(fleet, Path(directory), deployment.identity, shared=Path(directory))

        def run(server: str, command: str) -> str:
            done = ssh.run(config, server, command, timeout=180)
            assert done.returncode == 0, f"{server}: {command}: {done.stdout}{done.stderr}"
            return done.stdout

        yield run


@pytest.fixture(scope="module")
def redis(deployment: Deployment, fleet: Fleet) -> Iterator[RedisClients]:
    """Clients of the fleet's Redis, on the backbone of both service sites."""
    with redis_clients(deployment, fleet) as clients:
        yield clients


@pytest.fixture(scope="package")
def caught(deployment: Deployment) -> Iterator[Caught]:
    """What the receivers are told of the lab."""
    with webhook(layout.ALERTS_PORT, layout.SERVICES_HOST) as heard:
        yield heard


def servers_of(fleet: Fleet, site: str) -> list[DeployedServer]:
    """All of a site."""
    return [server for server in fleet.servers if server.site == site]


def edge(fleet: Fleet, site: str) -> DeployedServer:
    """The edge of a site."""
    return next(server for server in fleet.of("edge") if server.site == site)


def through(deployment: Deployment, fleet: Fleet, first: str, *others: str) -> Edge:
    """How a participant reaches the service: through the edge of a site first, then through those of others."""
    address, *further = (str(edge(fleet, site).public_address) for site in (first, *others))
    return Edge(DOMAIN, address, cacert=deployment.authority, others=tuple(further))


def meetings(fleet: Fleet, site: str) -> list[DeployedServer]:
    """The meeting nodes of a site; pages come from the first one that is well."""
    return [server for server in fleet.of("meeting") if server.site == site]


def named(servers: list[DeployedServer]) -> set[str]:
    """What they are called."""
    return {server.name for server in servers}


def instance(deployment: Deployment, fleet: Fleet, site: str, path: str = "/health") -> str:
    """Which instance answers a request through the edge of a site, or what came instead."""
    answer = https.ask(str(edge(fleet, site).public_address), DOMAIN, path, authority=deployment.authority)
    return answer.headers.get("x-instance", f"status {answer.status}")
