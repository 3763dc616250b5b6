"""A meeting process dies and is back at once: whatever each edge found meanwhile, a room's people meet again.

People keep a websocket open, and come back as Socket.io does it when it closes. A process that is away for about as
long as the checks take is down for one edge and up for the other: each sends its people elsewhere.
"""

import asyncio
import os
import random
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp
import pytest

from boot.edge.haproxy import haproxy_bundle
from boot.edge.haproxy_cfg import ADMIN_SOCKET
from tests.edge.fleet import Fleet
from tests.edge.person import Person

# How often a process is killed; a longer loop shows what happens seldom.
KILLS = int(os.environ.get("KILLS", "5"))
ROOMS = 12
WHOLE = 12  # seconds until everybody is together: the checks, Socket.io's delay, the table's next look
MENDED = 40  # seconds after a cut: HAProxy's peers find each other again, and tell
STAYS = 3  # seconds for which they stay so
CHANGES = {"env.participants": 1000}


@dataclass
class Participant:
    """One person in a room; `instance` is where the open websocket ends, None while there is none."""

    person: Person
    room: str
    instance: str | None = field(default=None, init=False)

    async def stay(self) -> None:
        """Be in the room until cancelled."""
        async with self.person.session() as session:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError, TypeError):
                    await self._be(session)
                self.instance = None
                await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - Socket.io's delay and its spread

    async def _be(self, session: aiohttp.ClientSession) -> None:
        url = f"{self.person.edge.url}/socket.io/?peerId=p&roomId={self.room}&EIO=3&transport=polling"
        async with session.get(url) as answer:
            await answer.read()
        async with self.person.talk(session, self.room) as socket:
            await socket.send_str("here")
            self.instance = (await socket.receive_str(timeout=20)).partition(":")[0]
            await socket.receive()


_TELL = """
import socket, sys
with socket.socket(socket.AF_UNIX) as telling:
    telling.connect(sys.argv[1])
    telling.sendall(f"set server rooms/gra-1 state {sys.argv[2]}\\n".encode())
    telling.shutdown(socket.SHUT_WR)
    sys.exit(telling.recv(65536).decode().strip() or None)
"""


def test_people_follow_when_one_edge_alone_moved_the_room(fleet: Fleet) -> None:
    """SBG's edge takes GRA's instance for lost, GRA's does not: its people follow, over a reload too."""
    gra, sbg = (Person(fleet, site) for site in ("gra", "sbg"))

    async def meeting() -> None:
        async with gra.session() as session, gra.talk(session, "followed") as socket:
            await socket.send_str("here")
            assert await socket.receive_str(timeout=20) == "gra-1: here"
            await asyncio.to_thread(fleet.edges["gra"].take, haproxy_bundle(fleet.edges["gra"].settings))
            await asyncio.to_thread(fleet.edges["sbg"].run, sys.executable, "-c", _TELL, ADMIN_SOCKET, "maint")
            assert await asyncio.to_thread(sbg.asks, "followed") == "sbg-1"
            assert (await socket.receive(timeout=WHOLE)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)

    try:
        asyncio.run(meeting())
        assert gra.asks("followed") == "sbg-1"
    finally:
        fleet.edges["sbg"].run(sys.executable, "-c", _TELL, ADMIN_SOCKET, "ready")


@pytest.mark.timeout(60 + 40 * KILLS)
def test_people_meet_again_after_a_process_was_back_at_once(fleet: Fleet) -> None:
    """Each room has two people through either edge; after every kill all of a room are on one instance, and stay."""
    people = [
        Participant(Person(fleet, site), f"room-{number}")
        for number in range(ROOMS)
        for site in ("gra", "sbg")
        for _ in range(2)
    ]

    async def meetings() -> None:
        staying = [asyncio.create_task(participant.stay()) for participant in people]
        try:
            await _together(people, "at first")
            for number in range(KILLS):
                name = max(fleet.instances, key=lambda name: sum(p.instance == name for p in people))
                away = random.uniform(0.2, 2.5)  # noqa: S311
                await asyncio.to_thread(_restarted, fleet, name, away)
                await _together(people, f"kill {number + 1} of {name}, away for {away:.2f} s")
                # The killed one is up again at both edges before the next kill.
                await asyncio.sleep(STAYS)
                assert not _apart(people), f"after kill {number + 1}: {_apart(people)}"
        finally:
            for task in staying:
                task.cancel()

    asyncio.run(meetings())


@pytest.mark.timeout(240)
def test_people_meet_again_once_a_cut_is_mended(fleet: Fleet) -> None:
    """SBG's edge sees neither GRA's edge nor its instance for a while: each goes on with its own, then they are one."""
    edge = fleet.edges["sbg"]
    lost = [f"{fleet.edges['gra'].address}/32", f"{fleet.instances['gra-1'].address}/32"]
    people = [Participant(Person(fleet, site), f"cut-{n}") for n in range(ROOMS) for site in ("gra", "sbg")]

    async def meetings() -> None:
        staying = [asyncio.create_task(participant.stay()) for participant in people]
        try:
            await _together(people, "at first")
            for address in lost:
                await asyncio.to_thread(edge.run, "ip", "route", "add", "blackhole", address)
            deadline = time.monotonic() + 60
            while len(_apart(people)) < ROOMS or None in {p.instance for p in people}:
                assert time.monotonic() < deadline, f"the cut splits nothing: {_apart(people)}"
                await asyncio.sleep(0.2)
            for address in lost:
                await asyncio.to_thread(edge.run, "ip", "route", "delete", "blackhole", address)
            await _together(people, "mended", MENDED)
            await asyncio.sleep(STAYS)
            assert not _apart(people)
        finally:
            for task in staying:
                task.cancel()

    asyncio.run(meetings())


def _restarted(fleet: Fleet, name: str, away: float) -> None:
    fleet.instances[name].kill()
    time.sleep(away)
    fleet.instances[name].start()


def _apart(people: list[Participant]) -> dict[str, list[str | None]]:
    """The rooms whose people are not all on one instance."""
    rooms: dict[str, list[str | None]] = {}
    for participant in people:
        rooms.setdefault(participant.room, []).append(participant.instance)
    return {room: places for room, places in rooms.items() if None in places or len(set(places)) != 1}


async def _together(people: list[Participant], when: str, within: float = WHOLE) -> None:
    """Wait until every room is whole."""
    deadline = time.monotonic() + within
    while apart := _apart(people):
        assert time.monotonic() < deadline, f"{when}: not whole after {within} s: {apart}"
        await asyncio.sleep(0.2)
