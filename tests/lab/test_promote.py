"""`make promote` on booted servers, as clients see it that write ten numbers a second."""

import time

import pytest

from lab.deployment import Deployment
from lab.redis_clients import RedisClients, other
from lab.workspace import STACKS
from recovery.fault import Fault
from tests.edge.quiet import Standstill
from tests.lab.promised import write_seconds

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]


def test_a_person_brings_the_master_home(deployment: Deployment, redis: RedisClients) -> None:
    """What `make promote` runs: writes stand still for less than a failover takes, and none is lost."""
    master = redis.settled()
    home = other(master)
    with redis.writing(home, "promoted") as writing, Standstill() as standstill:
        writing.wait_acknowledged(0, deadline=60)
        begun = time.monotonic()
        command = ["python", "-m", "ops", "promote", f"lab-{home}", "--identity", str(deployment.identity)]
        deployment.run(STACKS[0], command, timeout=180)
        writing.wait_acknowledged(begun, deadline=60, by=redis.servers[home].backbone_address)
        assert redis.settled() == home
        gap = writing.gap(begun)
    print(f"promoted by hand: {gap:.1f} s without an acknowledged write")
    surviving = redis.surviving("promoted")
    assert not [write for write in writing.acknowledged() if write.number not in surviving]
    assert gap < write_seconds(deployment, Fault.REDIS_MASTER_OFF, standstill.longest)
