"""What meeting servers take of their processors: read in /proc, here or over SSH."""

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleet import ssh
from fleet.command_line import CommandError

# The SFU's workers, and the program that answers people. Linux keeps 15 characters of a name.
_PROGRAMS = ("node", "mediasoup-worke")
# Each process' figures, and how many ticks a second has.
READ = "cat /proc/[0-9]*/stat 2>/dev/null; getconf CLK_TCK"
_STAT = re.compile(r"^(\d+) \((.*)\) (.*)$", re.MULTILINE)
_SECONDS = 20


@dataclass(frozen=True)
class Reading:
    """Seconds of processor that each process took since it began, by a name of its own."""

    seconds: Mapping[str, float]

    def since(self, before: "Reading", elapsed: float) -> tuple[float, float]:
        """Processors that all took, and the busiest one, since another reading."""
        took = [now - before.seconds.get(name, 0) for name, now in self.seconds.items()]
        return sum(took) / elapsed, max(took, default=0) / elapsed


Meter = Callable[[], Reading]


def read(text: str, place: str = "") -> Reading:
    """What the meeting servers' programs took, of what `READ` printed.

    Args:
        text: its output.
        place: where it ran.
    """
    ticks = text.rsplit(maxsplit=1)[-1]
    found = {
        f"{place}/{pid}": sum(map(int, rest.split()[11:13])) / int(ticks)
        for pid, name, rest in _STAT.findall(text)
        if name in _PROGRAMS
    }
    return Reading(found)


def servers_meter(config: Path, names: Sequence[str]) -> Meter:
    """A meter of meeting servers, asked over SSH.

    Args:
        config: SSH's.
        names: the servers.
    """

    def meter() -> Reading:
        readings = [read(_asked(config, name), name) for name in names]
        return Reading({name: took for one in readings for name, took in one.seconds.items()})

    return meter


def _asked(config: Path, server: str) -> str:
    try:
        done = ssh.run(config, server, READ, timeout=_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise CommandError(f"{server}: does not say what it takes of its processors within {_SECONDS} s") from late
    if done.returncode:
        raise CommandError(f"{server}: {done.stderr.strip() or 'does not answer'}")
    return done.stdout
