"""People who stay in rooms: with a websocket each, and back as Socket.io does it when it closes."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from tests.edge.person import Person

# Seconds until everybody is together: the checks, Socket.io's delay and the table's next look take 12; the rest is for
# a busy machine.
WHOLE = 30
MENDED = 60  # seconds after a cut: HAProxy's peers find each other again, and tell


@dataclass
class Participant:
    """One person in a room; `instance` is where the open websocket ends, None while there is none."""

    person: Person
    room: str
    instance: str | None = field(default=None, init=False)
    late = 0.0  # seconds until an instance answers the poll that comes first

    async def stay(self) -> None:
        """Be in the room until cancelled."""
        async with self.person.session() as session:
            while True:
                with suppress(aiohttp.ClientError, OSError, TypeError):
                    await self._be(session)
                self.instance = None
                await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - Socket.io's delay and its spread

    async def _be(self, session: aiohttp.ClientSession) -> None:
        url = f"{self.person.edge.url}/socket.io/?peerId=p&roomId={self.room}&EIO=3&transport=polling"
        async with session.get(f"{url}&wait={self.late}") as answer:
            await answer.read()
        async with self.person.talk(session, self.room) as socket:
            await socket.send_str("here")
            self.instance = (await socket.receive_str(timeout=20)).partition(":")[0]
            await self._talk(socket)

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Until the websocket closes."""
        await socket.receive()


def apart(people: Sequence[Participant]) -> dict[str, list[str | None]]:
    """The rooms whose people are not all on one instance."""
    rooms: dict[str, list[str | None]] = {}
    for participant in people:
        rooms.setdefault(participant.room, []).append(participant.instance)
    return {room: places for room, places in rooms.items() if None in places or len(set(places)) != 1}


async def together(people: Sequence[Participant], when: str, within: float = WHOLE, stays: float = 0) -> None:
    """Wait until every room is whole, and has been for some seconds: one that is about to move may still look so."""
    deadline = time.monotonic() + within
    since = time.monotonic()
    while (split := apart(people)) or time.monotonic() - since < stays:
        assert time.monotonic() < deadline, f"{when}: not whole after {within} s: {split}"
        since = time.monotonic() if split else since
        await asyncio.sleep(0.2)
