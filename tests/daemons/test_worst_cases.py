"""The worst case of a lost Redis master, held against three real Redis servers and Sentinels with the shipped times."""

import signal
import time
from collections.abc import Iterator
from functools import partial

import pytest

from recovery.client import Given
from recovery.redis import Loss, failover
from settings.duration import seconds
from tests.configuration import settings
from tests.daemons.redis_trio import SECONDS, Trio, booted, known_replicas, named_master
from tests.unit.waiting import eventually

GIVEN = Given(settings("gra").env)
AS_SHIPPED = {f"env.redis.{key}": getattr(GIVEN.env.redis, key) for key in ("down_after", "failover_timeout")}
# What happens to which daemons: one signal to all.
LOSSES: dict[Loss, tuple[signal.Signals, tuple[str, ...]]] = {
    "killed": (signal.SIGKILL, ("redis-server",)),
    "off": (signal.SIGSTOP, ("redis-server", "redis-sentinel")),
}


@pytest.fixture(params=LOSSES)
def loss(request: pytest.FixtureRequest) -> Loss:
    """Redis alone is gone; or all stands still, and no connection is closed."""
    lost: Loss = request.param
    return lost


@pytest.fixture
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    """With the shipped times, and every Sentinel knows everybody."""
    with booted(tmp_path_factory.mktemp, AS_SHIPPED) as hosts:
        for host in hosts.values():
            eventually(partial(known_replicas, host), "2".__eq__, seconds=SECONDS, what="each Sentinel knows two")
        yield hosts


def test_another_master_takes_writes_within_the_worst_case(trio: Trio, loss: Loss) -> None:
    """And not before the settings let anybody say that the old one is down."""
    wait = failover(GIVEN, loss)
    assert wait.seconds is not None
    how, daemons = LOSSES[loss]
    begun = time.monotonic()
    for daemon in daemons:
        trio["gra"].units[daemon].signal(how)
    try:
        write = partial(trio["sbg"].ask, "SET", "since", "1")
        eventually(write, "OK".__eq__, seconds=wait.seconds, what=f"a write, with {wait.steps}")
        assert time.monotonic() - begun >= seconds(AS_SHIPPED["env.redis.down_after"])
        assert named_master(trio["witness"]) == "127.17.1.5"
    finally:
        for daemon in daemons:
            trio["gra"].units[daemon].signal(signal.SIGCONT)
