"""A meeting process dies and is back at once: whatever each edge found meanwhile, a room's people meet again.

People keep a websocket open, and come back as Socket.io does it when it closes. A process that is away for about as
long as the checks take is down for one edge and up for the other: each sends its people elsewhere.
"""

import asyncio
import os
import random
import sys
import time

import aiohttp
import pytest

from boot.edge.haproxy import haproxy_bundle
from boot.edge.haproxy_cfg import ADMIN_SOCKET
from tests.edge.fleet import Fleet
from tests.edge.participants import MENDED, WHOLE, Participant, apart, together
from tests.edge.person import Person

# How often a process is killed; a longer loop shows what happens seldom.
KILLS = int(os.environ.get("KILLS", "5"))
ROOMS = 12
STAYS = 3  # seconds for which they stay so
CHANGES = {"env.participants": 1000}


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
            await together(people, "at first")
            for number in range(KILLS):
                name = max(fleet.instances, key=lambda name: sum(p.instance == name for p in people))
                away = random.uniform(0.2, 2.5)  # noqa: S311
                await asyncio.to_thread(_restarted, fleet, name, away)
                # Long enough for the killed one to be up again at both edges before the next kill.
                await together(people, f"kill {number + 1} of {name}, away for {away:.2f} s", stays=STAYS)
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
            await together(people, "at first")
            for address in lost:
                await asyncio.to_thread(edge.run, "ip", "route", "add", "blackhole", address)
            deadline = time.monotonic() + 60
            while len(apart(people)) < ROOMS or None in {p.instance for p in people}:
                assert time.monotonic() < deadline, f"the cut splits nothing: {apart(people)}"
                await asyncio.sleep(0.2)
            for address in lost:
                await asyncio.to_thread(edge.run, "ip", "route", "delete", "blackhole", address)
            await together(people, "mended", MENDED, stays=STAYS)
        finally:
            for task in staying:
                task.cancel()

    asyncio.run(meetings())


def _restarted(fleet: Fleet, name: str, away: float) -> None:
    fleet.instances[name].kill()
    time.sleep(away)
    fleet.instances[name].start()
