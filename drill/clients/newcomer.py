"""Somebody who opens a room, is let in, and leaves: signalling without media."""

import asyncio
import itertools
import time
from typing import Any

import aiohttp

from drill.clients.edge import Edge
from drill.clients.signalling import Handlers, Signalling, SignallingError

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


def arrived(room: str, *doors: Edge) -> tuple[str, ...]:
    """People who come to one room at the same moment, each through an edge; the instance that each is led to.

    Raises:
        OSError: one of them is not let in, or not in time.
    """

    async def all_at_once() -> tuple[str, ...]:
        arriving = (arrive(door, room, f"{room}-{number}") for number, door in enumerate(doors))
        found = await asyncio.gather(*arriving, return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return tuple(str(one) for one in found)

    return asyncio.run(all_at_once())


async def arrive(edge: Edge, room: str, peer: str) -> str:
    """Load the page, connect, wait until the room is ready, join it, leave.

    Returns:
        The instance that the room is on.

    Raises:
        OSError: not let in, or not in time.
    """
    ready = asyncio.Event()

    def on_notification(method: str, _: dict[str, Any]) -> None:
        if method == "roomReady":
            ready.set()

    try:
        async with asyncio.timeout(PATIENCE), edge.session(PATIENCE) as http:
            async with http.get(f"{edge.url}/{room}") as response:
                response.raise_for_status()
            handlers = Handlers(on_notification, lambda *_: None)
            signalling = Signalling(http, edge.url, {"peerId": peer, "roomId": room}, handlers)
            try:
                await signalling.connect()
                await ready.wait()
                capabilities = await signalling.request("getRouterRtpCapabilities")
                await signalling.request("join", {"displayName": peer, "rtpCapabilities": capabilities})
                return signalling.instance
            finally:
                await signalling.close()
    except (SignallingError, aiohttp.ClientError, TimeoutError) as error:
        raise OSError(f"{peer} was not let in: {type(error).__name__}: {error}") from error
