"""A participant in a room: page, signalling, media, and all of it again when the connection is lost."""

import asyncio
import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp

from drill.clients.edge import Edge
from drill.clients.events import Event, EventLog
from drill.clients.media import MediaError
from drill.clients.signalling import REQUEST_TIMEOUT, Handlers, Signalling, SignallingError
from drill.clients.tracks import Sink
from drill.clients.traffic import Traffic
from drill.clients.visit import Visit

# How the browser's Socket.io client comes back: after a second, then twice as late each time, give or take half of it.
DELAY, DELAY_MAX, SPREAD = 1.0, 5.0, 0.5


class Participant:
    """Holds one browser's worth of connections while it is entered.

    What it sees is in `log`: page, signalling, room-ready or room-back, parked, joined, candidates, media-connected,
    media-flowing, media-from, peer-joined, peer-left, chat, disconnected, reconnected, and failures of each step.
    """

    def __init__(
        self,
        edge: Edge,
        room: str,
        peer: str,
        *,
        interval: float = 0.2,
        video: bool = False,
        tell: Callable[[Event], None] | None = None,
    ) -> None:
        """Prepare participant `peer` of `room`, who sends Opus, with `video` VP8, and asks every `interval` seconds."""
        self.log = EventLog(peer, tell)
        self.traffic = Traffic(self.log.add)
        self.peers: set[str] = set()
        self.instance = ""
        self._edge = edge
        self._room = room
        self._peer = peer
        self.sinks: dict[tuple[str, str], Sink] = {}
        self._interval = interval
        self._video = video
        self._signalling: Signalling | None = None
        self._disconnected_at = 0.0
        self._staying = True

    async def __aenter__(self) -> Self:
        self._http = self._edge.session(REQUEST_TIMEOUT)
        self._task = asyncio.create_task(self._live())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The flag as well: what is cancelled may be in the middle of closing and take the cancellation for its own.
        self._staying = False
        self._task.cancel()
        await asyncio.wait([self._task])
        await self._http.close()
        if not self._task.cancelled():
            self._task.result()

    @property
    def hears(self) -> bool:
        """Whether somebody's Opus has come on the connection that there is."""
        return any(sink.frames for (_, kind), sink in list(self.sinks.items()) if kind == "audio")

    async def session(self) -> dict[str, Any]:
        """What the server holds for this participant's cookie."""
        async with self._http.get(f"{self._edge.url}/session") as response:
            content: dict[str, Any] = await response.json()
            return {"status": response.status, **content}

    async def chat(self, text: str) -> None:
        """Say something to the room.

        Raises:
            SignallingError: not connected, or refused.
        """
        if not self._signalling:
            raise SignallingError("not connected")
        await self._signalling.request("chatMessage", {"chatMessage": {"text": text, "name": self._peer}})

    def summary(self) -> dict[str, Any]:
        """Where it is, whom it sees, and what media went and came: frames by peer and kind."""
        frames: dict[str, dict[str, int]] = {}
        for (peer, kind), sink in sorted(self.sinks.items()):
            frames.setdefault(peer, {})[kind] = sink.frames
        return {
            "instance": self.instance,
            "peers": sorted(self.peers),
            **self.traffic.summary(),
            "frames": frames,
        }

    async def _live(self) -> None:
        attempt = 0
        page = False
        while self._staying:
            try:
                if not page:
                    await self._load_page()
                    page = True
                await self._attend()
                attempt = 0
            except (SignallingError, MediaError, aiohttp.ClientError, TimeoutError, OSError) as error:
                self.log.add("failed", error=f"{type(error).__name__}: {error}")
                attempt += 1
            delay = min(DELAY * 2**attempt, DELAY_MAX)
            await asyncio.sleep(delay * (1 + SPREAD * random.uniform(-1, 1)))  # noqa: S311 - spreads load, no secret

    async def _load_page(self) -> None:
        async with self._http.get(f"{self._edge.url}/{self._room}") as response:
            await response.read()
            self.log.add("page", status=response.status, instance=response.headers.get("X-Instance", ""))
            response.raise_for_status()

    async def _attend(self) -> None:
        """Connect, join, send and receive until the connection ends."""
        self.sinks.clear()
        visit = Visit(self.log, self.traffic, self.peers, self.sinks, joined=self._joined, connected=self._connected)
        signalling = Signalling(
            self._http,
            self._edge.url,
            {"peerId": self._peer, "roomId": self._room},
            Handlers(visit.on_notification, visit.on_request),
        )
        try:
            await signalling.connect()
            self._signalling = signalling
            self.instance = signalling.instance
            self.log.add("signalling", instance=signalling.instance)
            talking = asyncio.create_task(visit.talk(signalling, self._interval, self._video))
            try:
                waited: list[asyncio.Future[Any]] = [talking, signalling.gone]
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if talking.done():
                    talking.result()
            finally:
                talking.cancel()
                await asyncio.wait([talking])
        finally:
            await self._leave(signalling, visit)

    async def _leave(self, signalling: Signalling, visit: Visit) -> None:
        if self._signalling:
            reason = signalling.gone.result() if signalling.gone.done() else "closed by the participant"
            self._disconnected_at = time.monotonic()
            self.log.add("disconnected", reason=reason, instance=self.instance)
        self._signalling = None
        self.peers.clear()
        self.traffic.interrupted()
        await signalling.close()
        await visit.close()

    def _joined(self, others: list[str], tracker: str | None) -> None:
        self.peers.update(others)
        self.log.add("joined", instance=self.instance, peers=sorted(others), tracker=tracker)

    def _connected(self) -> None:
        if self._disconnected_at:
            after = round(time.monotonic() - self._disconnected_at, 3)
            self.log.add("reconnected", instance=self.instance, after=after)
