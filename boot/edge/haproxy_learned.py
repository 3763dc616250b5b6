#!/usr/bin/python3
"""Lets Caddy reach HAProxy while it knows what its peers know: otherwise a room that lives would be opened anew, or one
where operators want none.

HAProxy asks its peers for their table as it starts, and gives up after 5 s where none answers. As it reloads, the
process that ends tells the next one; Caddy tries requests again meanwhile.
"""

import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

DEADLINE = 15  # seconds; from then on rooms are opened anew rather than not at all
# Of the flags that `show peers` tells: both are set once the lesson is over, learned or given up (peers-t.h).
FINISHED = 0x3


# Of the table of what operators have taken out; 0: they put it back.
STATES = {b"1": "drain", b"2": "maint"}


def asked(admin: str, command: str = "show info;show peers") -> bytes:
    """What one process of HAProxy says at its admin socket; nothing while none answers."""
    said = b""
    try:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(2)
            asking.connect(admin)
            asking.sendall(f"{command}\n".encode())
            while part := asking.recv(65536):
                said += part
    except OSError:
        return b""
    return said


def process(said: bytes) -> bytes | None:
    """Which process it is that answered."""
    pid = re.search(rb"^Pid: (\d+)$", said, re.MULTILINE)
    return pid[1] if pid else None


def learned(said: bytes) -> bool:
    """Whether it has learned the table."""
    flags = re.search(rb"\bid=\w+ .*\bflags=0x([0-9a-f]+)", said)
    return flags is not None and int(flags[1], 16) & FINISHED == FINISHED


def trust(admin: str) -> None:
    """Have as many failed checks as at any time take an instance out: of a new process the first one does."""
    for server in re.findall(rb"^\d+ (\S+) \d+ (\S+)", asked(admin, "show servers state"), re.MULTILINE):
        asked(admin, f"set server {b'/'.join(server).decode()} health up")


def take_out(admin: str) -> None:
    """Take the instances out that the other edge has taken out."""
    for name, state in re.findall(rb"key=(\S+) .*\bgpt0=(\d+)", asked(admin, "show table taken_out")):
        if state in STATES:
            asked(admin, f"set server rooms/{name.decode()} state {STATES[state]}")


def main() -> None:
    """`haproxy-learned ADMIN BOUND SERVED [PID]`: SERVED becomes another name of the socket that HAProxy has bound.

    With the process id of HAProxy's master it reloads first, and the name is away until the new process has learned.
    """
    admin, bound = sys.argv[1:3]
    served = Path(sys.argv[3])
    former = None
    if master := sys.argv[4:]:
        former = process(asked(admin))
        served.unlink(missing_ok=True)
        os.kill(int(master[0]), signal.SIGUSR2)
    deadline = time.monotonic() + DEADLINE
    new = False
    while time.monotonic() < deadline:
        said = asked(admin)
        if not new and process(said) not in (None, former):
            new = True
            trust(admin)
        if new and learned(said):
            break
        time.sleep(0.05)
    take_out(admin)
    if not served.is_symlink():
        served.symlink_to(bound)


if __name__ == "__main__":
    main()
