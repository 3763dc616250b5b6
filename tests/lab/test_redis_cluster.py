"""Redis Cluster under faults, on booted servers; changing to it replaces all of them."""

import time
from collections.abc import Iterator

import pytest

from drill.clients.writing import Writing, module
from fleet import ssh
from fleet.fleet import Fleet
from fleet.redis import redis_findings
from lab import outages
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, other, redis_clients
from recovery.fault import Fault
from tests.lab.promised import write_seconds
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

SETTINGS = {"redis": {"mode": "cluster"}}
# A server that returns is tended until it is master of its third again, with the data.
MENDED_SECONDS = 120


@pytest.fixture(scope="module")
def clients(deployment: Deployment, fleet: Fleet) -> Iterator[RedisClients]:
    """Places on the backbone."""
    with redis_clients(deployment, fleet) as found:
        yield found


@pytest.fixture(scope="module")
def budget(deployment: Deployment, fleet: Fleet) -> float:
    """How long a third of the writes may stand still, by the settings."""
    return write_seconds(deployment, Fault.REDIS_MASTER_PAUSED)


def mended(deployment: Deployment, fleet: Fleet, *, what: str) -> None:
    """Wait until every third is served by its own site's master, with a replica in another site."""
    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)

    def lacking() -> str:
        bad = [f"{f.what}: {f.said}" for f in redis_findings(fleet, config) if not f.good]
        return "; ".join(bad) or "whole"

    took = eventually(lacking, "whole", deadline=MENDED_SECONDS, what=what)
    print(f"{what}: mended {took:.0f} s later")


def writing(clients: RedisClients, site: str, key: str) -> Writing:
    """A writer on a site's backbone that knows all three servers."""
    nodes = [server.backbone_address for server in clients.servers.values()]
    return Writing(clients.probes[site].command(module(nodes, key, cluster=True)), clients.password)


def surviving(clients: RedisClients, key: str) -> set[int]:
    """The numbers that the homes have: with everything mended they serve all slots."""
    found = " ".join(clients.ask(site, f"SCAN 0 MATCH {key}:* COUNT 1000000") for site in clients.servers)
    return {int(name.rpartition(":")[2]) for name in found.split() if name.startswith(f"{key}:")}


def test_it_forms_by_itself(deployment: Deployment, fleet: Fleet) -> None:
    mended(deployment, fleet, what="formed at boot")


@pytest.mark.parametrize("site", ["gra", "witness"])
def test_a_master_is_lost(
    deployment: Deployment, fleet: Fleet, clients: RedisClients, budget: float, site: str
) -> None:
    """Its third stands still until its replica takes over, the others go on; nothing acknowledged is lost."""
    place = other(site) if site in ("gra", "sbg") else "sbg"
    key = f"lost-{site}"
    with writing(clients, place, key) as writer:
        writer.wait_acknowledged(0, deadline=20)
        time.sleep(3)
        begun = time.monotonic()
        with outages.paused(clients.servers[site]):
            time.sleep(budget + 5)
        healed = time.monotonic()
        failed = [w for w in writer.writes if w.at >= begun and not w.acknowledged]
        mended(deployment, fleet, what=f"{site}'s Redis lost")
    last = max((w.at + w.took for w in failed if w.at < healed), default=begun)
    print(f"{site}'s Redis lost: the last failed write ended {last - begun:.1f} s later, of {budget:.1f} s allowed")
    assert failed
    assert last - begun < budget
    assert not {w.number for w in writer.acknowledged()} - surviving(clients, key)


def test_a_site_is_cut_off(deployment: Deployment, fleet: Fleet, clients: RedisClients, budget: float) -> None:
    """Outside, its third is taken over; inside, writes end with `node_timeout`, and those until then are lost."""
    with writing(clients, "sbg", "cut-out") as outside, writing(clients, "gra", "cut-in") as inside:
        for writer in (outside, inside):
            writer.wait_acknowledged(0, deadline=20)
        time.sleep(3)
        begun = time.monotonic()
        with outages.backbone_cut(deployment, "gra"):
            time.sleep(budget + 5)
        healed = time.monotonic()
        mended(deployment, fleet, what="GRA cut off")
    failed = [w for w in outside.writes if begun <= w.at < healed and not w.acknowledged]
    last = max((w.at + w.took for w in failed), default=begun)
    gone = {w.number for w in inside.acknowledged()} - surviving(clients, "cut-in")
    lost = [w.at - begun for w in inside.acknowledged() if w.number in gone]
    until = max(lost, default=0.0)
    print(f"GRA cut off: outside failed for {last - begun:.1f} s; inside {len(lost)} lost, the last at {until:.1f} s")
    assert last - begun < budget
    assert not {w.number for w in outside.acknowledged()} - surviving(clients, "cut-out")
    assert all(-1 < at < budget for at in lost)
