"""Redis under faults, as clients see it that write ten numbers a second: how long nobody takes them, which are lost."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import pytest

from lab.deployment import REGIONS, Deployment
from lab.probe import Probe, probe
from ops.fleet import DeployedServer, Fleet
from participant.writes import Write
from participant.writing import Writing, module
from settings.redis import Sentinel
from tests.lab import faults
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

# Where a client of each site stands: the last place of its meeting nodes.
PLACES = {"gra": "10.17.0.127/22", "sbg": "10.17.1.127/22"}
MASTER_LOSS_SECONDS = 7
SITE_CUT_SECONDS = 8
# A Sentinel aborts a failover without a good replica and tries again only after twice its failover timeout.
SETTLE_SECONDS = 90


@dataclass
class Fixture:
    """The Redis servers by site, and a place for a client on each service site's backbone."""

    deployment: Deployment
    servers: dict[str, DeployedServer]
    probes: dict[str, Probe]
    password: str

    def writing(self, site: str, key: str) -> Writing:
        """A writer on a site, its Sentinels the way config.js has them."""
        sentinels = [server.backbone_address for server in self.servers.values()]
        return Writing(self.probes[site].command(module(sentinels, key)), self.password)

    def ask(self, site: str, words: str, *, sentinel: bool = False) -> str:
        """One command to a site's Redis or Sentinel, from a place that the rules open them to."""
        port = "26379" if sentinel else "6379"
        argv = ["redis-cli", "--raw", "-h", self.servers[site].backbone_address, "-p", port, *words.split()]
        environment = {**os.environ, "REDISCLI_AUTH": self.password}
        done = subprocess.run(
            self.probes["sbg"].command(argv), env=environment, capture_output=True, text=True, check=False, timeout=20
        )
        return done.stdout or done.stderr

    def role(self, site: str) -> str:
        """Role of a service site's Redis, and how its replication is."""
        told = self._told(self.ask(site, "INFO replication"))
        if told.get("role") == "master":
            return f"master with {sum('state=online' in told.get(f'slave{n}', '') for n in range(3))}"
        return f"replica, {told.get('master_link_status', 'no answer')}"

    def master(self) -> str:
        """The site whose Redis the witness' Sentinel names."""
        named = self.ask("witness", "SENTINEL get-master-addr-by-name mymaster", sentinel=True).split()[0]
        return next(site for site, server in self.servers.items() if server.backbone_address == named)

    def settled(self) -> str:
        """Wait until one master has both replicas and every Sentinel knows all; the master's site."""
        master = self.master()
        for site in PLACES:
            wanted = "master with 2" if site == master else "replica, up"
            eventually(partial(self.role, site), wanted, deadline=SETTLE_SECONDS, what=f"Redis of {site}")
        for site in self.servers:
            eventually(partial(self._seen, site), "2 2 ok", deadline=SETTLE_SECONDS, what=f"Sentinel of {site}")
        return master

    def surviving(self, key: str) -> set[int]:
        """The numbers that the master has."""
        return {int(number) for number in self.ask(self.master(), f"SMEMBERS {key}").split()}

    def _seen(self, site: str) -> str:
        words = self.ask(site, "SENTINEL MASTER mymaster", sentinel=True).splitlines()
        told = dict(zip(words[::2], words[1::2], strict=False))
        if "flags" not in told:
            return " ".join(words)
        flags = "ok" if told["flags"] == "master" else told["flags"]
        return f"{told['num-slaves']} {told['num-other-sentinels']} {flags}"

    @staticmethod
    def _told(info: str) -> dict[str, str]:
        return dict(line.strip().split(":", 1) for line in info.splitlines() if ":" in line)


@pytest.fixture(scope="module")
def redis(deployment: Deployment, fleet: Fleet) -> Iterator[Fixture]:
    """The fleet's Redis, settled, and probes on both service sites."""
    servers = {server.site: server for server in [*fleet.of("redis"), *fleet.of("witness")]}
    password = deployment.secret("redis_password")
    with ExitStack() as stack:
        probes = {
            site: stack.enter_context(probe(deployment.lab, REGIONS[f"lab-{site}"].lower(), place))
            for site, place in PLACES.items()
        }
        yield Fixture(deployment, servers, probes, password)


def other(site: str) -> str:
    """The other service site."""
    return {"gra": "sbg", "sbg": "gra"}[site]


def lost(acknowledged: list[Write], surviving: set[int]) -> list[Write]:
    """The acknowledged writes that no longer are."""
    return [write for write in acknowledged if write.number not in surviving]


def test_the_master_is_lost(redis: Fixture) -> None:
    """Its server stands still: the other site's Redis takes writes within the budget, none acknowledged is lost."""
    master = redis.settled()
    with redis.writing(other(master), "master-lost") as writing:
        writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()
        with faults.paused(redis.deployment, redis.servers[master]):
            new = redis.servers[other(master)].backbone_address
            writing.wait_acknowledged(begun, deadline=60, by=new)
        assert redis.settled() == other(master)
        gap = writing.gap(begun)
    print(f"master lost: {gap:.1f} s without an acknowledged write")
    assert not lost(writing.acknowledged(), redis.surviving("master-lost"))
    assert gap < MASTER_LOSS_SECONDS


def test_the_masters_site_is_cut_off(redis: Fixture) -> None:
    """Its backbone goes: the other site takes over; on the cut side writes end within min-replicas-max-lag.

    Acknowledged writes may be lost on the cut side alone, and only those of that window.
    """
    master = redis.settled()
    old, new = (redis.servers[site].backbone_address for site in (master, other(master)))
    with redis.writing(other(master), "cut") as outside, redis.writing(master, "cut-inside") as inside:
        for writing in (outside, inside):
            writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()
        with faults.backbone_cut(redis.deployment, master):
            outside.wait_acknowledged(begun, deadline=60, by=new)
            time.sleep(10)
        healed = time.monotonic()
        inside.wait_acknowledged(healed, deadline=60, by=new)
        gap = outside.gap(begun)
    assert redis.settled() == other(master)
    by_old = [write for write in inside.acknowledged(since=begun) if write.by == old]
    window = max((write.at - begun for write in by_old), default=0.0)
    gone = lost(inside.acknowledged(), redis.surviving("cut-inside"))
    print(f"site cut: {gap:.1f} s outside; inside the old master took writes for {window:.1f} s, {len(gone)} lost")
    assert not lost(outside.acknowledged(), redis.surviving("cut"))
    assert gap < SITE_CUT_SECONDS
    # Redis looks at its replicas' lag once a second.
    allowed = Sentinel().min_replicas_max_lag + 1.5
    assert window < allowed
    assert all(begun - 1 < write.at < begun + allowed for write in gone)


def test_the_witness_is_lost(redis: Fixture) -> None:
    """Nobody is elected and nothing is refused: the replica of the other site is enough for min-replicas."""
    master = redis.settled()
    with redis.writing(master, "witness-lost") as writing:
        writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()
        with faults.paused(redis.deployment, redis.servers["witness"]):
            time.sleep(12)
        gap = writing.gap(begun)
    print(f"witness lost: {gap:.1f} s without an acknowledged write")
    assert redis.settled() == master
    assert not lost(writing.acknowledged(), redis.surviving("witness-lost"))
    assert gap < 1
