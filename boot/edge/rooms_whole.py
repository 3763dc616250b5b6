#!/usr/bin/python3
"""Closes every websocket that is not where the room table says: its people come back, and meet the others.

HAProxy looks into the table once, when a websocket opens. Who is connected stays when the table changes afterwards: the
other edge found an instance down that this one did not, both opened the room at the same moment, a site was cut off.
HAProxy tells each websocket as it opens: its process, its number there, the instance, the room.
"""

import base64
import re
import socket
import sys
import time
from pathlib import Path

INTERVAL = 1.0  # seconds between two looks at the table
SHARE = 20  # and at least so many times what a look takes: a full table is long
PATIENCE = 5  # seconds for an answer of HAProxy's
TOLD = re.compile(rb"(\d+) (\d+) (\S+) ([\w+/=]+)")
AFTER_PLAIN = b"\\= "  # what HAProxy writes with a backslash before it
NAMED = {b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r", b"\x1b": b"\\e"}

Websocket = tuple[str, str]  # process, number
Place = tuple[bytes, str]  # room, instance


class Rooms:
    """The websockets that are open, as far as HAProxy told."""

    def __init__(self, admin: str, master: str) -> None:
        self._admin = admin
        self._master = master
        self._open: dict[Websocket, Place] = {}

    def opened(self, told: bytes) -> None:
        """Take in one line: "PROCESS NUMBER INSTANCE ROOM", the room in base64; HAProxy says other things too."""
        found = TOLD.fullmatch(told.strip())
        if found is None:
            return
        process, number, instance, room = found.groups()
        self._open[process.decode(), number.decode()] = written(base64.b64decode(room)), instance.decode()

    def look(self) -> None:
        """Close what is not where the table says, and forget what is closed."""
        if not self._open:
            return
        table = entries(asked(self._admin, "show table rooms"))
        wrong = {key for key, (room, instance) in self._open.items() if table.get(room, instance) != instance}
        for process in {process for process, _ in wrong}:
            self._close(process, wrong)

    def forget(self) -> None:
        """Forget what was closed by others."""
        for process in {process for process, _ in self._open}:
            self._sessions(process)

    def _close(self, process: str, wrong: set[Websocket]) -> None:
        for number, session in self._sessions(process).items():
            if (process, number) in wrong:
                room, instance = self._open.pop((process, number))
                print(f"{room.decode(errors='replace')}: closed a websocket to {instance}", flush=True)
                asked(self._master, f"@!{process} shutdown session {session}")

    def _sessions(self, process: str) -> dict[str, str]:
        """The sessions of a process by their number; one that ended has none."""
        shown = asked(self._master, f"@!{process} show sess all")
        found = {
            number: session for session, number in re.findall(r"^(0x[0-9a-f]+): .*? id=(\d+) ", shown, re.MULTILINE)
        }
        for key in [key for key in self._open if key[0] == process and key[1] not in found]:
            del self._open[key]
        return found


def asked(path: str, command: str) -> str:
    """What HAProxy answers at one of its sockets; nothing while it is not there."""
    said = b""
    try:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(PATIENCE)
            asking.connect(path)
            asking.sendall(f"{command}\n".encode())
            # The master's socket stays open for more otherwise.
            asking.shutdown(socket.SHUT_WR)
            while part := asking.recv(65536):
                said += part
    except OSError:
        return ""
    return said.decode(errors="replace")


def entries(shown: str) -> dict[bytes, str]:
    """The table's rooms, each with its instance; the room as HAProxy writes it."""
    return {
        room.encode(): instance
        for room, instance in re.findall(
            r"^0x[0-9a-f]+: key=(\S+(?:\\ \S*)*) use=.* server_key=(\S+)", shown, re.MULTILINE
        )
    }


def written(room: bytes) -> bytes:
    """A room as HAProxy writes it in an answer (`dump_text`, standard.c)."""
    parts = (room[at : at + 1] for at in range(len(room)))
    return b"".join(NAMED.get(part) or (b"\\" + part if part in AFTER_PLAIN else plain(part)) for part in parts)


def plain(part: bytes) -> bytes:
    """One byte, in hexadecimal where it cannot be seen."""
    return part if 0x20 < part[0] < 0x7F else b"\\x%02X" % part[0]


def main() -> None:
    """`rooms-whole TOLD ADMIN MASTER`: where HAProxy tells, and its two sockets."""
    told = Path(sys.argv[1])
    told.unlink(missing_ok=True)
    rooms = Rooms(*sys.argv[2:4])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(str(told))
        look = forget = time.monotonic()
        while True:
            hearing.settimeout(max(0.01, look - time.monotonic()))
            try:
                rooms.opened(hearing.recv(65536))
            except TimeoutError:
                begun = time.monotonic()
                rooms.look()
                if begun > forget:
                    rooms.forget()
                    forget = begun + 60
                look = begun + max(INTERVAL, SHARE * (time.monotonic() - begun))


if __name__ == "__main__":
    main()
