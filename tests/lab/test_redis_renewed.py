"""A site is rebuilt while the other one's Redis server is replaced: what was acknowledged is the witness' alone."""

import time
from collections.abc import Iterator

import pytest

from fleet import side_by_side
from fleet.fleet import Fleet
from fleet.pulumi import UP, command
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, redis_clients
from lab.workspace import renew

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

KEY = "renewed"
REPLICATED = 2.0  # seconds until a replica has what its master acknowledged
UP_SECONDS = 900


@pytest.fixture(scope="module")
def written(deployment: Deployment, fleet: Fleet) -> set[int]:
    """The numbers that were acknowledged while all was well, and that every copy has."""
    with redis_clients(deployment, fleet) as redis:
        redis.settled()
        with redis.writing("sbg", KEY) as writing:
            writing.wait_acknowledged(0, deadline=20)
            writing.wait_acknowledged(time.monotonic() + 3, deadline=20)
            numbers = {write.number for write in writing.acknowledged()}
        time.sleep(REPLICATED)
        assert numbers <= redis.surviving(KEY)
    return numbers


@pytest.fixture(scope="module")
def renewed(deployment: Deployment, fleet: Fleet, written: set[int]) -> Iterator[RedisClients]:
    """Clients of the Redis servers that came after."""
    (of_sbg,) = (server for server in fleet.of("redis") if server.site == "sbg")
    renew(deployment.directory, "lab-gra")
    commands = {
        "lab-gra": deployment.inside(command(*UP, stack="lab-gra")),
        "lab-sbg": deployment.inside(command(*UP, "--replace", deployment.urn(of_sbg), stack="lab-sbg")),
    }
    environments = {stack: deployment.environment(stack) for stack in commands}
    took = side_by_side.run(commands, environments, deployment.lab.home / "logs", deadline=UP_SECONDS)
    print(f"both made anew: {took}")
    with redis_clients(deployment, deployment.fleet()) as redis:
        yield redis


def test_nothing_acknowledged_is_lost(fleet: Fleet, written: set[int], renewed: RedisClients) -> None:
    """Neither server that had the numbers is there any more."""
    renewed.settled()
    before = {server.id for server in fleet.of("redis")}
    assert not before & {server.id for site, server in renewed.servers.items() if site != "witness"}
    assert not written - renewed.surviving(KEY)


def test_writes_go_on(renewed: RedisClients) -> None:
    """Nobody helped."""
    with renewed.writing("gra", f"{KEY}-after") as writing:
        writing.wait_acknowledged(time.monotonic(), deadline=30)
