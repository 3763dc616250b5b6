"""What closes websockets that are elsewhere: what it takes from HAProxy's words, and what it leaves."""

from base64 import b64encode

import pytest

from boot.edge import rooms_whole
from boot.edge.rooms_whole import Rooms

ROOM = "cabinet d'août"
TABLE = f"0x1: key={rooms_whole.written(ROOM.encode()).decode()} use=0 exp=1 server_id=11 server_key=sbg-1\n"


@pytest.mark.parametrize(
    "said",
    [
        b"Proxy edge stopped (cumulated conns: FE: 1, BE: 0).\n",
        b"Server rooms/gra-1 is DOWN, reason: Layer4 timeout\n",
        b"35 7 gra-1 \n",
        b"",
    ],
)
def test_what_haproxy_says_beside_is_left(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    """A reload has it say that its proxies stopped: the websockets of before are followed on."""
    asked: list[str] = []

    def answer(_path: str, command: str) -> str:
        asked.append(command)
        return TABLE if command.startswith("show table") else "0x5: [27/Nov/2026] id=7 proto=unix\n"

    monkeypatch.setattr(rooms_whole, "asked", answer)
    rooms = Rooms("admin", "master")
    rooms.opened(b"35 7 gra-1 " + b64encode(ROOM.encode()) + b"\n")
    rooms.opened(said)
    rooms.look()
    assert asked[-1] == "@!35 shutdown session 0x5"
