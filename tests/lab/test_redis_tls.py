"""Redis and the Sentinels by TLS, on booted servers; changing to it replaces those that speak with them."""

import subprocess
import time
from functools import partial

import pytest

from fleet.fleet import Fleet
from lab import outages
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, other
from recovery.fault import Fault
from settings.redis import PORT
from tests.lab.conftest import instance
from tests.lab.promised import write_seconds
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

SETTINGS = {"redis": {"tls": True}}


def test_it_is_whole_and_nobody_is_heard_without_tls(redis: RedisClients) -> None:
    """A client that speaks plainly gets no answer, right password or not."""
    site = redis.settled()
    argv = ["redis-cli", "-h", redis.servers[site].backbone_address, "-p", str(PORT), "PING"]
    done = subprocess.run(redis.probes["sbg"].command(argv), capture_output=True, text=True, check=False, timeout=10)
    assert "PONG" not in done.stdout + done.stderr


@pytest.mark.parametrize("site", ["gra", "sbg"])
def test_sessions_are_served(deployment: Deployment, fleet: Fleet, site: str) -> None:
    """Meeting servers reach it, at either site."""
    page = partial(instance, deployment, fleet, site, "/session")
    eventually(page, "lab-", deadline=60, what=f"a page through {site}")


def test_its_master_is_lost(deployment: Deployment, redis: RedisClients) -> None:
    """Writes wait as long as they do without it, and none that was acknowledged is lost."""
    master = redis.settled()
    with redis.writing(other(master), "tls") as writing:
        writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()
        with outages.paused(redis.servers[master]):
            new = redis.servers[other(master)].backbone_address
            writing.wait_acknowledged(begun, deadline=60, by=new)
            gap = writing.gap(begun)
        redis.settled()
        acknowledged = {write.number for write in writing.acknowledged()}
    print(f"the master paused, by TLS: {gap:.1f} s without an acknowledged write")
    assert not acknowledged - redis.surviving("tls")
    assert gap < write_seconds(deployment, Fault.REDIS_MASTER_PAUSED)
