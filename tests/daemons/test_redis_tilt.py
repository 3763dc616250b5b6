"""A Sentinel that stood still does not vote for half a minute: `make status` says so, and "whole" waits for it."""

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from fleet.fleet import DeployedServer
from lab.probe import Probe
from lab.redis_clients import RedisClients
from tests.configuration import SECRETS
from tests.daemons.redis_trio import SECONDS, Trio, booted
from tests.unit.waiting import eventually

STANDSTILL = 3.0  # Sentinel's timer must be more than two seconds late
TILT = 30.0


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp) as hosts:
        yield hosts


@dataclass
class Place:
    """A client's place on loopback, where the daemons have ports of their own."""

    ports: tuple[int, int]

    def command(self, argv: list[str]) -> list[str]:
        """The same command, with these ports."""
        here = {"6379": str(self.ports[0]), "26379": str(self.ports[1])}
        return [here.get(word, word) for word in argv]


def clients_of(trio: Trio, trusted: Path | None = None) -> RedisClients:
    """The lab's clients of Redis, before these daemons."""
    servers = {
        site: DeployedServer(f"lab-{site}-redis-1", "1", site, site.upper(), "redis", None, host.address, None)
        for site, host in trio.items()
    }
    place = cast("Probe", Place(trio["gra"].ports))
    return RedisClients(servers, {"gra": place, "sbg": place}, SECRETS["redis_password"], trusted)


def test_after_a_standstill_nothing_is_whole_until_the_sentinel_votes_again(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis itself is never interrupted: the Sentinel alone stands still, as with a host that is stuck."""
    clients = clients_of(trio)
    eventually(clients.unsettled, "".__eq__, seconds=2 * SECONDS, what="all is settled")
    sentinel = trio["gra"].units["redis-sentinel"]
    sentinel.signal(signal.SIGSTOP)
    time.sleep(STANDSTILL)
    sentinel.signal(signal.SIGCONT)
    state = eventually(trio["gra"].status, lambda seen: "TILT" in seen.said, seconds=SECONDS, what="it is in TILT")
    assert not state.good
    assert state.said.endswith("Sentinel names 127.17.0.5 and does not vote yet (TILT)")
    eventually(trio["sbg"].status, lambda seen: seen.good, seconds=SECONDS, what="SBG counts GRA's Sentinel again")
    waits = "gra's Sentinel: 2 2 ok, TILT"
    eventually(clients.unsettled, waits.__eq__, seconds=SECONDS, what="that Sentinel alone is waited for")
    monkeypatch.setattr("lab.redis_clients.SETTLE_SECONDS", TILT + SECONDS)
    assert clients.settled() == "gra"
    eventually(trio["gra"].status, lambda seen: seen.good, seconds=SECONDS, what="and status is content")
    assert "sentinel_tilt:0" in trio["gra"].ask("INFO", "sentinel", sentinel=True)
