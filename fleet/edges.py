"""An edge's HAProxy, asked and told over SSH at its own socket: how instances are, and which are to take no room."""

import csv
import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from boot.edge.haproxy_cfg import ADMIN_SOCKET, MASTER_SOCKET, STATE_FILE, STATE_VERSION, STATES, TAKEN_OUT
from fleet import ssh
from fleet.fleet import DeployedServer

# drain: rooms that are there stay, new ones go elsewhere. maint: all go elsewhere, open connections are closed.
Admin = Literal["ready", "drain", "maint"]
TABLE, _FRONTEND = "rooms", "edge"
_ASK_SECONDS = 20

# Debian's image has Python, and no socat.
_SOCKET = f"""\
import json, os, re, socket, sys
def ask(command, path="{ADMIN_SOCKET}"):
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(path)
        asked.sendall(command.encode() + b"\\n")
        asked.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: asked.recv(65536), b"")).decode()
def ask_old(command):
    # The processes that a reload left with their websockets: the master knows them.
    _, _, old = ask("show proc", "{MASTER_SOCKET}").partition("# old workers")
    processes = re.findall(r"^([0-9]+) +worker", old, re.M)
    return {{process: ask(f"@!{{process}} {{command}}", "{MASTER_SOCKET}") for process in processes}}
"""
_ASK = f"{_SOCKET}sys.stdout.write(ask(sys.argv[1]))\n"
_ASK_ALL = f"{_SOCKET}sys.stdout.write(''.join([ask(sys.argv[1]), *ask_old(sys.argv[1]).values()]))\n"
# Every frontend (1) and every server (4).
_STATISTICS = "show stat -1 5 -1"
# Every reload and restart begins with the file; the 7th field is what an operator said: 1 maint, 8 drain (HAProxy's
# management guide, "show servers state").
_TELL = f"""\
{_SOCKET}
for name, state in json.loads(sys.argv[1]).items():
    if said := ask(f"set server {TABLE}/{{name}} state {{state}}").strip():
        sys.exit(f"{{name}}: {{said}}")
    # A process that stops sets no server's state any more.
    for process, sessions in ask_old("show sess").items() if state == "maint" else ():
        for session in re.findall(rf"^(0x[0-9a-f]+): .* srv={{re.escape(name)}} ", sessions, re.M):
            ask(f"@!{{process}} shutdown session {{session}}", "{MASTER_SOCKET}")
    ask(f"set table {TAKEN_OUT} key {{name}} data.gpt0 {{{STATES}.index(state)}}")
version, header, *rows = ask("show servers state {TABLE}").splitlines()
rows = [row for row in rows if row and int(row.split()[6]) & 9]
os.makedirs(os.path.dirname("{STATE_FILE}"), exist_ok=True)
with open("{STATE_FILE}.new", "w") as file:
    file.write("\\n".join([version, header, *rows] if rows else ["{STATE_VERSION}"]) + "\\n")
os.replace("{STATE_FILE}.new", "{STATE_FILE}")
"""


class EdgeError(Exception):
    """An edge does not answer, or does not do what it is told; the message says why."""


def instances(config: Path, edge: DeployedServer) -> dict[str, str]:
    """Each instance's state in the room table, in HAProxy's words, such as UP, DRAIN, MAINT, DOWN or "UP 1/3".

    One that is up and takes no new rooms because of its load is "UP (full)": no operator took it out. An edge that does
    not say has one entry under its own name.
    """
    try:
        rows = _statistics(config, edge)
    except EdgeError as error:
        return {edge.name: str(error)}
    return {row["svname"]: _state(row) for row in rows if row["pxname"] == TABLE}


def connections(config: Path, edge: DeployedServer) -> int:
    """How many connections of people in rooms go through an edge now.

    Raises:
        EdgeError: it does not say.
    """
    rows = _statistics(config, edge, _ASK_ALL)
    return sum(int(row["scur"]) for row in rows if row["pxname"] == _FRONTEND)


def rooms(config: Path, edge: DeployedServer) -> int:
    """How many rooms an edge knows the instance of.

    Raises:
        EdgeError: it does not say.
    """
    said = _run(config, edge, [_ASK, f"show table {TABLE} data.server_id eq 0"])
    if not (used := re.search(r"used:(\d+)", said)):
        raise EdgeError(f"it does not say how many rooms it knows: {said.strip()[:200]}")
    return int(used[1])


def tell(config: Path, edge: DeployedServer, wanted: Mapping[str, Admin]) -> None:
    """Have an edge take instances out of its room table or back in; for good, over reloads and restarts.

    Args:
        config: the SSH configuration that reaches it.
        edge: which.
        wanted: what each instance is to be, by its name.

    Raises:
        EdgeError: it does not.
    """
    _run(config, edge, [_TELL, json.dumps(dict(wanted))])


def _state(row: dict[str, str]) -> str:
    # "DRAIN (agent)" is what HAProxy calls whatever an operator drained, of a server that says its load.
    state = row["status"].removesuffix(" (agent)")
    return f"{state} (full)" if state.startswith("UP") and row["weight"] == "0" else state


def _statistics(config: Path, edge: DeployedServer, program: str = _ASK) -> list[dict[str, str]]:
    return list(csv.DictReader(_run(config, edge, [program, _STATISTICS]).lstrip("# ").splitlines()))


def _run(config: Path, edge: DeployedServer, program: list[str]) -> str:
    try:
        done = ssh.run(config, edge.name, f"sudo python3 -c {shlex.join(program)}", timeout=_ASK_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise EdgeError(f"no answer in {error.timeout:.0f} s") from error
    if done.returncode:
        raise EdgeError(f"no answer: {done.stderr.strip()[-200:]}")
    return done.stdout
