"""Two nodes a site: people who come at the same time meet, whichever edge they come through, before any answer.

Instances answer late, so that nobody's answer is known to an edge when the others come.
"""

import asyncio
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet import nodes, ssh
from fleet.fleet import DeployedServer
from tests.edge.fleet import Fleet
from tests.edge.person import Person
from tests.unit.boot.golden import TWO_NODES
from tests.unit.waiting import eventually

CHANGES = TWO_NODES
EDGES = [DeployedServer(s, "1", s, s.upper(), "edge", None, "10.17.0.4", None) for s in ("gra", "sbg")]
ROOMS = 10
LATE = 0.5  # seconds to an instance's answer
APART = 0.02  # seconds between arrivals


@pytest.fixture
def people(fleet: Fleet) -> Iterator[tuple[Person, Person]]:
    """One at each edge, where both of GRA's nodes take rooms."""
    both = Person(fleet, "gra"), Person(fleet, "sbg")
    for person in both:
        _opens(person, {"gra-1", "gra-2"})
    yield both


def _opens(person: Person, instances: set[str]) -> None:
    """New rooms are opened on these instances, on each and on no other."""
    number = 0

    def opened() -> set[str]:
        nonlocal number
        number += 1
        return {person.asks(f"new {number} {room} {id(person)}") for room in range(12)}

    eventually(opened, lambda seen: seen == instances, seconds=60, what=f"new rooms on {instances}")


def _together(people: tuple[Person, ...], rooms: list[str], times: int) -> dict[str, set[str]]:
    """Each of the people comes to each room `times` times, a little later each time; where they are."""

    async def come(person: Person, room: str, delay: float) -> str:
        await asyncio.sleep(delay)
        url = f"{person.edge.url}/socket.io/?peerId=p&roomId={room}&EIO=3&transport=polling&wait={LATE}"
        async with person.session() as session, session.get(url) as answer:
            return str((await answer.json())["instance"])

    async def all_of(room: str) -> set[str]:
        arrivals = [(person, APART * number) for number in range(times) for person in people]
        return set(await asyncio.gather(*(come(person, room, delay) for person, delay in arrivals)))

    async def each() -> dict[str, set[str]]:
        return {room: await all_of(room) for room in rooms}

    return asyncio.run(each())


@pytest.mark.parametrize("edges", [("gra",), ("gra", "sbg")], ids=["one edge", "both edges"])
def test_people_who_come_together_meet(people: tuple[Person, Person], edges: tuple[str, ...]) -> None:
    """Ten rooms of ten are on one instance each."""
    seen = _together(people[: len(edges)], [f"{'-'.join(edges)}-{n}" for n in range(ROOMS)], 3)
    assert not {room: found for room, found in seen.items() if len(found) != 1}


def test_a_lost_sites_people_meet_again(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """They come back at once, through both edges, while the other site's nodes answer late."""
    rooms = [f"lost-{n}" for n in range(ROOMS)]
    assert set().union(*_together(people, rooms, 1).values()) == {"gra-1", "gra-2"}
    for name in ("gra-1", "gra-2"):
        fleet.instances[name].kill()
    try:
        seen = _together(people, rooms, 3)
        assert not {room: found for room, found in seen.items() if len(found) != 1}
        assert set().union(*seen.values()) == {"sbg-1", "sbg-2"}
    finally:
        for name in ("gra-1", "gra-2"):
            fleet.instances[name].start()


def test_a_sites_nodes_share_its_rooms(people: tuple[Person, Person]) -> None:
    """Of a hundred names each node gets a third at least."""
    seen = Counter(people[0].asks(f"meeting-{n}") for n in range(100))
    assert set(seen) == {"gra-1", "gra-2"}
    assert min(seen.values()) > 33, seen


def test_a_room_that_moved_stays_where_it_is(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """The table goes before the hash: its first node is back, the room is not, and nobody is sent there."""
    first = people[0].asks("moved")
    other = {"gra-1": "gra-2", "gra-2": "gra-1"}[first]
    fleet.instances[first].kill()
    assert [person.asks("moved") for person in people] == [other] * 2
    fleet.instances[first].start()
    for person in people:
        _opens(person, {"gra-1", "gra-2"})
    assert set.union(*_together(people, ["moved"], 3).values()) == {other}


def test_a_node_is_drained_alone(fleet: Fleet, people: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch) -> None:
    """By what `make drain NODE=` tells both edges: its rooms stay; who come together open new ones on its neighbour."""

    def run(config: Path, server: str, command: str, **_: object) -> "subprocess.CompletedProcess[str]":
        return fleet.edges[server].run("sh", "-c", command.removeprefix("sudo "), check=False)

    monkeypatch.setattr(ssh, "run", run)
    own = frozenset({"gra-2"})
    before = {room: people[0].asks(room) for room in (f"before-{n}" for n in range(ROOMS))}
    assert set(before.values()) == {"gra-1", "gra-2"}
    known = fleet.edges["sbg"].rooms
    eventually(known, lambda rooms: before.items() <= rooms.items(), seconds=45, what="SBG's edge knows the rooms")
    assert nodes.tell(Path("unused"), EDGES, own, "drain") == {}
    try:
        seen = _together(people, [f"drained-{n}" for n in range(ROOMS // 2)], 3)
        assert set.union(*seen.values()) == {"gra-1"}
        assert {room: people[1].asks(room) for room in before} == before
    finally:
        assert nodes.tell(Path("unused"), EDGES, own, "ready") == {}
    for person in people:
        _opens(person, {"gra-1", "gra-2"})
    assert {people[1].asks(room) for room in seen} == {"gra-1"}
