"""What schedules are done to: three servers with Sentinels, or the six nodes of a cluster; and who writes to them."""

import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from tests.configuration import SECRETS
from tests.daemons.cluster_host import Cluster as ClusterHosts
from tests.daemons.cluster_host import described, formed, plan
from tests.daemons.redis_host import RedisHost
from tests.daemons.redis_trio import Trio as TrioHosts
from tests.daemons.redis_trio import booted, known_replicas, known_sentinels, named_master
from tests.unit.waiting import eventually

WHOLE_SECONDS = 240
NUMBERS = "numbers"
# Hash tags whose slots are gra's, sbg's and the witness' (`CLUSTER KEYSLOT`).
THIRDS = {"gra": "{b}", "sbg": "{c}", "witness": "{a}"}


@dataclass
class Writer:
    """A meeting server's client of one process, which writes numbers and remembers when each was acknowledged."""

    site: str
    address: str
    port: int
    begun: float
    keys: tuple[str, ...] = (NUMBERS,)
    acknowledged: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until `ended`: a new connection after everything that goes wrong."""
        number = 0
        while not self.ended.wait(0.05):
            try:
                with socket.create_connection((self.address, self.port), timeout=1) as connection:
                    self._said(connection, f"AUTH {SECRETS['redis_password']}")
                    while not self.ended.wait(0.05):
                        number += 1
                        taken = [self._written(connection, key, number) for key in self.keys]
                        if not any(taken):
                            break
            except OSError:
                continue

    def _written(self, connection: socket.socket, key: str, number: int) -> bool:
        member = f"{self.address}:{self.port}-{key}-{number}"
        if not self._said(connection, f"SADD {key} {member}").startswith(b":"):
            return False
        self.acknowledged[member] = time.monotonic() - self.begun
        return True

    @staticmethod
    def _said(connection: socket.socket, command: str) -> bytes:
        connection.sendall(f"{command}\r\n".encode())
        if not (answer := connection.recv(4096)):
            raise ConnectionError("closed")
        return answer


class Scheduled(ABC):
    """Servers by site, which faults are done to."""

    # Whether a master goes on without its replica: docs/decisions/0010-redis-access-and-cluster.md.
    WRITES_ALONE = False

    def __init__(self, hosts: Mapping[str, RedisHost]) -> None:
        self._hosts = hosts

    @classmethod
    @abstractmethod
    def booted(cls, directory: Callable[[str], Path]) -> AbstractContextManager[Self]:
        """After their first boot; they end with the context."""

    @abstractmethod
    def writers(self, begun: float) -> list[Writer]:
        """One for each process that may be a master."""

    @abstractmethod
    def lacking(self) -> str:
        """What is not as it is when all is whole; empty when it is."""

    @abstractmethod
    def numbers(self) -> set[str]:
        """What was written and is there, once all is whole."""

    @abstractmethod
    def killed(self, host: RedisHost) -> None:
        """One process of the server dies, and is started again."""

    @abstractmethod
    def started(self, host: RedisHost) -> None:
        """The server boots, with the disk that it has."""

    def do(self, site: str, what: str, *, end: bool) -> None:
        """A fault, or its end."""
        host = self._hosts[site]
        if what == "paused":
            host.pause(not end)
        elif end:
            self.started(host)
        elif what == "killed":
            self.killed(host)
        else:
            host.stop()
            if what == "replaced":
                host.wipe()
                host.boot()

    def wait_whole(self) -> None:
        """Wait until nothing is lacking."""
        eventually(self.lacking, "".__eq__, seconds=WHOLE_SECONDS, what="all is whole")

    def logs(self) -> list[str]:
        """The end of every daemon's log."""
        return [path.read_text()[-3000:] for host in self._hosts.values() for path in sorted(host.root.glob("*.log"))]


class Trio(Scheduled):
    """One master, two replicas, three Sentinels."""

    @classmethod
    @contextmanager
    def booted(cls, directory: Callable[[str], Path]) -> Iterator[Self]:
        """As the name says."""
        with booted(directory) as hosts:
            yield cls(hosts)

    @property
    def hosts(self) -> TrioHosts:
        """By site."""
        return dict(self._hosts)

    def writers(self, begun: float) -> list[Writer]:
        """The witness is never master."""
        found = {site: self._hosts[site] for site in ("gra", "sbg")}
        return [Writer(site, host.address, host.ports[0], begun) for site, host in found.items()]

    def lacking(self) -> str:
        """One master has two replicas, and every Sentinel knows all of it and votes."""
        names = {named_master(host) for host in self.hosts.values()}
        if len(names) != 1:
            return f"they name {sorted(names)}"
        for site, host in self.hosts.items():
            info, leads = host.info(), host.address in names
            whole = (info.get("role"), info.get("connected_slaves"), info.get("master_link_status"))
            if whole != (("master", "2", None) if leads else ("slave", "0", "up")):
                return f"{site}: {whole}"
            seen = (known_replicas(host), len(known_sentinels(host)), host.status().good)
            if seen != ("2", 2, True):
                return f"{site}'s Sentinel: {seen}"
        return ""

    def numbers(self) -> set[str]:
        """The master's."""
        (leader,) = {named_master(host) for host in self.hosts.values()}
        master = next(host for host in self.hosts.values() if host.address == leader)
        return set(master.ask("SMEMBERS", NUMBERS).split())

    def killed(self, host: RedisHost) -> None:
        """Redis; the Sentinel beside it goes on."""
        host.stop("redis-server")
        host.restart("redis-server")

    def started(self, host: RedisHost) -> None:
        """Its units."""
        host.start_units()


class Cluster(Scheduled):
    """Three masters, one a site, each with a replica in another."""

    WRITES_ALONE = True

    @classmethod
    @contextmanager
    def booted(cls, directory: Callable[[str], Path]) -> Iterator[Self]:
        """As the name says."""
        with formed(directory) as hosts:
            yield cls(hosts)

    @property
    def hosts(self) -> ClusterHosts:
        """By site."""
        return dict(self._hosts)  # type: ignore[arg-type]

    def writers(self, begun: float) -> list[Writer]:
        """To both nodes of each server, a number of every third: the others are answered by the name of who has it."""
        keys = tuple(f"{tag}{NUMBERS}" for tag in THIRDS.values())
        return [
            Writer(site, host.address, port, begun, keys) for site, host in self._hosts.items() for port in host.ports
        ]

    def lacking(self) -> str:
        """Every node in its place, in everybody's eyes."""
        seen, wanted = described(self.hosts), plan()
        return "; ".join(f"{node}: {seen[node]}" for node in wanted if seen[node] != wanted[node])

    def numbers(self) -> set[str]:
        """Each third's, at its site's home."""
        asked = {site: partial(host.ask, "SMEMBERS") for site, host in self._hosts.items()}
        return {member for site, tag in THIRDS.items() for member in asked[site](f"{tag}{NUMBERS}").split()}

    def killed(self, host: RedisHost) -> None:
        """The home node."""
        host.stop("home")
        host.start("home", [str(host.root / "var/lib/redis/home/redis.conf")])

    def started(self, host: RedisHost) -> None:
        """Both nodes, and what tends them."""
        host.boot()
