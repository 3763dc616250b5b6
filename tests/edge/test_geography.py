"""With geographic routing each edge opens rooms at its own site."""

import asyncio
import time

from tests.edge.fleet import Fleet
from tests.edge.person import Person
from tests.unit.boot.golden import DNS, NEAREST
from tests.unit.waiting import eventually

CHANGES = DNS | NEAREST


def _people(fleet: Fleet) -> tuple[Person, Person]:
    """One at each edge, once a room opened at either edge is known at the other: new peers take up to 5 s to agree."""
    gra, sbg = Person(fleet, "gra"), Person(fleet, "sbg")

    def told() -> set[tuple[str, ...]]:
        rooms = [f"told {time.monotonic()} {number}" for number in range(5)]
        by_sbg = {(sbg.asks(room), gra.asks(room)) for room in rooms}
        return by_sbg | {(gra.asks(f"{room} too"), sbg.asks(f"{room} too")) for room in rooms}

    eventually(told, lambda seen: seen == {("gra-1",) * 2, ("sbg-1",) * 2}, seconds=60, what="the edges agree")
    return gra, sbg


def _told(fleet: Fleet, site: str, room: str) -> None:
    """Once a site's edge knows a room: the other one tells it beside its answer, not before."""
    eventually(fleet.edges[site].rooms, lambda known: room in known, seconds=45, what=f"{site}'s edge knows {room}")


def test_a_room_opens_at_the_site_of_its_first_person(fleet: Fleet) -> None:
    """And who comes through the other edge is led there; pages come from the edge's own site."""
    gra, sbg = _people(fleet)
    assert sbg.asks("east") == "sbg-1"
    _told(fleet, "gra", "east")
    assert [gra.asks("east"), gra.returns("east")] == ["sbg-1"] * 2
    assert gra.asks("west") == "gra-1"
    _told(fleet, "sbg", "west")
    assert [sbg.asks("west"), sbg.returns("west")] == ["gra-1"] * 2
    assert [gra.get("/page")["instance"], sbg.get("/page")["instance"]] == ["gra-1", "sbg-1"]


def test_two_first_people_at_once_end_up_together(fleet: Fleet) -> None:
    """The one case that can begin apart: both edges open a room before they told each other.

    From the next request of anybody on they agree; Socket.io makes several for each connection.
    """
    people = _people(fleet)
    rooms = [f"at-once-{number}" for number in range(20)]

    async def at_once() -> dict[str, set[str]]:
        async with people[0].session() as west, people[1].session() as east:

            async def ask(room: str) -> set[str]:
                urls = [f"{person.edge.url}/socket.io/?EIO=3&roomId={room}" for person in people]
                answers = await asyncio.gather(*(s.get(u) for s, u in zip((west, east), urls, strict=True)))
                return {(await answer.json())["instance"] for answer in answers}

            return {room: await ask(room) for room in rooms}

    def differ() -> list[str]:
        """After another request of each room's, at one edge."""
        for room in rooms:
            people[0].asks(room)
        gra, sbg = (edge.rooms() for edge in fleet.edges.values())
        return [room for room in rooms if gra.get(room) != sbg.get(room)]

    first = asyncio.run(at_once())
    eventually(differ, lambda found: not found, seconds=60, what="both edges have the same of each room")
    after = asyncio.run(at_once())
    assert not [found for found in after.values() if len(found) != 1], (first, after)
