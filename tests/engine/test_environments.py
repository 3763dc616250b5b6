"""Test environments against a real API: made, taken down whatever state they are in, swept; production is refused.

The servers have no guests, so what is measured is the tools' time and the API's.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from lab import ApiFault
from lab.cloud import layout
from lab.deployment import Deployment
from lab.environments import environment, run
from lab.outages import connect
from lab.workspace import STACKS
from tests.engine.conftest import inventory

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

NAME = "pr-42"
REGIONS = [region.name for region in layout.ALL_REGIONS]
ONE_SITE = ("lab-gra",)  # a teardown of one site meets the same mishaps, in a third of the time
TEARDOWN_SECONDS = 60

LEAK = """
import openstack
c = openstack.connect()
network = c.network.create_network(name="elsewhere")
c.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.9.0.0/24")
labels = "project=multiparty-meeting stack=pr-1-gra environment=pr-1 site=gra role=edge"
c.network.create_port(network_id=network.id, name="leaked", description=labels)
"""
UNLEAK = (
    "import openstack; network = openstack.connect().network; network.delete_network(network.find_network('elsewhere'))"
)
LATER = """
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from ops.environments.base import Base
from ops.environments.tools import Tools
from ops.environments.sweep import sweep
tools = Tools.on(Base.of(["lab-gra"], Path().resolve()))
sweep(replace(tools, now=lambda: datetime(2126, 1, 1, tzinfo=UTC)), yes=True)
"""


@dataclass(frozen=True)
class Environments:
    """The lab's stacks, which test environments are made from."""

    deployment: Deployment

    def do(self, *args: str, base: tuple[str, ...] = STACKS) -> str:
        """A command about environments that succeeds; what it said."""
        done = run(self.deployment, *args, base=base, capture=True)
        assert done.returncode == 0, f"{args}: {done.stdout[-3000:]}{done.stderr[-6000:]}"
        return done.stdout + done.stderr

    def refused(self, *args: str, base: tuple[str, ...] = STACKS) -> str:
        """One that does not."""
        done = run(self.deployment, *args, base=base, capture=True)
        assert done.returncode == 1, f"{args}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        assert "Traceback" not in done.stderr
        return done.stderr

    def python(self, program: str, **variables: str) -> str:
        """What a program says inside the lab, in the workspace."""
        done = subprocess.run(
            self.deployment.inside([sys.executable, "-c", program]),
            env=environment(self.deployment) | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def everything(self) -> dict[str, list[str]]:
        """Every resource of the project, by region: kind and id."""
        with self.deployment.lab.network(), ThreadPoolExecutor(len(REGIONS)) as regions:
            return dict(zip(REGIONS, regions.map(_everything, REGIONS), strict=True))

    def servers(self, region: str = "GRA11") -> dict[str, dict[str, str]]:
        """The metadata of a region's servers of the environment, by name."""
        with self.deployment.lab.network():
            found = list(connect(region).compute.servers())
        return {server.name: server.metadata for server in found if server.name.startswith(f"{NAME}-")}

    def one_site(self) -> None:
        """The environment, with one site."""
        self.do("up", "--name", NAME, "--ttl", "8h", base=ONE_SITE)

    def away(self) -> str:
        """That environment, taken down."""
        return self.do("down", "--name", NAME, base=ONE_SITE)


def _everything(region: str) -> list[str]:
    cloud = connect(region)
    network = cloud.network
    kinds = {
        "server": cloud.compute.servers(),
        "server group": cloud.compute.server_groups(),
        "floating IP": network.ips(),
        "port": network.ports(),
        "router": network.routers(),
        "subnet": network.subnets(),
        "network": network.networks(),
        "security group": network.security_groups(),
        "rule": network.security_group_rules(),
    }
    return sorted(f"{kind} {one.id}" for kind, found in kinds.items() for one in found)


@pytest.fixture(scope="module")
def environments(deployment: Deployment) -> Environments:
    """Whatever tests before this left in the workspace, the lab's settings are the shipped ones again."""
    deployment.configure()
    return Environments(deployment)


@pytest.fixture
def as_before(environments: Environments) -> Iterator[None]:
    """After the test the API has what it had before, resource by resource."""
    before = environments.everything()
    yield
    assert environments.everything() == before


@pytest.mark.usefixtures("as_before")
def test_up_and_down_twice_leave_the_api_as_it_was(environments: Environments) -> None:
    """All sites beside the lab's own; each teardown proves by itself that nothing is left, within a minute."""
    before = environments.everything()
    took = []
    for turn in range(2):
        environments.do("up", "--name", NAME, "--ttl", "8h")
        assert {region: len(environments.servers(region)) for region in REGIONS} == {"GRA11": 3, "SBG7": 3, "DE1": 1}
        if turn == 0:
            more_time_replaces_nothing(environments)
            is_found_by_nobody(environments)
        begun = time.monotonic()
        said = environments.do("down", "--name", NAME)
        took.append(time.monotonic() - begun)
        assert "the API of GRA11, SBG7, DE1 has nothing of it" in said
        assert environments.everything() == before
        assert not list(environments.deployment.directory.glob(f"Pulumi.{NAME}-*.yaml"))
    assert min(took) <= TEARDOWN_SECONDS, f"teardowns took {took}"
    assert f"NAME = {NAME!r}: no such test environment" in environments.refused("down", "--name", NAME)


def more_time_replaces_nothing(environments: Environments) -> None:
    """A second `up` renews the expiry on everything, and every resource stays."""
    before, resources = environments.servers(), environments.everything()
    environments.do("up", "--name", NAME, "--ttl", "2d")
    after = environments.servers()
    assert environments.everything() == resources
    assert before.keys() == after.keys()
    assert all(after[name]["expires"] > before[name]["expires"] for name in before)


def is_found_by_nobody(environments: Environments) -> None:
    """A sweep leaves what lives and belongs to a stack."""
    assert not found(environments.do("sweep", "--yes"))


def found(said: str) -> list[str]:
    """What a sweep listed to be removed."""
    return [line for line in said.splitlines() if line.startswith(("expired", "orphan"))]


@pytest.mark.usefixtures("as_before")
def test_a_server_deleted_by_hand(environments: Environments) -> None:
    environments.one_site()
    delete = f"import openstack; openstack.connect().delete_server('{NAME}-gra-redis-1', wait=True)"
    environments.python(delete, OS_REGION_NAME="GRA11")
    assert f"{NAME}-gra-redis-1" not in environments.servers()
    environments.away()


@pytest.mark.usefixtures("as_before")
def test_an_api_that_refuses_for_a_while(environments: Environments) -> None:
    """Every deletion, for half a minute: a conflict at Neutron, an error at Nova."""
    environments.one_site()
    until = time.time() + 30
    faults = {"network": 409, "compute": 500}
    environments.deployment.lab.set_faults(
        *(ApiFault(service, status, 0, until, method="DELETE") for service, status in faults.items())
    )
    try:
        environments.away()
    finally:
        environments.deployment.lab.set_faults()
    assert time.time() > until


@pytest.mark.usefixtures("as_before")
def test_a_failed_create(environments: Environments) -> None:
    """Half of the site is there, and `up` says what to do."""
    environments.deployment.lab.set_faults(ApiFault("network", 500, 0, method="POST", path="/v2.0/ports"))
    try:
        said = environments.refused("up", "--name", NAME, "--ttl", "8h", base=ONE_SITE)
    finally:
        environments.deployment.lab.set_faults()
    assert f"make env-up NAME={NAME} again, or make env-down NAME={NAME}" in said
    environments.away()


@pytest.mark.usefixtures("as_before")
def test_an_interrupted_destroy(environments: Environments) -> None:
    """The engine is killed at its work: it leaves a lock and half a state."""
    environments.one_site()
    destroy = ["pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive", "--stack", f"{NAME}-gra"]
    command = environments.deployment.inside(["timeout", "--signal=KILL", "5", *destroy])
    done = subprocess.run(command, env=environment(environments.deployment), capture_output=True, check=False)
    assert done.returncode in (137, -9), "it was done before it was killed"
    assert "nobody holds its lock any more" in environments.away()


@pytest.mark.usefixtures("as_before")
def test_a_lost_state(environments: Environments) -> None:
    """The stack was removed by force: all of the site are orphans, and the sweep removes them in the right order."""
    environments.one_site()
    environments.deployment.run("lab-gra", ["pulumi", "stack", "rm", "--yes", "--force", "--stack", f"{NAME}-gra"])
    said = environments.do("sweep")
    assert f"orphan    servers: {NAME}-gra-edge-1 (GRA11, " in said
    assert f"orphan    server groups: {NAME}-gra-meeting (GRA11, " in said
    assert "make env-sweep" in environments.refused("up", "--name", NAME, "--ttl", "8h")
    assert "all of it is removed" in environments.do("sweep", "--yes")


@pytest.mark.usefixtures("as_before")
def test_a_leaked_port_is_found_and_removed(environments: Environments) -> None:
    """It carries our labels and belongs to no stack; without --yes it is only listed."""
    environments.python(LEAK, OS_REGION_NAME="GRA11")
    try:
        for _ in range(2):
            assert "orphan    ports: leaked (GRA11, " in environments.do("sweep")
        said = environments.do("sweep", "--yes")
        assert "removed from GRA11: ports: leaked" in said
        assert not found(environments.do("sweep"))
    finally:
        environments.python(UNLEAK, OS_REGION_NAME="GRA11")


@pytest.mark.usefixtures("as_before")
def test_an_expired_environment_is_swept(environments: Environments) -> None:
    """In a hundred years."""
    environments.one_site()
    said = environments.python(LATER)
    assert f"expired   {NAME}, at " in said
    assert "all of it is removed" in said


@pytest.mark.usefixtures("as_before")
def test_bad_input_is_refused(environments: Environments) -> None:
    """With what to do; nothing changes."""
    for args, says in {
        ("down", "--name", "nobody"): "NAME = 'nobody': no such test environment",
        ("down", "--name", "production"): "is the production environment of that name in Pulumi.yaml",
        ("up", "--name", "lab", "--ttl", "8h"): "is the test environment of that name in Pulumi.yaml",
        ("up", "--name", "PR_42", "--ttl", "8h"): "must be a short name of a-z, 0-9 and -",
        ("up", "--name", NAME, "--ttl", "0h"): "TTL = '0h': must be 10m to 14d",
    }.items():
        assert says in environments.refused(*args)


def test_production_is_destroyed_by_a_setting_alone(environments: Environments) -> None:
    """Also a site without public addresses; the refusal comes before anything is deleted."""
    deployment, stack = environments.deployment, "lab-witness"
    deployment.configure({"kind": "production"})
    try:
        deployment.pulumi(stack, "up", "--yes", "--skip-preview")
        before = inventory(deployment, stack)
        refused = deployment.pulumi(stack, "destroy", "--yes", "--skip-preview", check=False)
        assert refused.returncode != 0
        assert "protected" in refused.stdout + refused.stderr
        assert inventory(deployment, stack) == before
        deployment.configure({"kind": "production", "protect": False})
        deployment.pulumi(stack, "up", "--yes", "--skip-preview")
        deployment.pulumi(stack, "destroy", "--yes", "--skip-preview")
        assert inventory(deployment, stack) == {}
    finally:
        deployment.configure()
