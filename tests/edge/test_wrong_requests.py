"""What a client sends wrong is its own failure: no instance is taken out for it, whatever it sends and how often.

With affinity, and without.
"""

import json
from collections.abc import Iterator

import pytest

from boot.edge.caddyfile import ADMIN_SOCKET
from tests.edge.fleet import DOMAIN, Edge, Fleet
from tests.edge.person import Person
from tests.edge.quiet import Standstill
from tests.edge.wrong_requests import send, wrong_requests
from tests.unit.waiting import eventually

PAGE = 3  # seconds to the next page: less than Caddy tries for one that nobody may answer
WRONG = wrong_requests(DOMAIN)


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
    send(str(edge.address), DOMAIN, fleet.cacert, WRONG[what])
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
