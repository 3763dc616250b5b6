"""Who saw a fault first: the Sentinels' own announcements, and what HAProxy and gdnsd wrote of their checks."""

import re
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from drill.record import Mark
from fleet import ssh
from fleet.fleet import DeployedServer, Fleet

# What a loss is called by those who find it: Sentinels, the room table, the nameservers.
MASTER = "master"
# Of what a Sentinel publishes: a master found down by it, by enough of them, and a new one (Redis' documentation).
_AGREED = "+odown"
_TOLD = {"+sdown": "down, says", _AGREED: "down by agreement, says", "+switch-master": "new master, says"}
# HAProxy's own words on its standard error.
_HAPROXY = re.compile(r"Server rooms/(?P<name>\S+) is (?P<state>UP|DOWN)")
# gdnsd's own words on a change of a resource's state (its log has the address, a slash and the name of the check).
_GDNSD = re.compile(r"state of '(?P<name>[\d.]+)/\S+' changed from \S+ to (?P<state>UP|DOWN)")


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
            Mark(at - since, "", f"{_TOLD[channel]} {site}'s Sentinel", MASTER if channel == _AGREED else "")
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


def journal_marks(config: Path, server: DeployedServer, fleet: Fleet, since: float) -> list[Mark]:
    """What a server's HAProxy and gdnsd said of losses after `since` (monotonic clock); give or take 0.3 s.

    The server's clock is compared at the end of the same login.
    """
    ago = int(time.monotonic() - since) + 30
    units = "--unit haproxy --unit gdnsd"
    ask = f"sudo journalctl {units} --since '{ago} seconds ago' --output short-unix --quiet; date +%s.%N"
    try:
        done = ssh.run(config, server.name, ask)
    except subprocess.TimeoutExpired:
        return []
    *lines, now = done.stdout.splitlines() or [""]
    if done.returncode or not now:
        return []
    behind = time.monotonic() - float(now) - since
    edges = {str(edge.public_address): edge.name for edge in fleet.of("edge")}
    marks = (_said(line, float(line.split(maxsplit=1)[0]) + behind, server.site, edges) for line in lines)
    return [mark for mark in marks if mark and mark.at >= 0]


def _said(line: str, at: float, site: str, edges: Mapping[str, str]) -> Mark | None:
    """A line of a journal; None when it says nothing of a loss or a return."""
    if found := _HAPROXY.search(line):
        name, who = found["name"], "HAProxy"
    elif found := _GDNSD.search(line):
        name, who = edges.get(found["name"], found["name"]), "gdnsd"
    else:
        return None
    return Mark(at, "", f"{name} {found['state']}, says {site}'s {who}", name if found["state"] == "DOWN" else "")
