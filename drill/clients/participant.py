"""A participant in a room: page, signalling, media, and all of it again when the connection is lost."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiortc import RTCDataChannel

from drill.clients.audio import AudioSink
from drill.clients.edge import Edge
from drill.clients.events import Event, EventLog
from drill.clients.media import MediaError, MediaTransport
from drill.clients.signalling import Handlers, Signalling, SignallingError
from drill.clients.traffic import Traffic

REQUEST_TIMEOUT = 10.0
# How the browser's Socket.io client comes back: after a second, then twice as late each time, give or take half of it.
DELAY, DELAY_MAX, SPREAD = 1.0, 5.0, 0.5


class Participant:
    """Holds one browser's worth of connections while it is entered.

    What it sees is in `log`: page, signalling, joined, candidates, media-connected, media-flowing, peer-joined,
    peer-left, chat, disconnected, reconnected, and failures of each step.
    """

    def __init__(
        self,
        edge: Edge,
        room: str,
        peer: str,
        *,
        interval: float = 0.2,
        audio: bool = False,
        tell: Callable[[Event], None] | None = None,
    ) -> None:
        """Prepare participant `peer` of `room`, sending a message every `interval` seconds, and Opus with `audio`."""
        self.log = EventLog(peer, tell)
        self.traffic = Traffic(peer, self.log.add)
        self.peers: set[str] = set()
        self.instance = ""
        self._edge = edge
        self._room = room
        self._peer = peer
        self.sinks: dict[str, AudioSink] = {}
        self._interval = interval
        self._audio = audio
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
        """Where it is, whom it sees, and what its messages became."""
        frames = {peer: sink.frames for peer, sink in sorted(self.sinks.items())}
        return {
            "instance": self.instance,
            "peers": sorted(self.peers),
            **self.traffic.summary(),
            "audio_frames": frames,
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
        """Connect, join, exchange messages until the connection ends."""
        visit = _Visit(self)
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
            talking = asyncio.create_task(visit.talk(signalling, self._interval, self._audio))
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

    async def _leave(self, signalling: Signalling, visit: "_Visit") -> None:
        if self._signalling:
            reason = signalling.gone.result() if signalling.gone.done() else "closed by the participant"
            self._disconnected_at = time.monotonic()
            self.log.add("disconnected", reason=reason, instance=self.instance)
        self._signalling = None
        self.peers.clear()
        self.traffic.interrupted()
        await signalling.close()
        await visit.close()

    def _joined(self, others: list[str]) -> None:
        self.peers.update(others)
        self.log.add("joined", instance=self.instance, peers=sorted(others))

    def _connected(self) -> None:
        if self._disconnected_at:
            after = round(time.monotonic() - self._disconnected_at, 3)
            self.log.add("reconnected", instance=self.instance, after=after)


class _Visit:
    """One connection's part: the transports it opened and the channels on them."""

    def __init__(self, participant: Participant) -> None:
        self._participant = participant
        self._log = participant.log
        self._transports: list[MediaTransport] = []
        self._ready = asyncio.Event()
        self._echo = asyncio.Event()

    def on_notification(self, method: str, data: dict[str, Any]) -> None:
        """Keep the list of those present, and tell."""
        peers = self._participant.peers
        if method == "roomReady":
            stand_in = data.get("standIn") or {}
            self._log.add("room-ready", session_created_by=stand_in.get("sessionCreatedBy"))
            self._ready.set()
        elif method == "newPeer":
            peers.add(data["id"])
            self._log.add("peer-joined", other=data["id"])
        elif method == "peerClosed":
            peers.discard(data["peerId"])
            self._log.add("peer-left", other=data["peerId"])
        elif method == "chatMessage":
            self._log.add("chat", other=data["peerId"], text=data["chatMessage"]["text"])

    def on_request(self, method: str, data: dict[str, Any]) -> None:
        """Take a channel or a track that the server forwards."""
        receive = self._transports[1]
        if method == "newConsumer":
            self._participant.sinks[data["peerId"]] = receive.consume_audio(data["rtpParameters"])
        elif method == "newDataConsumer":
            receive.channel(data["sctpStreamParameters"]["streamId"], data["label"], self._participant.traffic.receive)
            if data["peerId"] == self._log.peer:
                self._echo.set()

    async def talk(self, signalling: Signalling, interval: float, audio: bool) -> None:
        """Join and send a message every `interval` seconds, until cancelled."""
        async with asyncio.timeout(REQUEST_TIMEOUT):
            await self._ready.wait()
        for direction in ("send", "receive"):
            transport = await MediaTransport.create(signalling, direction)
            self._transports.append(transport)
            self._log.add("candidates", direction=direction, offered=[str(c) for c in transport.offered])
        send, receive = self._transports
        # An SFU's own capabilities are what it can forward; the participant takes Opus, which is the only audio there.
        capabilities = await signalling.request("getRouterRtpCapabilities")
        answer = await signalling.request("join", {"displayName": self._log.peer, "rtpCapabilities": capabilities})
        self._participant._joined([other["id"] for other in answer["peers"]])
        await asyncio.gather(send.connect(), receive.connect())
        for transport in self._transports:
            self._log.add("media-connected", direction=transport.direction, selected=str(transport.selected))
        channel = await self._produce(signalling, send)
        if audio:
            await send.produce_audio()
        self._participant._connected()
        while channel.readyState == "open":
            self._participant.traffic.send(channel)
            await asyncio.sleep(interval)
        # A browser would try ICE again and then leave it to its user to reload; this is the reloading.
        raise MediaError("the media path was closed")

    async def close(self) -> None:
        """Close the transports."""
        for transport in self._transports:
            with suppress(ConnectionError):
                await transport.close()

    async def _produce(self, signalling: Signalling, send: MediaTransport) -> RTCDataChannel:
        channel = send.channel(0, "numbers")
        await signalling.request(
            "produceData",
            {
                "transportId": send.id,
                "sctpStreamParameters": {"streamId": 0, "ordered": True},
                "label": channel.label,
                "appData": {"echo": True},
            },
        )
        async with asyncio.timeout(REQUEST_TIMEOUT):
            await self._echo.wait()
        return channel
