"""Who is at work on an environment: a note on its edges, so that a second operator is told."""

import getpass
import shlex
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from fleet import ssh
from fleet.fleet import DeployedServer

# Gone with a reboot: who was at work then starts again.
NOTE = "/run/multiparty-operator"
_ASK_SECONDS = 20
_HELD = 3
_PROGRAM = f"""\
import os, sys
what, own = sys.argv[1:]
held = open("{NOTE}").read() if os.path.exists("{NOTE}") else ""
if held and (what == "clear" or (what == "leave" and held == own)):
    os.remove("{NOTE}")
elif what == "take":
    try:
        with open("{NOTE}", "x") as note:
            note.write(own)
    except FileExistsError:
        print(held)
        sys.exit({_HELD})
"""


class HeldError(Exception):
    """Somebody else is at work; the message says who and since when."""


@contextmanager
def held(config: Path, edges: Sequence[DeployedServer]) -> Iterator[None]:
    """Be the one who is at work, as far as edges can be asked.

    Raises:
        HeldError: somebody else is.
    """
    own = f"{getpass.getuser()}@{socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    ask = partial(_ask, config, own=own)
    taken: list[DeployedServer] = []
    try:
        for edge in edges:
            done = ask(edge, "take")
            if done and done.returncode == _HELD:
                raise HeldError(f"{done.stdout.strip()} is at work, as {edge.name} says")
            taken.append(edge)
        yield
    finally:
        for edge in taken:
            ask(edge, "leave")


def clear(config: Path, edges: Sequence[DeployedServer]) -> None:
    """Forget who was at work."""
    for edge in edges:
        _ask(config, edge, "clear", own="")


def _ask(
    config: Path, edge: DeployedServer, what: Literal["take", "leave", "clear"], *, own: str
) -> "subprocess.CompletedProcess[str] | None":
    command = f"sudo python3 -c {shlex.join([_PROGRAM, what, own])}"
    try:
        return ssh.run(config, edge.name, command, timeout=_ASK_SECONDS)
    except subprocess.TimeoutExpired:
        return None
