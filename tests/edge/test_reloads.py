"""HAProxy reloads, and starts, while people come and go: no live room ends at another instance, and no request fails.

The rooms live at SBG since GRA's instance was lost, and GRA's is back: a process that knows nothing opens them there.
"""

import asyncio
import itertools
import os
from collections.abc import Iterator

import pytest
from aiohttp import ClientSession

from boot.edge.haproxy import haproxy_bundle
from tests.edge.fleet import Edge, Fleet
from tests.edge.person import Person
from tests.unit.settings.rule_table import NO_OBJECTIVE
from tests.unit.waiting import eventually

# A busy machine's instances answer late, and are not down for that: three failed checks take half a minute.
CHANGES = NO_OBJECTIVE | {"env.edge.room_table": {"check_timeout": "10s"}}
ROOMS = [f"live-{number}" for number in range(200)]
# Reloads of each edge; a longer loop shows what happens seldom.
TIMES = int(os.environ.get("RELOADS", "4"))
AT_ONCE = 8  # requests at each edge


@pytest.fixture
def people(fleet: Fleet) -> Iterator[tuple[Person, Person]]:
    """One at each edge; the rooms are at SBG, new ones are opened at GRA."""
    both = Person(fleet, "gra"), Person(fleet, "sbg")
    _new(both, "gra-1")
    fleet.instances["gra-1"].kill()
    _new(both, "sbg-1")
    assert set(asyncio.run(_each(both[0], ROOMS))) == {"sbg-1"}
    fleet.instances["gra-1"].start()
    _new(both, "gra-1")
    _knows(fleet.edges["sbg"])
    yield both


def _knows(edge: Edge) -> None:
    """Once an edge, which nobody asks any more, has all rooms where they are."""
    where = dict.fromkeys(ROOMS, "sbg-1")
    eventually(edge.rooms, lambda known: where.items() <= known.items(), seconds=30, what="the edge knows the rooms")


def _new(people: tuple[Person, ...], instance: str) -> None:
    for number, person in enumerate(people):
        names = iter(f"new {instance} {number} {n}" for n in range(1000))
        eventually(lambda p=person, n=names: p.asks(next(n)), lambda i: i == instance, seconds=45, what="a new room")  # type: ignore[misc]


async def _each(person: Person, rooms: list[str]) -> list[str]:
    """The instance of each room."""
    async with person.session() as session:
        return [await _ask(person, session, room) for room in rooms]


async def _ask(person: Person, session: ClientSession, room: str) -> str:
    url = f"{person.edge.url}/socket.io/?peerId=p&roomId={room}&EIO=3&transport=polling"
    async with session.get(url) as answer:
        return str((await answer.json())["instance"]) if answer.status == 200 else str(answer.status)


def test_live_rooms_stay_over_reloads_under_load(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """Asked for at both edges all the while; afterwards both edges know every room where it was."""
    wrong: list[tuple[str, str]] = []

    async def load(person: Person, done: asyncio.Event) -> int:
        rooms = itertools.cycle(ROOMS)
        count = 0

        async def come(session: ClientSession) -> None:
            nonlocal count
            while not done.is_set():
                room = next(rooms)
                seen = await _ask(person, session, room)
                count += 1
                if seen != "sbg-1":
                    wrong.append((room, seen))

        async with person.session() as session:
            await asyncio.gather(*(come(session) for _ in range(AT_ONCE)))
        return count

    async def meetings() -> list[int]:
        done = asyncio.Event()
        loads = [asyncio.create_task(load(person, done)) for person in people]
        try:
            for _ in range(TIMES):
                for edge in fleet.edges.values():
                    await asyncio.to_thread(edge.take, haproxy_bundle(edge.settings))
                    await asyncio.sleep(1)
        finally:
            done.set()
        return list(await asyncio.gather(*loads))

    counts = asyncio.run(meetings())
    assert min(counts) > 10 * TIMES, counts
    logs = [edge.log("haproxy")[-1000:] for edge in fleet.edges.values()]
    assert not wrong, f"{len(wrong)} of {counts}: {wrong[:10]}; {logs}"
    for edge in fleet.edges.values():
        _knows(edge)


def test_one_failed_check_after_a_start_moves_no_room(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """HAProxy would begin with every instance one failed check from being down, whatever `fall` says."""
    edge, instance = fleet.edges["gra"], fleet.instances["sbg-1"]
    instance.signal("STOP")
    try:
        edge.run("pkill", "-KILL", "haproxy")
        eventually(lambda: edge.checks().get("sbg-1"), lambda seen: seen == "L6TOUT", seconds=60, what="a failed check")
    finally:
        instance.signal("CONT")
    eventually(lambda: edge.checks().get("sbg-1"), lambda seen: seen == "L6OK", seconds=60, what="a good check")
    for person in people:
        assert set(asyncio.run(_each(person, ROOMS[:20]))) == {"sbg-1"}
    _knows(edge)
