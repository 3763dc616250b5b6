"""A lab of machines in one region with three servers of the program, once for all tests of this folder."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from boot.live import APPLY
from fleet import ssh
from fleet.fleet import DeployedServer, Fleet
from lab import Lab, outages
from lab.cloud.layout import ALERTS_PORT, SERVICES_HOST
from lab.probe import probe
from lab.redis_clients import RedisClients
from tests.configuration import OPERATOR_KEY
from tests.daemons.monitoring_host import Caught, webhook
from tests.machines import servers

NAME = "machines"


@dataclass(frozen=True)
class Site:
    """The lab, its servers, and a shell on each: `shell(server, command)` gives what it printed."""

    lab: Lab
    fleet: Fleet
    config: Path

    @property
    def witness(self) -> DeployedServer:
        """The server that boots the stock image, and watches the others."""
        (found,) = self.fleet.of("witness")
        return found

    def server(self, name: str) -> DeployedServer:
        """A server by its name."""
        return next(server for server in self.fleet.servers if server.name == name)

    def shell(self, server: DeployedServer, command: str, *, stdin: str = "") -> str:
        """Run a command on a server, as an operator on the backbone."""
        done = subprocess.run(
            [*ssh.login(self.config, server.name), command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, f"{server.name}: {command}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three servers, ready. The tests' own process is an operator on their backbone, for as long as they go on."""
    lab, home = Lab(NAME), tmp_path_factory.mktemp("operator")
    identity = home / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", identity], check=True)
    lab.down()
    lab.up(servers="machines", region_names=[servers.REGION])
    try:
        with lab.network():
            asked = servers.wanted(identity.with_suffix(".pub").read_text().strip())
            fleet = Fleet(servers.deployed(outages.connect(servers.REGION), asked), domain=None)
            subprocess.run(["ip", "address", "add", servers.OPERATOR, "dev", "vrack"], check=True)
            yield Site(lab, fleet, ssh.write(fleet, home / "ssh", identity))
    finally:
        lab.down()


@pytest.fixture(scope="package")
def redis(site: Site) -> Iterator[RedisClients]:
    """Clients of the servers' Redis, at a place of the backbone."""
    by_site = {server.site: server for server in site.fleet.servers}
    with probe(site.lab, servers.REGION.lower(), servers.CLIENT) as place:
        yield RedisClients(by_site, dict.fromkeys(("gra", "sbg"), place), servers.PASSWORD)


@pytest.fixture(scope="package")
def caught(site: Site) -> Iterator[Caught]:
    """What the receiver of alerts is told, once the witness watches and makes the status page."""
    with webhook(ALERTS_PORT, SERVICES_HOST) as heard:
        for bundle in servers.pushed(servers.configured("witness", OPERATOR_KEY)):
            site.shell(site.witness, f"sudo {APPLY}", stdin=bundle.text())
        yield heard
