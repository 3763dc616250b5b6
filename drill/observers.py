"""Who saw a fault first: the Sentinels' own announcements, and what HAProxy wrote of its checks."""

import re
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from drill.record import Mark
from fleet import ssh
from fleet.fleet import DeployedServer

# Of what a Sentinel publishes: a master found down by it, by enough of them, and a new one (Redis' documentation).
_TOLD = {"+sdown": "down, says", "+odown": "down by agreement, says", "+switch-master": "new master, says"}
# HAProxy's own words on its standard error.
_HAPROXY = re.compile(r"^(?P<at>[\d.]+) .*Server rooms/(?P<name>\S+) is (?P<state>UP|DOWN)")


class Sentinels:
    """Listens to every Sentinel while it is entered."""

    def __init__(self, subscribed: Mapping[str, "subprocess.Popen[str]"]) -> None:
        """`subscribed` are clients by the site of their Sentinel, `redis-cli --csv PSUBSCRIBE`; they end with it."""
        self._heard: list[tuple[float, str, str]] = []
        self._subscribed = subscribed

    def __enter__(self) -> Self:
        for site, process in self._subscribed.items():
            threading.Thread(target=self._listen, args=(site, process), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._subscribed.values():
            process.terminate()
        for process in self._subscribed.values():
            process.wait(10)

    def marks(self, since: float) -> list[Mark]:
        """What was said of the master after `since` (monotonic clock)."""
        return [
            Mark(at - since, "", f"{_TOLD[channel]} {site}'s Sentinel")
            for at, site, channel in list(self._heard)
            if at >= since
        ]

    def _listen(self, site: str, process: "subprocess.Popen[str]") -> None:
        assert process.stdout  # noqa: S101 - a pipe was asked for
        for line in process.stdout:
            words = line.replace('"', "").split(",")
            channel, said = words[-2:] if len(words) > 3 else ("", "")
            if channel in _TOLD and (said.startswith("master") or channel == "+switch-master"):
                self._heard.append((time.monotonic(), site, channel))


def haproxy_marks(config: Path, edge: DeployedServer, since: float) -> list[Mark]:
    """When this edge's HAProxy took an instance out or back in, after `since` (monotonic clock); give or take 0.3 s.

    The edge's clock is compared at the end of the same login.
    """
    ago = int(time.monotonic() - since) + 30
    ask = f"sudo journalctl --unit haproxy --since '{ago} seconds ago' --output short-unix --quiet; date +%s.%N"
    try:
        done = ssh.run(config, edge.name, ask)
    except subprocess.TimeoutExpired:
        return []
    *lines, now = done.stdout.splitlines() or [""]
    if done.returncode or not now:
        return []
    behind = time.monotonic() - float(now)
    found = ((float(m["at"]) + behind - since, m) for line in lines if (m := _HAPROXY.match(line)))
    return [Mark(at, "", f"{m['name']} {m['state']}, says {edge.site}'s HAProxy") for at, m in found if at >= 0]
