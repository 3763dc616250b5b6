"""The fleet's Redis as its clients reach it: from places on the backbone of both service sites."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from drill.clients.writing import Writing, module
from fleet.fleet import DeployedServer, Fleet
from fleet.until import until
from lab.cloud.shell import LabError
from lab.deployment import REGIONS, Deployment
from lab.probe import Probe, probe
from settings.redis import PORT, SENTINEL_PORT

# Where a client of each site stands: the last place of its meeting nodes.
PLACES = {"gra": "10.17.0.127/22", "sbg": "10.17.1.127/22"}
# A Sentinel that could not elect tries again after twice its failover timeout; a replica that returns has to boot and
# to catch up; and each standstill of the machine has the Sentinels wait for half a minute.
SETTLE_SECONDS = 180
# A server that boots drops what comes before its firewall is up.
ANSWER_SECONDS = 10


@dataclass
class RedisClients:
    """The Redis servers by site, and a place for a client on each service site's backbone.

    `trusted` is a file of the fleet's certificate, where Redis and the Sentinels speak TLS.
    """

    servers: dict[str, DeployedServer]
    probes: dict[str, Probe]
    password: str = field(repr=False)
    trusted: Path | None = None

    def writing(self, site: str, key: str) -> Writing:
        """A writer on a site, its Sentinels the way config.js has them."""
        sentinels = [server.backbone_address for server in self.servers.values()]
        return Writing(self.probes[site].command(module(sentinels, key, trusted=self.trusted)), self.password)

    def ask(self, site: str, words: str, *, sentinel: bool = False) -> str:
        """What a site's Redis or Sentinel answers to a command from a place that the rules let in; or why nothing."""
        port = str(SENTINEL_PORT if sentinel else PORT)
        argv = [*self._cli, "--raw", "-h", self.servers[site].backbone_address, "-p", port, *words.split()]
        environment = {**os.environ, "REDISCLI_AUTH": self.password}
        command = self.probes["sbg"].command(argv)
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=ANSWER_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"no answer in {ANSWER_SECONDS} s"
        return done.stdout or done.stderr

    def subscribed(self, site: str) -> "subprocess.Popen[str]":
        """A client that prints what a site's Sentinel announces; it stands on another site, so that a cut is heard."""
        place = self.probes[other(site)] if site in self.probes else self.probes["sbg"]
        argv = [
            *self._cli,
            "-h",
            self.servers[site].backbone_address,
            "-p",
            str(SENTINEL_PORT),
            "--csv",
            "PSUBSCRIBE",
            "*",
        ]
        environment = {**os.environ, "REDISCLI_AUTH": self.password}
        return subprocess.Popen(
            place.command(argv), env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def role(self, site: str) -> str:
        """Role of a service site's Redis, and how its replication is."""
        told = self._told(self.ask(site, "INFO replication"))
        if told.get("role") == "master":
            return f"master with {sum('state=online' in told.get(f'slave{n}', '') for n in range(3))}"
        return f"replica, {told.get('master_link_status', 'no answer')}"

    def master(self) -> str:
        """The site whose Redis the witness' Sentinel names; empty when it names none."""
        named = self.ask("witness", "SENTINEL get-master-addr-by-name mymaster", sentinel=True).split()[:1]
        return next((site for site, server in self.servers.items() if [server.backbone_address] == named), "")

    def settled(self) -> str:
        """Wait until one master has both replicas, and every Sentinel knows all and votes.

        Returns:
            The master's site.

        Raises:
            LabError: not in time; with what was last seen.
        """
        until(self.unsettled, seconds=SETTLE_SECONDS, what="a settled Redis", error=LabError)
        return self.master()

    def unsettled(self) -> str:
        """What is not as when one master has both replicas and all Sentinels know all and vote; empty when it is."""
        master = self.master()
        wanted = {site: "master with 2" if site == master else "replica, up" for site in PLACES}
        wanted |= {f"{site}'s Sentinel": "2 2 ok" for site in self.servers}
        seen = {site: self.role(site) for site in PLACES}
        seen |= {f"{site}'s Sentinel": self._seen(site) for site in self.servers}
        return ", ".join(f"{what}: {seen[what]}" for what in wanted if seen[what] != wanted[what])

    def surviving(self, key: str) -> set[int]:
        """The numbers that the master has."""
        return {int(number) for number in self.ask(self.master(), f"SMEMBERS {key}").split()}

    def _seen(self, site: str) -> str:
        words = self.ask(site, "SENTINEL MASTER mymaster", sentinel=True).splitlines()
        told = dict(zip(words[::2], words[1::2], strict=False))
        if "flags" not in told:
            return " ".join(words)
        flags = "ok" if told["flags"] == "master" else told["flags"]
        tilt = self._told(self.ask(site, "INFO sentinel", sentinel=True)).get("sentinel_tilt")
        return f"{told['num-slaves']} {told['num-other-sentinels']} {flags}" + ("" if tilt == "0" else ", TILT")

    @property
    def _cli(self) -> list[str]:
        return ["redis-cli", *(["--tls", "--cacert", str(self.trusted)] if self.trusted else [])]

    @staticmethod
    def _told(info: str) -> dict[str, str]:
        return dict(line.strip().split(":", 1) for line in info.splitlines() if ":" in line)


@contextmanager
def redis_clients(deployment: Deployment, fleet: Fleet) -> Iterator[RedisClients]:
    """Clients on both service sites' backbones, for as long as it is entered."""
    servers = {server.site: server for server in [*fleet.of("redis"), *fleet.of("witness")]}
    with ExitStack() as stack:
        probes = {
            site: stack.enter_context(probe(deployment.lab, REGIONS[f"lab-{site}"].lower(), place))
            for site, place in PLACES.items()
        }
        trusted = None
        if deployment.settings().redis.tls:
            trusted = Path(stack.enter_context(TemporaryDirectory())) / "fleet.pem"
            trusted.write_text(f"{deployment.secret('fleet_certificate')}\n")
        yield RedisClients(servers, probes, deployment.secret("redis_password"), trusted)


def other(site: str) -> str:
    """The other service site."""
    return {"gra": "sbg", "sbg": "gra"}[site]
