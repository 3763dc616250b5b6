"""One room has one instance, however its address and its name are spelled.

The room lives at SBG since GRA's instance was lost, and GRA's is back: whoever goes past the table is led there.
"""

import base64
import json
import subprocess
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.edge.fleet import DOMAIN, Fleet
from tests.edge.person import Person
from tests.unit.waiting import eventually

ROOM = "Réunion d'équipe"
STATE = base64.urlsafe_b64encode(json.dumps({"peerId": "p", "roomId": ROOM}, ensure_ascii=False).encode()).decode()
QUERY = f"peerId=p&EIO=3&transport=polling&roomId={quote(ROOM)}"


@pytest.fixture(scope="module")
def moved(fleet: Fleet) -> Iterator[Fleet]:
    """The room is at SBG, new ones are opened at GRA."""
    people = Person(fleet, "gra"), Person(fleet, "sbg")
    _new(people, "gra-1")
    fleet.instances["gra-1"].kill()
    assert {person.asks(ROOM) for person in people} == {"sbg-1"}
    fleet.instances["gra-1"].start()
    _new(people, "gra-1")
    yield fleet


def _new(people: tuple[Person, ...], instance: str) -> None:
    for number, person in enumerate(people):
        names = iter(f"new {instance} {number} {n}" for n in range(1000))
        eventually(lambda p=person, n=names: p.asks(next(n)), lambda i: i == instance, seconds=45, what="a new room")  # type: ignore[misc]


@pytest.mark.parametrize("site", ["gra", "sbg"])
@pytest.mark.parametrize(
    "target",
    [
        f"/socket.io/?{QUERY}",
        f"/socket.io?{QUERY}",
        f"/socket.io/x?{QUERY}",
        f"/socket.io/../page?{QUERY}",
        f"/socket.io/%2e%2e/page?{QUERY}",
        f"/x/../socket.io/?{QUERY}",
        f"/auth/login?{QUERY}",
        f"/auth/login/?{QUERY}",
        f"/Auth/Login?{QUERY}",
        f"/auth/callback?code=1&state={STATE}",
        f"/auth/callback/?code=1&state={STATE}",
        f"/AUTH/callback?code=1&state={STATE}",
    ],
)
def test_every_address_of_a_room_leads_to_it(moved: Fleet, site: str, target: str) -> None:
    """What Socket.io or the login takes for its own, with a slash at the end or none."""
    assert _instance(moved, site, target) == "sbg-1"


@pytest.mark.parametrize("name", ["réunion d'équipe", "RÉUNION D'ÉQUIPE", "rÉunion D'équipe"])
def test_upper_and_lower_case_are_one_room(moved: Fleet, name: str) -> None:
    """Accents too: a server that lowers names, as JavaScript does it, has one room for all of them."""
    assert [Person(moved, site).asks(name) for site in ("gra", "sbg")] == ["sbg-1"] * 2


def _instance(fleet: Fleet, site: str, target: str) -> str:
    """Who answers for an address that is sent as it is written."""
    url = f"https://{DOMAIN}{target}"
    edge = f"{DOMAIN}:443:{fleet.edges[site].address}"
    curl = ["curl", "-sS", "-m", "20", "--path-as-is", "--cacert", str(fleet.cacert), "--resolve", edge, url]
    done = subprocess.run(fleet.wire.command(*curl), capture_output=True, text=True, check=True, timeout=30)
    return str(json.loads(done.stdout)["instance"])
