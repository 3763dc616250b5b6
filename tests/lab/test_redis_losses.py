"""Redis under losses that follow each other, as a client sees it that writes ten numbers a second."""

import time
from contextlib import ExitStack
from functools import partial

import pytest

from drill.clients.writes import Write
from fleet.fleet import Fleet
from lab import outages
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, other
from recovery import redis as model
from recovery.fault import Fault
from tests.edge.quiet import Standstill
from tests.lab.conftest import Shell, instance, servers_of
from tests.lab.promised import write_seconds
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

# Servers that boot, and whatever Redis waits for before it starts.
BACK_SECONDS = 300
STANDSTILL = 2.2  # seconds: Sentinels call more than two of them a standstill
# Blocks that are reserved first, as the lab's machine need not have them; then what is left.
FILL = """cd /var/lib/redis
fallocate -l $(($(df --output=avail -k . | tail -n 1) - 2048))KiB full
dd if=/dev/zero of=fuller bs=4k 2>/dev/null || true"""


@pytest.mark.parametrize("first", ["gra", "sbg"])
def test_both_sites_lose_their_power(deployment: Deployment, fleet: Fleet, redis: RedisClients, first: str) -> None:
    """Whichever is back first serves, with the witness' copy; what was acknowledged before is there, nobody helps."""
    redis.settled()
    key = f"power-{first}"
    with redis.writing(first, key) as writing, ExitStack() as earlier, ExitStack() as later:
        writing.wait_acknowledged(0, deadline=60)
        earlier.enter_context(outages.powered_off(*servers_of(fleet, first)))
        later.enter_context(outages.powered_off(*servers_of(fleet, other(first))))
        before = writing.acknowledged()
        begun = time.monotonic()
        earlier.close()
        took = writing.wait_acknowledged(begun, deadline=BACK_SECONDS).at - begun
        later.close()
        redis.settled()
    _kept(redis, key, [write for write in before if write.at < before[-1].at - model.LAG_ROUNDING])
    for site in ("gra", "sbg"):
        page = partial(instance, deployment, fleet, site, "/session")
        eventually(page, "lab-", deadline=BACK_SECONDS, what=f"a page through {site}")
    print(f"both sites off, {first} back alone: writes {took:.1f} s after its start")


def test_a_master_is_lost_right_after_everything_stood_still(
    deployment: Deployment, fleet: Fleet, redis: RedisClients
) -> None:
    """Sentinels that have stood still neither accuse nor vote for a while (TILT), and then they do."""
    site = other(redis.settled())
    with redis.writing(site, "stood-still") as writing:
        writing.wait_acknowledged(0, deadline=60)
        with outages.paused(*redis.servers.values()):
            time.sleep(STANDSTILL)
        writing.wait_acknowledged(time.monotonic(), deadline=BACK_SECONDS)
        master = redis.master()
        begun = time.monotonic()
        with outages.paused(redis.servers[master]), Standstill() as standstill:
            new = redis.servers[other(master)].backbone_address
            writing.wait_acknowledged(begun, deadline=BACK_SECONDS, by=new)
            gap = writing.gap(begun)
    redis.settled()
    assert gap < model.TILT + write_seconds(deployment, Fault.REDIS_MASTER_PAUSED, standstill.longest)
    print(f"the master paused right after a standstill: {gap:.1f} s without an acknowledged write")


def test_the_masters_disk_is_full(deployment: Deployment, fleet: Fleet, redis: RedisClients, shell: Shell) -> None:
    """It takes no write and answers no ping: the other site's is master, and nothing is lost. Room is all it needs."""
    master = redis.settled()
    name = redis.servers[master].name
    with redis.writing(other(master), "disk-full") as writing, Standstill() as standstill:
        writing.wait_acknowledged(0, deadline=60)
        begun = time.monotonic()
        shell(name, f"sudo sh -c '{FILL}'")
        try:
            new = redis.servers[other(master)].backbone_address
            writing.wait_acknowledged(begun, deadline=BACK_SECONDS, by=new)
            gap = writing.gap(begun)
        finally:
            shell(name, "sudo rm -f /var/lib/redis/full /var/lib/redis/fuller")
        redis.settled()
        writing.wait_acknowledged(time.monotonic(), deadline=60)
        acknowledged = writing.acknowledged()
    _kept(redis, "disk-full", acknowledged)
    assert gap < write_seconds(deployment, Fault.REDIS_MASTER_OFF, standstill.longest)
    print(f"the master's disk full: {gap:.1f} s without an acknowledged write")


def _kept(redis: RedisClients, key: str, acknowledged: list[Write]) -> None:
    surviving = redis.surviving(key)
    assert not [write for write in acknowledged if write.number not in surviving]
