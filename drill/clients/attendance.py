"""Participants that stay in their rooms while something else goes on, on an event loop of their own."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, Self, TypeVar

from drill.clients.edge import Edge
from drill.clients.events import Event
from drill.clients.participant import Participant

T = TypeVar("T")
JOIN_SECONDS = 60


class Attendance:
    """Use it in a `with`: at its end everybody leaves."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_without_lost_connections)
        # Started by a thread inside another network, it is inside as well.
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._everybody = AsyncExitStack()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._everybody.aclose(), JOIN_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def join(self, edge: Edge, room: str, peer: str) -> Participant:
        """A participant who has joined the room through an edge.

        Raises:
            TimeoutError: not in time; with what was last seen.
        """
        (participant,) = self.join_at_once(Participant(edge, room, peer))
        return participant

    def join_at_once(self, *participants: Participant) -> tuple[Participant, ...]:
        """Participants who come at the same moment, and have joined.

        Raises:
            TimeoutError: one not in time; with what was last seen.
        """

        async def enter() -> None:
            for participant in participants:
                await self._everybody.enter_async_context(participant)
            await asyncio.gather(*(one.log.wait_for("joined", timeout=JOIN_SECONDS) for one in participants))

        self._do(enter(), JOIN_SECONDS + 5)
        return participants

    def wait(self, participant: Participant, name: str, *, since: int, timeout: float, **fields: object) -> Event:
        """The next event of this name; see `EventLog.wait_for`."""
        return self._do(participant.log.wait_for(name, timeout=timeout, since=since, **fields), timeout + 5)

    def _do(self, work: Coroutine[Any, Any, T], timeout: float) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)


def _without_lost_connections(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The media library's tasks that were sending when a connection was lost: the participant tells of the loss."""
    if not isinstance(context.get("exception"), ConnectionError):
        loop.default_exception_handler(context)


def together(*participants: Participant) -> str:
    """Who is where and sees whom, in words: for a wait's last word; "together on X" when all are one room."""
    names = {participant.log.peer for participant in participants}
    instances = {participant.instance for participant in participants}
    apart = [p.log.peer for p in participants if not names - {p.log.peer} <= p.peers]
    if len(instances) == 1 and not apart:
        return f"together on {instances.pop()}"
    return ", ".join(f"{p.log.peer} on {p.instance} sees {sorted(p.peers)}" for p in participants)
