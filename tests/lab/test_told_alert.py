"""A fault is told to whoever operates, in the time that the settings promise."""

from collections.abc import Iterator
from functools import partial

import pytest

from boot.monitoring.alerts import Alert
from boot.monitoring.patience import fires_within
from fleet.fleet import Fleet
from lab import outages
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, redis_clients
from tests.daemons.monitoring_host import Caught
from tests.lab.waiting import eventually
from tests.lab.watching import said

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(2400)]

# Seven emulated servers answer slowly while one of them begins.
SLOW_SECONDS = 60
ENDS_SECONDS = 300


@pytest.fixture(scope="module")
def redis(deployment: Deployment, fleet: Fleet) -> Iterator[RedisClients]:
    """Clients of the fleet's Redis."""
    with redis_clients(deployment, fleet) as clients:
        yield clients


def test_a_master_that_stands_still_is_told_in_time(
    deployment: Deployment, fleet: Fleet, caught: Caught, redis: RedisClients
) -> None:
    """Another is elected; that a replica is missing reaches the webhook, and that it is back."""
    master = redis.settled()
    alert = Alert.REDIS_REPLICA_MISSING
    before = said(deployment, fleet)
    assert alert not in before.firing, before.firing
    promised = fires_within(round(before.holds[alert]), round(before.interval))
    seen = len(caught.told)

    def told(status: str) -> str:
        later = Caught()
        later.told = caught.told[seen:]
        return "told" if later.first("/alerts", alert, status) else f"{len(later.told)} others"

    with outages.paused(redis.servers[master]):
        took = eventually(partial(told, "firing"), "told", deadline=promised + SLOW_SECONDS, what=f"{alert} fires")
    print(f"{alert}: told after {took:.0f} s, promised {promised} s")
    eventually(partial(told, "resolved"), "told", deadline=ENDS_SECONDS, what=f"{alert} ends")
    redis.settled()
