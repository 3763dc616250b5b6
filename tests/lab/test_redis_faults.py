"""Redis under faults, as clients see it that write ten numbers a second: how long nobody takes them, which are lost."""

import time
from collections.abc import Iterator

import pytest

from drill.clients.writes import Write
from fleet.fleet import Fleet
from lab import outages
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, other, redis_clients
from lab.workspace import STACKS
from recovery.fault import Fault
from settings.duration import seconds
from settings.redis import Sentinel
from tests.lab.promised import write_seconds

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

SENTINEL = Sentinel()
LAG_SECONDS = seconds(SENTINEL.min_replicas_max_lag)


@pytest.fixture(scope="module")
def redis(deployment: Deployment, fleet: Fleet) -> Iterator[RedisClients]:
    """Clients of the fleet's Redis."""
    with redis_clients(deployment, fleet) as clients:
        yield clients


def lost(acknowledged: list[Write], surviving: set[int]) -> list[Write]:
    """The acknowledged writes that no longer are."""
    return [write for write in acknowledged if write.number not in surviving]


def test_the_master_is_lost(deployment: Deployment, redis: RedisClients) -> None:
    """Its server stands still: the other site's Redis takes writes within the budget, none acknowledged is lost."""
    master = redis.settled()
    with redis.writing(other(master), "master-lost") as writing:
        writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()
        with outages.paused(redis.servers[master]):
            new = redis.servers[other(master)].backbone_address
            writing.wait_acknowledged(begun, deadline=60, by=new)
        assert redis.settled() == other(master)
        gap = writing.gap(begun)
    allowed = write_seconds(deployment, Fault.REDIS_MASTER_PAUSED)
    print(f"master lost: {gap:.1f} s without an acknowledged write, of {allowed:.1f} s allowed")
    assert not lost(writing.acknowledged(), redis.surviving("master-lost"))
    assert gap < allowed


def test_the_masters_site_is_cut_off(deployment: Deployment, redis: RedisClients) -> None:
    """Its backbone goes: the other site takes over; on the cut side writes end within min-replicas-max-lag.

    Acknowledged writes may be lost on the cut side alone, and only those of that window.
    """
    master = redis.settled()
    old, new = (redis.servers[site].backbone_address for site in (master, other(master)))
    with redis.writing(other(master), "cut") as outside, redis.writing(master, "cut-inside") as inside:
        for writing in (outside, inside):
            writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()
        with outages.backbone_cut(deployment, master):
            first = outside.wait_acknowledged(begun, deadline=60, by=new)
            time.sleep(10)
        healed = time.monotonic()
        inside.wait_acknowledged(healed, deadline=60, by=new)
        gap = outside.gap(begun)
    assert redis.settled() == other(master)
    by_old = [write for write in inside.acknowledged(since=begun) if write.by == old]
    window = max((write.at - begun for write in by_old), default=0.0)
    both = max((write.at - first.at for write in by_old), default=0.0)
    gone = lost(inside.acknowledged(), redis.surviving("cut-inside"))
    print(
        f"site cut: {gap:.1f} s outside; inside the old master took writes for {window:.1f} s, {len(gone)} lost; "
        f"two masters took writes for {max(both, 0.0):.1f} s"
    )
    assert not lost(outside.acknowledged(), redis.surviving("cut"))
    assert gap < write_seconds(deployment, Fault.SITE_ISOLATED)
    # Redis counts a replica's lag in whole seconds, and looks at it once a second; the cut itself takes a moment.
    allowed = LAG_SECONDS + 2.5
    assert window < allowed
    assert both < LAG_SECONDS
    assert all(begun - 1 < write.at < begun + allowed for write in gone)


def test_the_witness_is_lost(deployment: Deployment, redis: RedisClients) -> None:
    """Nobody is elected and nothing is refused: the replica of the other site is enough for min-replicas."""
    master = redis.settled()
    with redis.writing(master, "witness-lost") as writing:
        writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()
        # Its cables: a Sentinel that has stood still does not vote for 30 s after it.
        with outages.isolated(deployment, "witness"):
            time.sleep(12)
        gap = writing.gap(begun)
    print(f"witness lost: {gap:.1f} s without an acknowledged write")
    assert redis.settled() == master
    assert not lost(writing.acknowledged(), redis.surviving("witness-lost"))
    assert gap < seconds(SENTINEL.down_after)  # a failover takes longer


def test_a_person_brings_the_master_home(deployment: Deployment, redis: RedisClients) -> None:
    """What `make promote` runs: writes stand still for less than a failover takes, and none is lost."""
    master = redis.settled()
    home = other(master)
    with redis.writing(home, "promoted") as writing:
        writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()
        command = ["python", "-m", "ops.promote", f"lab-{home}", "--identity", str(deployment.identity)]
        deployment.run(STACKS[0], command, timeout=180)
        writing.wait_acknowledged(begun, deadline=60, by=redis.servers[home].backbone_address)
        assert redis.settled() == home
        gap = writing.gap(begun)
    print(f"promoted by hand: {gap:.1f} s without an acknowledged write")
    assert not lost(writing.acknowledged(), redis.surviving("promoted"))
    assert gap < write_seconds(deployment, Fault.REDIS_MASTER_OFF)
