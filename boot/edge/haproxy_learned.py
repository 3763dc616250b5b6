#!/usr/bin/python3
"""Lets Caddy reach HAProxy once its table is what its peers know: a room that lives would be opened anew before.

HAProxy asks its peers for their table as it starts, and gives up after 5 s where none answers.
"""

import re
import socket
import sys
import time
from pathlib import Path

DEADLINE = 15  # seconds; from then on rooms are opened anew rather than not at all
# Of the flags that `show peers` tells: both are set once the lesson is over, learned or given up (peers-t.h).
FINISHED = 0x3


def learned(admin: str) -> bool:
    """Whether HAProxy says so at its admin socket."""
    said = b""
    try:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(2)
            asked.connect(admin)
            asked.sendall(b"show peers\n")
            while part := asked.recv(65536):
                said += part
    except OSError:
        return False
    flags = re.search(rb"flags=0x([0-9a-f]+)", said)
    return flags is not None and int(flags[1], 16) & FINISHED == FINISHED


def main() -> None:
    """`haproxy-learned ADMIN BOUND SERVED`: SERVED becomes another name of the socket that HAProxy has bound."""
    admin, bound = sys.argv[1:3]
    served = Path(sys.argv[3])
    deadline = time.monotonic() + DEADLINE
    while not learned(admin) and time.monotonic() < deadline:
        time.sleep(0.05)
    if not served.is_symlink():
        served.symlink_to(bound)


if __name__ == "__main__":
    main()
