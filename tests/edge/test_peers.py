"""The edges tell each other the room table by TLS, with the fleet's pair on both sides: nobody else joins in."""

import socket
import ssl
from pathlib import Path

import pytest

from tests.edge.fleet import Edge, Fleet
from tests.edge.person import Person
from tests.unit.waiting import eventually

PORT = 1024
PATIENCE = 20  # seconds for an answer
# The first lines of HAProxy's peers protocol (peers.txt): who is asked, who asks with which process.
HELLO = b"HAProxyS 2.1\ngra-edge\nsbg-edge 1 1\n"


def _answer(edge: Edge, context: ssl.SSLContext | None) -> bytes:
    """What the edge says to somebody who calls itself its peer; nothing where it breaks off."""
    try:
        with socket.create_connection((str(edge.address), PORT), timeout=PATIENCE) as plain:
            asking = context.wrap_socket(plain) if context else plain
            asking.sendall(HELLO)
            return asking.recv(100)
    except OSError:
        return b""


def _context(pair: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair:
        context.load_cert_chain(pair[0], pair[1])
    return context


def test_who_has_the_fleets_pair_is_a_peer(fleet: Fleet) -> None:
    """What the others are not told is told to one that has it: 200 is "Handshake succeeded"."""
    pair = fleet.directory / "fleet.pem", fleet.directory / "fleet.key"
    assert _answer(fleet.edges["gra"], _context(pair)) == b"200\n"


@pytest.mark.parametrize("who", ["without TLS", "without a certificate", "with another certificate"])
def test_nobody_else_is_a_peer(fleet: Fleet, who: str) -> None:
    """The edge breaks off before a word of the table."""
    context = None if who == "without TLS" else _context(fleet.another_pair() if "another" in who else None)
    assert _answer(fleet.edges["gra"], context) == b""


def test_the_edges_are_each_others_peers(fleet: Fleet) -> None:
    """What is opened through one is known to the other, in both directions: also to one whose peer had to come back."""
    for site, other in ("gra", "sbg"), ("sbg", "gra"):
        assert Person(fleet, site).asks(f"by-{site}") == "gra-1"
        known = fleet.edges[other].rooms
        eventually(known, lambda rooms, site=site: f"by-{site}" in rooms, seconds=45, what=f"{site}'s room at {other}")  # type: ignore[misc]
