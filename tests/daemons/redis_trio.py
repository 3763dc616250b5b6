"""The environment's Redis servers after their first boot, on loopback."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from boot.meeting.config_js import deployment
from boot.redis.redis import redis_node, witness
from settings.redis import PORT, SENTINEL_PORT
from settings.stack import Settings
from tests.configuration import settings
from tests.daemons.redis_host import REDIS_ON_LOOPBACK, RedisHost, free_ports
from tests.unit.waiting import eventually

Trio = dict[str, RedisHost]
# A Sentinel that a busy machine had stand still does not vote for half a minute.
SECONDS = 60
ADDRESSES = {"gra": "127.17.0.5", "sbg": "127.17.1.5", "witness": "127.17.2.6"}
TWO_SITES = {"env.sites.witness": None}


@contextmanager
def booted(
    directory: Callable[[str], Path],
    changes: Mapping[str, Any] | None = None,
    each: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Trio]:
    """Gravelines, Strasbourg and, unless `changes` take it away, the witness: booted, replicas online, Sentinels up.

    Gravelines takes writes.

    Args:
        directory: makes an empty directory of a name.
        changes: what differs from the shipped configuration.
        each: what differs at one site alone, by site.
    """
    given = {**REDIS_ON_LOOPBACK, **(changes or {})}
    stacks = [stack for stack in ADDRESSES if f"env.sites.{stack}" not in given]
    ports = free_ports()
    hosts: Trio = {}
    try:
        for stack in stacks:
            hosts[stack] = host = RedisHost(ADDRESSES[stack], ports, directory(stack))
            site = settings(stack, {**given, **(each or {}).get(stack, {})})
            host.write(witness(site) if stack == "witness" else redis_node(site))
        for host in hosts.values():
            host.boot()
        replicas = len(hosts) - 1
        eventually(hosts["gra"].info, lambda info: _online(info) == replicas, seconds=SECONDS, what="replicas online")
        for name, host in hosts.items():
            what = f"{name}'s Sentinel knows the others\n{host.log('redis-sentinel')}"
            eventually(partial(_known, host), (str(replicas), replicas).__eq__, seconds=2 * SECONDS, what=what)
        all_vote(*hosts.values())
        # As a master it takes none until a majority of Sentinels has heard it.
        nothing = partial(hosts["gra"].ask, "DEL", "nothing")
        eventually(nothing, "0".__eq__, seconds=SECONDS, what="Gravelines takes writes")
        yield hosts
    finally:
        for host in hosts.values():
            host.stop()


def redis_options(hosts: Trio, given: Settings) -> dict[str, Any]:
    """`redisOptions` as a deployment writes them, with this machine's addresses; access sentinel or plain."""
    deployed: dict[str, Any] = deployment(given, 1, IPv4Address("127.0.0.1"))["redisOptions"]
    ports = dict(zip((PORT, SENTINEL_PORT), hosts["gra"].ports, strict=True))

    def here(node: dict[str, Any]) -> dict[str, Any]:
        return {"host": ADDRESSES[node["host"].rpartition("-")[2]], "port": ports[node["port"]]}

    if "sentinels" in deployed:
        return deployed | {"sentinels": [here(node) for node in deployed["sentinels"]]}
    return deployed | here(deployed)


def _online(info: dict[str, str]) -> int:
    return sum("state=online" in value for key, value in info.items() if key.startswith("slave"))


def _known(host: RedisHost) -> tuple[str, int]:
    return known_replicas(host), len(known_sentinels(host))


def known_replicas(host: RedisHost) -> str:
    """How many replicas a host's Sentinel knows."""
    return of_master(host).get("num-slaves", "")


def known_sentinels(host: RedisHost) -> set[str]:
    """The ids of the other Sentinels that a host's Sentinel knows."""
    lines = host.ask("SENTINEL", "sentinels", "mymaster", sentinel=True).splitlines()
    return {lines[i + 1] for i, line in enumerate(lines) if line == "runid"}


def all_vote(*hosts: RedisHost) -> None:
    """Wait until no Sentinel is in TILT: one that stood still, as it began or since, neither votes nor promotes."""
    for host in hosts:
        asked = partial(host.ask, "INFO", "sentinel", sentinel=True)
        what = f"{host.address}'s Sentinel votes"
        eventually(asked, lambda said: "sentinel_tilt:0" in said, seconds=4 * SECONDS, what=what)


def of_master(host: RedisHost) -> dict[str, str]:
    """What a host's Sentinel knows of the master, by its own words."""
    lines = host.ask("SENTINEL", "master", "mymaster", sentinel=True).splitlines()
    return dict(zip(lines[::2], lines[1::2], strict=False))


def named_master(host: RedisHost) -> str:
    """The address that a host's Sentinel names."""
    return host.ask("SENTINEL", "get-master-addr-by-name", "mymaster", sentinel=True).split("\n")[0]
