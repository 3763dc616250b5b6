"""The meetings that run on a server now: asked of the server's own metrics, over SSH, by whoever may log in.

The exporter listens on the backbone and no security group opens its port: the question is put on the server itself.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

from boot.monitoring.exporters import PROBED_ROOM
from fleet import ssh
from fleet.bounded import AskingError

# Python is on every image that has cloud-init; curl is not. `/` is upstream's 3.4, `/metrics` 3.5.
_READ = """\
import sys, urllib.request
for path in "/", "/metrics":
    try:
        print(urllib.request.urlopen(sys.argv[1] + path, timeout=2).read().decode())
    except OSError:
        pass
"""
_SAMPLE = re.compile(r"^(?:edumeet|mediasoup)_(rooms|peers)(?:\{(.*)\})?[ \t]+([0-9.e+]+)", re.MULTILINE)
_ROOM = re.compile(r'room_id="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Meetings:
    """What runs on a server.

    Attributes:
        rooms: how many.
        people: how many in all of them.
        by_room: people by room, where the server tells rooms apart.
    """

    rooms: int
    people: int
    by_room: Mapping[str, int] = field(default_factory=dict)


def may_log_in(identity: Path | None) -> bool:
    """Whether there is a key to log in with: one that is named, or an agent's."""
    return identity is not None or bool(os.environ.get("SSH_AUTH_SOCK"))


def meetings(config: Path, server: str, exporter: tuple[IPv4Address, int], patience: float) -> Meetings:
    """Ask a meeting server.

    Args:
        config: an SSH configuration, as `fleet.ssh.write` makes it.
        server: its name.
        exporter: address and port of its metrics.
        patience: seconds.

    Raises:
        AskingError: nobody could log in, or the server has no metrics.
    """
    address, port = exporter
    command = shlex.join(["python3", "-c", _READ, f"http://{address}:{port}"])
    try:
        done = ssh.run(config, server, command, timeout=patience)
    except subprocess.TimeoutExpired as late:
        raise AskingError(f"no login to it within {patience:g} s") from late
    if done.returncode:
        raise AskingError("nobody could log in to it")
    found = read(done.stdout)
    if found is None:
        raise AskingError("its metrics do not answer")
    return found


def read(metrics: str) -> Meetings | None:
    """Meetings in the text format of Prometheus, by either of upstream's sets of names; None when there are none.

    The room that an instance opens to look at itself is none: it is left out where the server names rooms, and where
    nobody is there is no meeting.
    """
    totals: dict[str, int] = {}
    probed = False
    by_room: dict[str, int] = {}
    for kind, labels, value in _SAMPLE.findall(metrics):
        named = _ROOM.search(labels)
        if kind == "peers" and named and named[1] == PROBED_ROOM:
            probed = True
        elif kind == "peers" and named:
            by_room[named[1]] = int(float(value))
        else:
            totals[kind] = int(float(value))
    if not totals:
        return None
    people = totals.get("peers", sum(by_room.values()))
    # An empty room lasts on some servers, and is nobody's meeting.
    rooms = sum(map(bool, by_room.values())) if by_room else totals.get("rooms", 0) - probed
    return Meetings(rooms if people else 0, people, by_room)
