"""What a client sends wrong is its own failure: no instance is taken out for it, whatever it sends and how often.

The requests are bytes on a TLS connection, as no client library would send them. With affinity, and without.
"""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

import pytest

from boot.edge.caddyfile import ADMIN_SOCKET
from tests.edge.fleet import DOMAIN, Edge, Fleet
from tests.edge.person import Person
from tests.edge.quiet import Standstill
from tests.unit.waiting import eventually

PATIENCE = 30  # seconds that an edge may take to answer, or to close
PAGE = 3  # seconds to the next page: less than Caddy tries for one that nobody may answer
_HOST = f"Host: {DOMAIN}\r\n"
_BAD_CHUNK = f"{_HOST}Transfer-Encoding: chunked\r\n\r\nZZZ\r\n"
_BREAKS_OFF = f"{_HOST}Content-Length: 100\r\n\r\n0123456789"

# Each by what is wrong with it.
WRONG = {
    "a chunk's length that is no number": f"GET /x HTTP/1.1\r\n{_BAD_CHUNK}",
    "the same, asked for the head alone": f"HEAD /x HTTP/1.1\r\n{_BAD_CHUNK}",
    "the same in a post": f"POST /x HTTP/1.1\r\n{_BAD_CHUNK}",
    "the same for a room": f"GET /socket.io/?EIO=3&roomId=wrong HTTP/1.1\r\n{_BAD_CHUNK}",
    "a body that breaks off": f"GET /x HTTP/1.1\r\n{_BREAKS_OFF}",
    "an upload that breaks off": f"POST /x HTTP/1.1\r\n{_BREAKS_OFF}",
    "an upload by another method that breaks off": f"PUT /x HTTP/1.1\r\n{_BREAKS_OFF}",
    "an upgrade to what nobody speaks": f"GET /x HTTP/1.1\r\n{_HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "a websocket where there is none": f"GET /x HTTP/1.1\r\n{_HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "an upgrade beside others": f"HEAD / HTTP/1.1\r\n{_HOST}Connection: close, upgrade\r\nUpgrade: a, b\r\n\r\n",
    "a tunnel": f"CONNECT {DOMAIN}:443 HTTP/1.1\r\n{_HOST}\r\n",
    "headers that no meeting server reads": f"GET /x HTTP/1.1\r\n{_HOST}Cookie: {'a' * 60_000}\r\n\r\n",
    "an address that no meeting server reads": f"GET /{'x' * 60_000} HTTP/1.1\r\n{_HOST}\r\n",
}


@pytest.fixture(scope="module", params=[True, False], ids=["affinity", "no affinity"])
def edge(fleet: Fleet, request: pytest.FixtureRequest) -> Iterator[Edge]:
    """GRA's edge, with both instances up and nothing counted against them."""
    found = fleet.edges["gra"]
    found.take_all(fleet.settings("gra", affinity=request.param))
    yield found
    found.take_all(fleet.settings("gra"))


def _fails(edge: Edge) -> dict[str, int]:
    """What Caddy counts against each instance."""
    asked = edge.run("curl", "-sS", "--unix-socket", ADMIN_SOCKET, "http://localhost/reverse_proxy/upstreams").stdout
    return {
        upstream["address"]: upstream["fails"] for upstream in json.loads(asked) if "instance" in upstream["address"]
    }


def _send(fleet: Fleet, edge: Edge, request: str) -> None:
    """Send it, break off or wait for the first bytes of an answer."""
    context = ssl.create_default_context(cafile=str(fleet.cacert))
    with (
        socket.create_connection((str(edge.address), 443), timeout=PATIENCE) as raw,
        context.wrap_socket(raw, server_hostname=DOMAIN) as secured,
        suppress(ConnectionError),  # an edge that has heard enough may reset
    ):
        secured.sendall(request.encode())
        if request.endswith(_BREAKS_OFF):
            secured.shutdown(socket.SHUT_WR)
        secured.recv(65536)


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_request_is_nobodys_failure_but_its_own(fleet: Fleet, edge: Edge, what: str) -> None:
    """Nothing is counted against an instance, and the next page comes from the same one at once."""
    person = Person(fleet, "gra")
    eventually(
        lambda: _fails(edge),
        lambda seen: seen == {"gra-instance:3443": 0, "sbg-instance:3443": 0},
        seconds=45,
        what="nothing counted",
    )
    _send(fleet, edge, WRONG[what])
    with Standstill() as standstill:
        page = person.get("/x")
    assert _fails(edge) == {"gra-instance:3443": 0, "sbg-instance:3443": 0}
    in_time = page["seconds"] < PAGE + standstill.longest
    assert (page["status"], page.get("instance"), in_time) == (200, "gra-1", True), page


def test_what_is_sent_right_arrives(fleet: Fleet, edge: Edge) -> None:
    """Bodies of a post, heads, a page whose request has a body: the instance is asked for what was sent."""
    curl = ["curl", "-sS", "-m", "20", "--cacert", str(fleet.cacert), "--resolve", f"{DOMAIN}:443:{edge.address}"]

    def ask(*words: str) -> str:
        return fleet.wire.run(*curl, *words).stdout

    assert json.loads(ask("--data", "a=1", f"https://{DOMAIN}/echo"))["body"] == "a=1"
    assert json.loads(ask("--data", "a=1", f"https://{DOMAIN}/socket.io/?EIO=3&roomId=r"))["body"] == "a=1"
    assert json.loads(ask("--request", "GET", "--data", "a=1", f"https://{DOMAIN}/x"))["instance"] == "gra-1"
    assert ask("--head", f"https://{DOMAIN}/x").startswith("HTTP/2 200")
