"""The two nodes of a Redis server of the cluster and their tending, on loopback, from its very boot document."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from boot.meeting.config_js import deployment
from boot.redis.redis import redis_node, witness
from settings.redis import GUEST_PORT, PORT
from tests.configuration import ON_LOOPBACK, settings
from tests.daemons.redis_host import RedisHost
from tests.daemons.redis_trio import ADDRESSES
from tests.unit.waiting import eventually

NODE_TIMEOUT = 1000  # milliseconds
CLUSTER = {
    **ON_LOOPBACK,
    "env.redis": {"mode": "cluster", "node_timeout": f"{NODE_TIMEOUT}ms"},
}
SITES = tuple(ADDRESSES)
SLOTS = 16384
# On a machine that is busy.
SECONDS = 120


def cluster_ports() -> tuple[int, int]:
    """Two TCP ports, home's and guest's, that nobody listens on; nor on those 10,000 above, which are the bus'."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            second.bind(("", 0))
            ports = (first.getsockname()[1] - 20_000, second.getsockname()[1] - 20_000)
        if all(_free(port + bus) for port in ports for bus in (0, 10_000)):
            return ports


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except (OSError, OverflowError):
            return False
        return True


@dataclass
class ClusterHost(RedisHost):
    """One server below `root`; it is tended twice a second instead of every three seconds."""

    def prepare(self) -> None:
        """The boot step, and a shorter pause of the tending."""
        self.run(self.root / "usr/local/lib/multiparty/boot.d/30-redis-cluster")
        tend = self.script("redis-cluster-tend")
        text = tend.read_text()
        assert "while sleep 3; do" in text
        tend.write_text(text.replace("while sleep 3; do", "while sleep 0.5; do"))

    def boot(self) -> None:
        """What the units do: both nodes, with the configuration and the data that are there, and the tending."""
        for node in ("home", "guest"):
            self.start(node, [str(self.root / f"var/lib/redis/{node}/redis.conf")])
        self.tend()

    def tend(self) -> None:
        """The tending alone."""
        with (self.root / "tend.log").open("ab") as log:
            environment = {**os.environ, **self.login}
            command = ["sh", str(self.script("redis-cluster-tend"))]
            self.running["tend"] = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def waits(self, milliseconds: int) -> None:
        """How long both nodes wait for others, from their next start on."""
        for node in ("home", "guest"):
            conf = self.root / f"var/lib/redis/{node}/redis.conf"
            text, found = re.subn(r"(?m)^(cluster-node-timeout) \d+$", rf"\1 {milliseconds}", conf.read_text())
            assert found == 1
            conf.write_text(text)

    def wipe(self) -> None:
        """What a replaced server begins with."""
        for node in ("home", "guest"):
            for path in (self.root / f"var/lib/redis/{node}").iterdir():
                if path.name != "redis.conf":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def info_of(self, node: str, section: str) -> dict[str, str]:
        """CLUSTER INFO or INFO of one node, by key."""
        words = ("CLUSTER", "INFO") if section == "cluster" else ("INFO", section)
        lines = self.ask(*words, sentinel=node == "guest").splitlines()
        return dict(line.strip().split(":", 1) for line in lines if ":" in line)


Cluster = dict[str, ClusterHost]


@contextmanager
def formed(directory: Callable[[str], Path], changes: Mapping[str, Any] | None = None) -> Iterator[Cluster]:
    """Three servers of the cluster after their first boot, in the order of the ring, every node in its place."""
    ports = cluster_ports()
    hosts: Cluster = {}
    try:
        for site in SITES:
            hosts[site] = host = ClusterHost(ADDRESSES[site], ports, directory(site))
            given = settings(site, {**CLUSTER, **(changes or {})})
            host.lay_out(witness(given) if site == "witness" else redis_node(given))
            host.prepare()
            host.boot()
        in_place(hosts)
        yield hosts
    finally:
        for host in hosts.values():
            host.stop()


def redis_options(hosts: Cluster) -> dict[str, Any]:
    """`redisOptions` as a deployment writes them, with this machine's addresses."""
    (ports,) = {host.ports for host in hosts.values()}
    deployed: dict[str, Any] = deployment(settings("gra", CLUSTER), 1, IPv4Address("127.0.0.1"))["redisOptions"]
    addresses = {f"redis-{site}": address for site, address in ADDRESSES.items()}
    named = {PORT: ports[0], GUEST_PORT: ports[1]}
    nodes = [{"host": addresses[node["host"]], "port": named[node["port"]]} for node in deployed["cluster"]]
    return {**deployed, "cluster": nodes}


def in_place(hosts: Cluster, seconds: float = SECONDS) -> None:
    """Wait until the cluster is as planned: in everybody's eyes, with no node beside the six."""
    eventually(lambda: described(hosts), lambda seen: seen == plan(), seconds=seconds, what="every node in its place")


def plan() -> dict[str, str]:
    """Home is master of its site's third, guest the connected replica of the next site's home; six nodes, no more."""
    after = {site: SITES[(i + 1) % len(SITES)] for i, site in enumerate(SITES)}
    homes = {f"{site} home": "ok, 16384 slots, 6 nodes, master" for site in SITES}
    guests = {f"{site} guest": f"ok, 16384 slots, 6 nodes, replica of {after[site]}, up" for site in SITES}
    return homes | guests


def described(hosts: Cluster) -> dict[str, str]:
    """What each node says of the cluster and of itself, in `plan`'s words."""
    return {f"{site} {node}": _said(hosts, host, node) for site, host in hosts.items() for node in ("home", "guest")}


def _said(hosts: Cluster, host: ClusterHost, node: str) -> str:
    info, own = host.info_of(node, "cluster"), host.info_of(node, "replication")
    if "cluster_state" not in info or "role" not in own:
        return "silent"
    nodes = [line for line in host.ask("CLUSTER", "NODES", sentinel=node == "guest").splitlines() if line]
    role = own["role"]
    if role == "slave":
        names = {(h.address, str(port)): site for site, h in hosts.items() for port in h.ports[:1]}
        master = names.get((own["master_host"], own["master_port"]), "another")
        role = f"replica of {master}, {own['master_link_status']}"
    return f"{info.get('cluster_state')}, {info.get('cluster_slots_ok')} slots, {len(nodes)} nodes, {role}"
