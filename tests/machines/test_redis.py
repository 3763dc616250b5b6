"""Redis on machines that stand still and lose their power: another is elected, no acknowledged write is lost."""

import time

import pytest

from fleet.fleet import DeployedServer
from lab import outages
from lab.redis_clients import RedisClients, other
from tests.lab.waiting import eventually
from tests.machines.conftest import Site

pytestmark = [pytest.mark.machines, pytest.mark.timeout(2400)]

# An emulated processor takes its time to elect, and to boot.
ELECTED_SECONDS = 60
BOOTED_SECONDS = 600
PAUSE_SECONDS = 12


def test_a_master_that_stands_still_is_replaced(site: Site, redis: RedisClients) -> None:
    """Its machine's clock stands still as well: back again, its Sentinel saw no gap in time and votes at once."""
    master = redis.settled()
    new = redis.servers[other(master)].backbone_address
    before = _uptime(site, redis.servers[master])
    begun = time.monotonic()
    with redis.writing(other(master), "paused") as writing:
        writing.wait_acknowledged(0, deadline=20)
        lost = time.monotonic()
        with outages.paused(redis.servers[master]):
            writing.wait_acknowledged(lost, deadline=ELECTED_SECONDS, by=new)
            time.sleep(PAUSE_SECONDS)
            stood = time.monotonic() - lost
        ran = _uptime(site, redis.servers[master]) - before
        assert redis.settled() == other(master)
        print(f"paused for {stood:.1f} s, ran {ran:.1f} s; {writing.gap(lost):.1f} s without an acknowledged write")
        acknowledged = {write.number for write in writing.acknowledged()}
    assert ran < time.monotonic() - begun - PAUSE_SECONDS
    assert "sentinel_tilt:0" in redis.ask(master, "INFO sentinel", sentinel=True).split()
    assert not acknowledged - redis.surviving("paused")


def test_a_master_that_is_rebooted_hard_comes_back_as_a_replica(site: Site, redis: RedisClients) -> None:
    """Nova pulls the plug and boots the same disk: the same server, with what it was given, and the peers' data."""
    master = redis.settled()
    server, new = redis.servers[master], redis.servers[other(master)].backbone_address
    boot, key = _boot(site, server), site.shell(server, "cat /etc/machine-id")
    cloud = outages.connect(server.region)
    with redis.writing(other(master), "rebooted") as writing:
        writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()
        cloud.compute.reboot_server(server.id, "HARD")
        writing.wait_acknowledged(begun, deadline=ELECTED_SECONDS, by=new)
        eventually(
            lambda: redis.role(master), "replica, up", deadline=BOOTED_SECONDS, what=f"{server.name} is a replica again"
        )
        took = time.monotonic() - begun
        assert redis.settled() == other(master)
        print(f"rebooted: {writing.gap(begun):.1f} s without an acknowledged write, a replica again after {took:.1f} s")
        acknowledged = {write.number for write in writing.acknowledged()}
    assert _boot(site, server) != boot
    assert site.shell(server, "cat /etc/machine-id") == key
    assert not acknowledged - redis.surviving("rebooted")


def _uptime(site: Site, server: DeployedServer) -> float:
    return float(site.shell(server, "cat /proc/uptime").split()[0])


def _boot(site: Site, server: DeployedServer) -> str:
    return site.shell(server, "cat /proc/sys/kernel/random/boot_id")
