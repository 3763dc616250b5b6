"""What an edge's HAProxy says of the instances, asked over SSH at its own socket."""

import csv
import shlex
import subprocess
from pathlib import Path

from ops import ssh
from ops.fleet import DeployedServer

# Debian's image has Python, and no socat. -1 4 -1: the servers of every backend.
_ASK = """\
import socket, sys
asked = socket.socket(socket.AF_UNIX)
asked.connect("/run/haproxy/admin.sock")
asked.sendall(b"show stat -1 4 -1\\n")
while said := asked.recv(65536):
    sys.stdout.buffer.write(said)
"""


def instances(config: Path, edge: DeployedServer) -> dict[str, str]:
    """Each instance's state in the room table, in HAProxy's words, such as UP, DOWN or "UP 1/3".

    An edge that does not say has one entry under its own name.
    """
    try:
        done = ssh.run(config, edge.name, f"sudo python3 -c {shlex.quote(_ASK)}")
    except subprocess.TimeoutExpired:
        return {edge.name: "no login in time"}
    if done.returncode:
        return {edge.name: f"no answer: {done.stderr.strip()[-200:]}"}
    rows = csv.DictReader(done.stdout.lstrip("# ").splitlines())
    return {row["svname"]: row["status"] for row in rows if row["pxname"] == "rooms"}
