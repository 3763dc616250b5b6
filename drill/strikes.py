"""What is done to daemons and servers of a target, and undone: faults are made of it."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from drill.exercise import Struck
from drill.observers import MASTER
from drill.target import Target
from fleet.fleet import DeployedServer
from settings.redis import Sentinel

MEETING = "multiparty-meeting"


def instance(target: Target) -> DeployedServer:
    """The instance that new rooms go to."""
    return target.server("meeting", target.primary)


def master(target: Target) -> DeployedServer:
    """The Redis server that is the master."""
    return target.redis_servers[target.master()]


def found_as(target: Target, *servers: DeployedServer) -> list[str]:
    """What those who find losses call these servers; a server that nobody looks after has no name."""
    names = []
    for server in servers:
        if server.role == "meeting" and target.environment.edge.affinity:
            names.append(f"{server.site}-{server.name.rsplit('-', 1)[1]}")
        elif server.role == "edge" and target.fleet.zone_names:
            names.append(server.name)
        elif server.role == "redis" and isinstance(target.environment.redis, Sentinel) and server == master(target):
            names.append(MASTER)
    return names


def lost_now(names: Sequence[str]) -> dict[str, float]:
    """What somebody has to find, lost at this moment."""
    return dict.fromkeys(names, time.monotonic())


@contextmanager
def signalled(target: Target, server: DeployedServer, unit: str, signal: str, after: str = "") -> Iterator[Struck]:
    """Signal a daemon; what has `after` to bring it back is found out by somebody, what systemd starts again is not."""
    names, begun = found_as(target, server) if after else [], time.monotonic()
    target.shell(server, f"sudo systemctl kill --signal={signal} {unit}")
    try:
        yield Struck(f"SIG{signal} to {unit} on {server.name}", begun, lost=lost_now(names))
    finally:
        if after:
            target.shell(server, after)


@contextmanager
def stopped(target: Target, unit: str, *servers: DeployedServer) -> Iterator[Struck]:
    """A daemon stopped on some servers at once; started again at the end. Somebody finds out when it is an instance."""
    names, begun = found_as(target, *servers) if unit == MEETING else [], time.monotonic()
    with ThreadPoolExecutor(len(servers)) as logins:
        try:
            list(logins.map(lambda server: target.shell(server, f"sudo systemctl stop {unit}"), servers))
            done = f"stopped {unit} on {', '.join(server.name for server in servers)}"
            yield Struck(done, begun, lost=lost_now(names))
        finally:
            list(logins.map(lambda server: target.shell(server, f"sudo systemctl start {unit}"), servers))


@contextmanager
def powered_off(target: Target, *servers: DeployedServer) -> Iterator[Struck]:
    """Servers without power, and with it again at the end."""
    names, begun = found_as(target, *servers), time.monotonic()
    with target.powered_off(*servers):
        yield Struck(f"powered off {', '.join(server.name for server in servers)}", begun, lost=lost_now(names))


@contextmanager
def paused(target: Target, *servers: DeployedServer) -> Iterator[Struck]:
    """Servers that stand still, and go on at the end."""
    names, begun = found_as(target, *servers), time.monotonic()
    with target.paused(*servers):
        yield Struck(f"paused {', '.join(server.name for server in servers)}", begun, lost=lost_now(names))
