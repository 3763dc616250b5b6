"""Random sequences of losses, starts, pauses and replacements, and whether what was acknowledged is there afterwards.

python -m tests.daemons.schedules sentinel 1 200      the schedules of these seeds; half a minute each
python -m tests.daemons.schedules cluster 1 200 6     of Redis Cluster, six at once
"""

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.daemons.redis_trio import ADDRESSES
from tests.daemons.scheduled import Cluster, Scheduled, Trio, Writer

KINDS: dict[str, type[Scheduled]] = {"sentinel": Trio, "cluster": Cluster}
# A master that is cut off acknowledges for `min_replicas_max_lag` and two seconds of Redis' counting; one that goes on
# after a standstill until it has counted once. Those writes may be lost, and so may the last ones before a loss.
WINDOW = 4.0


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


def schedule(seed: int, kind: str) -> list[Step]:
    """One to three faults, overlapping as they may; never one at a server that has its fault still.

    A server is replaced only while an untouched one has its data: nobody can bring back what was on no disk. With
    Sentinel all three have all; of a cluster's thirds each is on two servers.
    """
    chosen = random.Random(seed)  # noqa: S311 - a schedule, no secret
    steps: list[Step] = []
    at = 0.0
    for number in range(chosen.randint(1, 3)):
        at += chosen.uniform(0.0, 6.0)
        site = chosen.choice(
            [name for name in ADDRESSES if not any(s.site == name and s.until + 1 > at for s in steps)]
        )
        what = chosen.choice(["off", "paused", "killed", "replaced"])
        touched = {step.site for step in steps} | {site}
        if what == "replaced" and (number > 0 if kind == "cluster" else len(touched) == len(ADDRESSES)):
            what = "killed"
        steps.append(Step(at, site, what, at + (chosen.uniform(1.0, 9.0) if what in ("off", "paused") else 0.0)))
    return steps


@contextmanager
def _written(servers: Scheduled) -> Iterator[list[Writer]]:
    writers = servers.writers(time.monotonic())
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        for writer, thread in zip(writers, threads, strict=True):
            writer.ended.set()
            thread.join()


def run(servers: Scheduled, steps: list[Step]) -> list[str]:
    """Do the schedule on servers that are whole, and wait until they are so again.

    Returns:
        The acknowledged numbers that are gone, and those that may not be gone.

    Raises:
        AssertionError: they are not whole again, without a person; with what was last seen.
    """
    with _written(servers) as writers:
        begun = time.monotonic()
        events = sorted(
            [(step.at, step, False) for step in steps] + [(step.until, step, True) for step in steps if step.held],
            key=lambda event: event[0],
        )
        for at, step, end in events:
            time.sleep(max(0.0, begun + at - time.monotonic()))
            servers.do(step.site, step.what, end=end)
        servers.wait_whole()
    there = servers.numbers()
    return [
        f"{member} of {at:.2f} s"
        for writer in writers
        for member, at in writer.acknowledged.items()
        if member not in there
        and not any(_around(step, at) for step in steps if step.site == writer.site)
        and not (servers.WRITES_ALONE and _alone(steps, writer.site, at))
    ]


def _around(step: Step, at: float) -> bool:
    return step.at - WINDOW <= at <= step.until + WINDOW


def _alone(steps: list[Step], site: str, at: float) -> bool:
    """Whether another server was away then, the replica's maybe, and the master's was lost before that was back."""
    others = [step for step in steps if step.site != site and _around(step, at)]
    own = [step.at for step in steps if step.site == site]
    return any(at <= lost <= other.until + WINDOW for other in others for lost in own)


def scheduled(seed: int, kind: str, directory: Path) -> tuple[list[Step], list[str]]:
    """Boot the servers below a directory, do the schedule of a seed; what it was, and the findings."""

    def made(name: str) -> Path:
        (directory / name).mkdir()
        return directory / name

    steps = schedule(seed, kind)
    with KINDS[kind].booted(made) as servers:
        try:
            servers.wait_whole()
            gone = run(servers, steps)
        except AssertionError as error:
            gone = [str(error)]
        if gone:
            gone += servers.logs()
    return steps, gone


def _in_a_process(seed: int, kind: str) -> int:
    """What one seed says, by a process of its own: its writers are not to wait for those of another."""
    line = [sys.executable, "-m", __spec__.name, kind, str(seed), str(seed)]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="", flush=True)
    return done.returncode


def main() -> int:
    """The command; 1 when a schedule has a finding."""
    kind, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    at_once = int(sys.argv[4]) if sys.argv[4:] else 1
    seeds = range(first, last + 1)
    if at_once > 1:
        with ThreadPoolExecutor(at_once) as pool:
            return max(pool.map(lambda seed: _in_a_process(seed, kind), seeds))
    findings = 0
    for seed in seeds:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as directory:
            steps, gone = scheduled(seed, kind, Path(directory))
        said = f"LOST {len(gone)}: {gone[:3]}" if gone else "kept"
        print(f"{kind} {seed}: {'; '.join(map(str, steps))}: {said} ({time.monotonic() - begun:.0f} s)", flush=True)
        print(*gone[3:], sep="\n", end="", flush=True)
        findings += bool(gone)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
