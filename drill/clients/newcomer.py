"""Somebody who opens a room, is let in, and leaves: signalling without media."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp

from drill.clients.edge import Edge
from drill.clients.signalling import PARKED, READY, Handlers, Signalling, SignallingError
from recovery.meeting import REUNITED

# Socket.io's `timeout`: as long as a browser waits for a connection.
PATIENCE = 20.0

_numbers = itertools.count(1)


def opened(edge: Edge, label: str) -> str:
    """Be the first in a room that nobody was in before; the instance that the room is on.

    Raises:
        OSError: not let in, or not in time.
    """
    name = unheard_of(label)
    return asyncio.run(arrive(edge, name, name))


def unheard_of(label: str) -> str:
    """The name of a room that nobody was in before."""
    return f"newcomer-{label}-{next(_numbers)}-{time.time_ns() % 10**9}"


def arrived(room: str, *doors: Edge) -> set[str]:
    """People who come to one room at the same moment, each through an edge; the instances that they are on together.

    Who is led to another instance than the others stays until the edges had the time to lead all to one.

    Raises:
        OSError: one of them is not let in, or not in time.
    """
    return asyncio.run(_Arrival(len(doors)).of(room, doors))


class _Arrival:
    """The people of one arrival, and when all are there."""

    def __init__(self, people: int) -> None:
        self._people = people
        self._here: list[Signalling] = []
        self._all = asyncio.Event()
        self._apart: set[str] = set()

    async def of(self, room: str, doors: Sequence[Edge]) -> set[str]:
        """Come, meet and leave."""
        arriving = (self._one(door, room, f"{room}-{number}") for number, door in enumerate(doors))
        found = await asyncio.gather(*arriving, return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return self._apart or {str(one) for one in found}

    async def _one(self, door: Edge, room: str, peer: str) -> str:
        try:
            return await arrive(door, room, peer, self._meet)
        finally:
            self._all.set()  # nobody waits for who is not let in

    async def _meet(self, signalling: Signalling) -> None:
        self._here.append(signalling)
        if len(self._here) == self._people:
            self._all.set()
        await self._all.wait()
        if len({one.instance for one in self._here}) > 1:
            await asyncio.sleep(REUNITED)
            self._apart |= {one.instance for one in self._here if not one.gone.done()}


async def _leave(_: Signalling) -> None:
    """Who comes alone waits for nobody."""


async def arrive(edge: Edge, room: str, peer: str, stay: Callable[[Signalling], Awaitable[None]] = _leave) -> str:
    """Load the page, connect, wait until the room is ready, join it, stay, leave.

    Returns:
        The instance that the room is on.

    Raises:
        OSError: not let in, or not in time.
    """
    answered: asyncio.Future[str] = asyncio.Future()

    def on_notification(method: str, _: dict[str, Any]) -> None:
        if method in READY | PARKED and not answered.done():
            answered.set_result(method)

    try:
        async with asyncio.timeout(PATIENCE), edge.session(PATIENCE) as http:
            async with http.get(f"{edge.url}/{room}") as response:
                response.raise_for_status()
            handlers = Handlers(on_notification, lambda *_: None)
            signalling = Signalling(http, edge.url, {"peerId": peer, "roomId": room}, handlers)
            try:
                await signalling.connect()
                if (said := await answered) in PARKED:
                    raise SignallingError(f"a guest is answered {said}")
                capabilities = await signalling.request("getRouterRtpCapabilities")
                await signalling.request("join", {"displayName": peer, "rtpCapabilities": capabilities})
                await stay(signalling)
                return signalling.instance
            finally:
                await signalling.close()
    except (SignallingError, aiohttp.ClientError, TimeoutError) as error:
        raise OSError(f"{peer} was not let in: {type(error).__name__}: {error}") from error
