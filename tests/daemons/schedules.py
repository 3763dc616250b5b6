"""Random sequences of losses, starts, pauses and replacements, and whether what was acknowledged is there afterwards.

python -m tests.daemons.schedules 1 200     the schedules of these seeds, one after the other; about half a minute each
"""

import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.daemons.redis_host import RedisHost
from tests.daemons.redis_trio import Trio, booted, known_replicas, known_sentinels, named_master
from tests.unit.waiting import eventually

# A master that is cut off acknowledges for `min_replicas_max_lag` and two seconds of Redis' counting; one that goes on
# after a standstill until it has counted once. Those writes may be lost, and so may the last ones before a loss.
WINDOW = 4.0
WHOLE_SECONDS = 240
NUMBERS = "numbers"


@dataclass
class Step:
    """One fault and its end, in seconds from the beginning of the schedule."""

    at: float
    site: str
    what: str
    until: float

    def __str__(self) -> str:
        return f"{self.at:.1f} s {self.what} {self.site}" + (f" for {self.until - self.at:.1f} s" if self.held else "")

    @property
    def held(self) -> bool:
        """Whether it has an end of its own."""
        return self.what in ("off", "paused")


def schedule(seed: int, sites: list[str]) -> list[Step]:
    """One to three faults, overlapping as they may; never one at a server that has its fault still.

    A server is replaced only while an untouched one runs: nobody can bring back what was on no disk.
    """
    chosen = random.Random(seed)  # noqa: S311 - a schedule, no secret
    steps: list[Step] = []
    at = 0.0
    for _ in range(chosen.randint(1, 3)):
        at += chosen.uniform(0.0, 6.0)
        site = chosen.choice([site for site in sites if not any(s.site == site and s.until + 1 > at for s in steps)])
        what = chosen.choice(["off", "paused", "killed", "replaced"])
        if what == "replaced" and len({step.site for step in steps} | {site}) == len(sites):
            what = "killed"
        steps.append(Step(at, site, what, at + (chosen.uniform(1.0, 9.0) if what in ("off", "paused") else 0.0)))
    return steps


@dataclass
class Writer:
    """A client of one server, which writes numbers and remembers when each was acknowledged."""

    host: RedisHost
    begun: float
    acknowledged: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until `ended`: a new connection after everything that goes wrong."""
        number = 0
        while not self.ended.wait(0.05):
            try:
                with socket.create_connection((self.host.address, self.host.ports[0]), timeout=1) as connection:
                    self._said(connection, f"AUTH {self.host.password}")
                    while not self.ended.wait(0.05):
                        number += 1
                        member = f"{self.host.address}-{self.begun:.0f}-{number}"
                        if not self._said(connection, f"SADD {NUMBERS} {member}").startswith(b":"):
                            break
                        self.acknowledged[member] = time.monotonic() - self.begun
            except OSError:
                continue

    @staticmethod
    def _said(connection: socket.socket, command: str) -> bytes:
        connection.sendall(f"{command}\r\n".encode())
        if not (answer := connection.recv(4096)):
            raise ConnectionError("closed")
        return answer


@contextmanager
def _written(hosts: Trio) -> Iterator[list[Writer]]:
    begun = time.monotonic()
    writers = [Writer(hosts[site], begun) for site in ("gra", "sbg")]
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        for writer, thread in zip(writers, threads, strict=True):
            writer.ended.set()
            thread.join()


def run(hosts: Trio, steps: list[Step]) -> list[str]:
    """Do the schedule on servers that are whole, and wait until they are so again.

    Returns:
        The acknowledged numbers that are gone, and those that may not be gone.

    Raises:
        AssertionError: they are not whole again, without a person; with what was last seen.
    """
    with _written(hosts) as writers:
        begun = time.monotonic()
        events = sorted(
            [(step.at, step, False) for step in steps] + [(step.until, step, True) for step in steps if step.held],
            key=lambda event: event[0],
        )
        for at, step, end in events:
            time.sleep(max(0.0, begun + at - time.monotonic()))
            _do(hosts[step.site], step.what, end=end)
        wait_whole(hosts)
    acknowledged = {member: (w.host.address, at) for w in writers for member, at in w.acknowledged.items()}
    (leader,) = {named_master(host) for host in hosts.values()}
    master = next(host for host in hosts.values() if host.address == leader)
    there = set(master.ask("SMEMBERS", NUMBERS).split())
    return [
        f"{member} of {at:.2f} s"
        for member, (address, at) in acknowledged.items()
        if member not in there and not _may_be_lost(address, at, hosts, steps)
    ]


def _do(host: RedisHost, what: str, *, end: bool) -> None:
    if what == "paused":
        host.pause(not end)
    elif end:
        host.start_units()
    elif what == "killed":
        host.stop("redis-server")
        host.restart("redis-server")
    else:
        host.stop()
        if what == "replaced":
            host.wipe()
            host.boot()


def _may_be_lost(address: str, at: float, hosts: Trio, steps: list[Step]) -> bool:
    """Acknowledged by a server around a fault of its own."""
    own = [step for step in steps if hosts[step.site].address == address]
    return any(step.at - WINDOW <= at <= step.until + WINDOW for step in own)


def wait_whole(hosts: Trio) -> None:
    """Wait until one master has two replicas, and every Sentinel knows all of it and votes."""
    eventually(partial(_lacking, hosts), "".__eq__, seconds=WHOLE_SECONDS, what="all is whole")


def _lacking(hosts: Trio) -> str:
    names = {named_master(host) for host in hosts.values()}
    if len(names) != 1:
        return f"they name {sorted(names)}"
    for site, host in hosts.items():
        info, leads = host.info(), host.address in names
        whole = (info.get("role"), info.get("connected_slaves"), info.get("master_link_status"))
        if whole != (("master", "2", None) if leads else ("slave", "0", "up")):
            return f"{site}: {whole}"
        seen = (known_replicas(host), len(known_sentinels(host)), host.status().good)
        if seen != ("2", 2, True):
            return f"{site}'s Sentinel: {seen}"
    return ""


def main() -> int:
    """The command; 1 when a schedule has a finding."""
    first, last = map(int, sys.argv[1:3])
    findings = 0
    for seed in range(first, last + 1):
        with tempfile.TemporaryDirectory() as directory:
            begun = time.monotonic()

            def made(name: str, parent: Path = Path(directory)) -> Path:
                (parent / name).mkdir()
                return parent / name

            with booted(made) as hosts:
                steps = schedule(seed, list(hosts))
                try:
                    wait_whole(hosts)
                    gone = run(hosts, steps)
                except AssertionError as error:
                    gone = [str(error)]
                said = f"LOST {len(gone)}: {gone[:3]}" if gone else "kept"
                findings += bool(gone)
                shown = "; ".join(map(str, steps))
                print(f"seed {seed}: {shown}: {said} ({time.monotonic() - begun:.0f} s)", flush=True)
                if gone:
                    for host in hosts.values():
                        print(host.log(), host.log("redis-sentinel"), sep="\n", flush=True)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
