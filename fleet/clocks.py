"""Whether the servers' clocks are set, and how far they are apart: certificates, sessions and Sentinels go by them."""

import subprocess
import time
from collections.abc import Collection
from dataclasses import dataclass
from statistics import median

from fleet.ask import Run, each
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet
from settings.clock import SKEW

# A container has its host's clock, which is none of ours to set.
ASK = "date +%s.%N; systemd-detect-virt --container --quiet || timedatectl show --property=NTPSynchronized --value"


@dataclass(frozen=True)
class Clock:
    """A server's clock.

    Attributes:
        ahead: seconds of this machine's.
        give: seconds by which that may be wrong: half of what the question took.
        is_set: whether it follows a time server's; a container's is taken for set.
    """

    ahead: float
    give: float
    is_set: bool


def clock_findings(deployed: Fleet, run: Run) -> list[Finding]:
    """A finding for each server; a clock is compared with those of the others, as this machine's may be wrong."""
    clocks: dict[str, Clock] = {}
    asked: dict[str, tuple[float, float]] = {}

    def timed(server: str, command: str) -> "subprocess.CompletedProcess[str]":
        begun = time.time()
        done = run(server, command)
        asked[server] = begun, time.time()
        return done

    def noted(server: DeployedServer, answer: str) -> Finding:
        said, *rest = answer.split()
        begun, ended = asked[server.name]
        clocks[server.name] = Clock(float(said) - (begun + ended) / 2, (ended - begun) / 2, rest != ["no"])
        return Finding(f"{server.name} clock", True, "")

    found = each(deployed.servers, "clock", timed, ASK, noted)
    middle = _middle(clocks.values())
    return [
        _judged(finding.what, clocks[server.name], middle) if server.name in clocks else finding
        for server, finding in zip(deployed.servers, found, strict=True)
    ]


def _middle(clocks: Collection[Clock]) -> Clock:
    """Where the middle one of all is: no better known than the clocks themselves."""
    if not clocks:
        return Clock(0.0, 0.0, True)
    least, most = (median(clock.ahead + side * clock.give for clock in clocks) for side in (-1, 1))
    return Clock((least + most) / 2, (most - least) / 2, True)


def _judged(what: str, clock: Clock, middle: Clock) -> Finding:
    apart, give = clock.ahead - middle.ahead, clock.give + middle.give
    if abs(apart) - give > SKEW:
        return Finding(what, False, f"{apart:+.1f} s apart from the others': timedatectl status")
    if not clock.is_set:
        return Finding(what, False, "follows no time server's: systemctl status systemd-timesyncd")
    return Finding(what, True, f"set, within {abs(apart) + give:.1f} s of the others'")
