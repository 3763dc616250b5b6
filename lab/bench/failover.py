"""What people and meeting servers notice of a loss, on a booted lab: `make bench-failover`. About fifteen minutes.

Clients stand outside; pages are asked for twice a second, numbers written to Redis ten times a second. Each
figure is the longest time without an answer, the median of five runs.
"""

import argparse
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median

from drill.clients.asking import Asking
from fleet import https
from fleet.fleet import Fleet
from fleet.until import until
from lab import Lab, demo, outages
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, other, redis_clients
from lab.workspace import DOMAIN

TIMES = 5
PATIENCE = 60  # seconds that a run waits for the service to answer again
# A client that has both edges' addresses tries the other one after this long (RFC 8305 has 250 ms to 2 s).
CONNECT_SECONDS = 1.0


def main() -> int:
    """Measure every loss, and print the table last."""
    parser = argparse.ArgumentParser(prog="python -m lab.bench.failover", description="Measure losses on a booted lab.")
    parser.add_argument("--lab", default=demo.NAME, help="a lab that is up, with its three stacks deployed")
    deployment = Deployment(Lab(parser.parse_args().lab))
    fleet = deployment.fleet()
    with deployment.lab.network(), redis_clients(deployment, fleet) as redis:
        measured = {
            "instance lost, a page through either edge": (_instance_lost, 5.0),
            "an edge lost, a client with both addresses": (_edge_lost, 3.0),
            "Redis master lost, an acknowledged write": (_master_lost, 7.0),
            "the master's site cut off, an acknowledged write": (_site_cut, 8.0),
        }
        rows = [
            _row(what, goal, [_run(what, n, partial(run, deployment, fleet, redis)) for n in range(TIMES)])
            for what, (run, goal) in measured.items()
        ]
    print("\n".join(["", "| loss | median | runs | goal |", "|---|---|---|---|", *rows]))
    return 0


def _run(what: str, number: int, run: Callable[[], float]) -> float:
    seconds = run()
    print(f"{what}: run {number + 1} of {TIMES}: {seconds:.1f} s", flush=True)
    return seconds


def _row(what: str, goal: float, runs: list[float]) -> str:
    shown = ", ".join(f"{seconds:.1f}" for seconds in runs)
    missed = "" if median(runs) <= goal else ": missed"
    return f"| {what} | {median(runs):.1f} s | {shown} | {goal:.0f} s{missed} |"


def _instance_lost(deployment: Deployment, fleet: Fleet, redis: RedisClients) -> float:
    """The instance that both edges take first stands still."""
    redis.settled()
    edges = [str(edge.public_address) for edge in fleet.of("edge")]
    first = next(server for server in fleet.of("meeting") if server.site == fleet.of("edge")[0].site)
    with ExitStack() as stack:
        asking = [stack.enter_context(Asking(_page(deployment, address))) for address in edges]
        _all_answer(asking, time.monotonic())
        begun = time.monotonic()
        with outages.paused(first):
            _all_answer(asking, time.monotonic())
        silences = [asked.silence(begun) for asked in asking]
    _until(lambda: _serves(deployment, edges[0], first.name))
    return max(silences)


def _edge_lost(deployment: Deployment, fleet: Fleet, redis: RedisClients) -> float:
    """One edge stands still; a client tries the addresses in turn, the lost one first."""
    redis.settled()
    lost, *others = fleet.of("edge")
    addresses = [str(edge.public_address) for edge in (lost, *others)]

    def ask() -> bool:
        for address in addresses:
            try:
                socket.create_connection((address, 443), timeout=CONNECT_SECONDS).close()
            except OSError:
                continue
            return _page(deployment, address)()
        return False

    with Asking(ask) as asking:
        _all_answer([asking], time.monotonic())
        begun = time.monotonic()
        with outages.paused(lost):
            _all_answer([asking], time.monotonic())
        silence = asking.silence(begun)
    _until(_page(deployment, addresses[0]))
    return silence


def _master_lost(deployment: Deployment, _: Fleet, redis: RedisClients) -> float:
    """The master's server stands still."""
    master = redis.settled()
    with _written(redis, other(master)) as gap, outages.paused(redis.servers[master]):
        return gap(redis.servers[other(master)].backbone_address)


def _site_cut(deployment: Deployment, _: Fleet, redis: RedisClients) -> float:
    """The master's site loses its backbone; the client is on the other side."""
    master = redis.settled()
    with _written(redis, other(master)) as gap, outages.backbone_cut(deployment, master):
        return gap(redis.servers[other(master)].backbone_address)


@contextmanager
def _written(redis: RedisClients, site: str) -> Iterator[Callable[[str], float]]:
    """A writer; what it yields waits for a write by a new master and says how long there was none at all."""
    with redis.writing(site, "bench") as writing:
        writing.wait_acknowledged(0, deadline=20)
        begun = time.monotonic()

        def gap(new: str) -> float:
            writing.wait_acknowledged(begun, deadline=PATIENCE, by=new)
            return writing.gap(begun)

        yield gap


def _page(deployment: Deployment, address: str) -> Callable[[], bool]:
    return lambda: https.ask(address, DOMAIN, authority=deployment.authority).status == 200


def _serves(deployment: Deployment, address: str, name: str) -> bool:
    return https.ask(address, DOMAIN, authority=deployment.authority).headers.get("x-instance") == name


def _all_answer(asking: list[Asking], since: float) -> None:
    _until(lambda: all(asked.answered_since(since) for asked in asking))


def _until(good: Callable[[], bool]) -> None:
    what = "the answer that is meant"
    until(lambda: "" if good() else "another answer", seconds=PATIENCE, what=what, pause=0.25)


if __name__ == "__main__":
    sys.exit(main())
