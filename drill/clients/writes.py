"""Numbered writes to the fleet's Redis, as a session store makes them: which were acknowledged, and by whom.

python -m drill.clients.writes --sentinel 10.17.0.5 --sentinel 10.17.1.5 < password
python -m drill.clients.writes --cluster 10.17.0.5 --cluster 10.17.1.5 < password

Prints one JSON object a write until standard input ends or it is told to stop; the first line of input is the password.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

from settings.redis import PORT, SENTINEL_PORT

# A dead host must cost less than a failover does: the client's patience is a part of the time to recover.
TIMEOUT = 0.5


@dataclass(frozen=True)
class Write:
    """One attempt.

    Attributes:
        number: counts from 1; each is tried once.
        at: the machine's monotonic clock when it was begun, in seconds.
        took: seconds until the answer.
        by: the master that was asked; empty when nobody named one.
        error: why it was not acknowledged; empty when it was.
    """

    number: int
    at: float
    took: float
    by: str
    error: str

    @property
    def acknowledged(self) -> bool:
        """Whether the master said that it has the number."""
        return not self.error


class Writer:
    """A client that adds each number to one set, at the master that the Sentinels name; none of its own retries."""

    def __init__(self, sentinels: list[str], password: str, *, name: str, key: str, trusted: str | None = None) -> None:
        """`trusted` is a file of the fleet's certificates, where Redis and the Sentinels speak TLS."""
        self._name, self._key = name, key
        self._options: dict[str, Any] = {
            "password": password,
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
        }
        if trusted:
            # They are pinned: whoever has one of them is of the fleet, and its name is not that of the server.
            self._options |= {"ssl": True, "ssl_ca_certs": trusted, "ssl_check_hostname": False}
        hosts = [(host, SENTINEL_PORT) for host in sentinels]
        self._sentinel = Sentinel(hosts, sentinel_kwargs=self._options)  # type: ignore[no-untyped-call] # not typed
        self._master: Redis | None = None
        self._by = ""

    def write(self, number: int) -> Write:
        """Try to write one number."""
        begun = time.monotonic()
        error = ""
        try:
            if self._master is None:
                host, port = self._sentinel.discover_master(self._name)  # type: ignore[no-untyped-call] # as above
                self._by = str(host)
                self._master = Redis(host=str(host), port=port, **self._options)
            self._master.sadd(self._key, number)
        except (RedisError, OSError) as failed:
            error = f"{type(failed).__name__}: {failed}"
        written = Write(number, begun, time.monotonic() - begun, self._by, error)
        if error:
            self._master, self._by = None, ""
        return written


class ClusterWriter:
    """A client that sets a key for each number, in turn at each third of the slots; none of its own retries."""

    def __init__(self, nodes: list[str], password: str, *, key: str) -> None:
        self._key = key
        self._options: dict[str, Any] = {
            "password": password,
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            "require_full_coverage": False,
        }
        self._nodes = [ClusterNode(node, PORT) for node in nodes]  # type: ignore[no-untyped-call] # not typed
        self._cluster: RedisCluster | None = None

    def write(self, number: int) -> Write:
        """Try to write one number."""
        begun = time.monotonic()
        by = error = ""
        try:
            if self._cluster is None:
                self._cluster = RedisCluster(startup_nodes=self._nodes, **self._options)
            name = f"{self._key}:{number}"
            by = str(self._cluster.get_node_from_key(name).host)  # type: ignore[no-untyped-call] # as above
            self._cluster.set(name, number)
        except (RedisError, OSError, AttributeError) as failed:
            # AttributeError: a slot that nobody serves has no node.
            error = f"{type(failed).__name__}: {failed}"
            self._cluster = None
        return Write(number, begun, time.monotonic() - begun, by, error)


def numbered(writer: Writer | ClusterWriter, interval: float) -> Iterator[Write]:
    """One write each `interval` seconds, for ever."""
    number, due = 0, time.monotonic()
    while True:
        number += 1
        yield writer.write(number)
        due = max(due + interval, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


def main() -> int:
    """Write until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m drill.clients.writes", description="Numbered writes to Redis.")
    known = parser.add_mutually_exclusive_group(required=True)
    known.add_argument("--sentinel", action="append", help="addresses of Sentinels")
    known.add_argument("--cluster", action="append", help="addresses of a cluster's nodes")
    parser.add_argument("--name", default="mymaster")
    parser.add_argument("--trusted", help="the fleet's certificates, where the Sentinels speak TLS")
    parser.add_argument("--key", default="writes")
    parser.add_argument("--interval", type=float, default=0.1, help="seconds")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    password = sys.stdin.readline().strip()
    writer: Writer | ClusterWriter
    if args.cluster:
        writer = ClusterWriter(args.cluster, password, key=args.key)
    else:
        writer = Writer(args.sentinel, password, name=args.name, key=args.key, trusted=args.trusted)
    for written in numbered(writer, args.interval):
        print(json.dumps(asdict(written)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
