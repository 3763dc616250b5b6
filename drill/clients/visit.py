"""A participant's stay in a room over one connection: what the server says and asks, and the media."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from drill.clients.events import EventLog
from drill.clients.media import MediaError, MediaTransport
from drill.clients.signalling import PARKED, REQUEST_TIMEOUT, Signalling, SignallingError
from drill.clients.tracks import Sink
from drill.clients.traffic import Traffic


class Visit:
    """The transports that were opened over a connection, and what is on them."""

    def __init__(
        self,
        log: EventLog,
        traffic: Traffic,
        peers: set[str],
        sinks: dict[tuple[str, str], Sink],
        *,
        joined: Callable[[list[str], str | None], None],
        connected: Callable[[], None],
    ) -> None:
        """Prepare to visit.

        Args:
            log: takes what is seen.
            traffic: counts what goes through the SFU, or comes from it.
            peers: takes who is in the room.
            sinks: takes others' tracks, by peer and kind.
            joined: is told who is there, and which tracker the server names.
            connected: is told when media may flow.
        """
        self._log = log
        self._traffic = traffic
        self._peers = peers
        self._sinks = sinks
        self._joined = joined
        self._connected = connected
        self._transports: list[MediaTransport] = []
        self._ready = asyncio.Event()
        self._resuming: set[asyncio.Task[None]] = set()
        self._signalling: Signalling | None = None

    def on_notification(self, method: str, data: dict[str, Any]) -> None:
        """Keep the list of those present, and tell."""
        if method == "roomReady":
            stand_in = data.get("standIn") or {}
            self._log.add(
                "room-ready", session_created_by=stand_in.get("sessionCreatedBy"), turn=data.get("turnServers")
            )
            self._ready.set()
        elif method == "roomBack":
            # The session holds what this very room gave when it was entered first.
            self._log.add("room-back")
            self._ready.set()
        elif method in PARKED:
            self._log.add("parked", why=method)
        elif method == "newPeer":
            self._peers.add(data["id"])
            self._log.add("peer-joined", other=data["id"])
        elif method == "peerClosed":
            self._peers.discard(data["peerId"])
            self._log.add("peer-left", other=data["peerId"])
        elif method == "newConsumer":
            self.on_request(method, data)  # 3.5 tells where 3.4 asks
        elif method == "chatMessage":
            self._log.add("chat", other=data["peerId"], text=data["chatMessage"]["text"])

    def on_request(self, method: str, data: dict[str, Any]) -> None:
        """Take a track that the server forwards; a picture has to be asked for."""
        if method != "newConsumer":
            return
        who, kind = data["peerId"], data["kind"]
        self._sinks[who, kind] = self._transports[1].consume(kind, data["rtpParameters"])
        self._log.add("media-from", sender=who, kind=kind)
        if kind == "video":
            task = asyncio.create_task(self._resume(data["id"]))
            self._resuming.add(task)
            task.add_done_callback(self._resuming.discard)

    async def _resume(self, consumer: str) -> None:
        if self._signalling:
            with suppress(SignallingError):  # the sender has left meanwhile
                await self._signalling.request("resumeConsumer", {"consumerId": consumer})

    async def talk(self, signalling: Signalling, interval: float, video: bool) -> None:
        """Join, send Opus and with `video` a picture, and count every `interval` seconds, until cancelled."""
        self._signalling = signalling
        async with asyncio.timeout(REQUEST_TIMEOUT):
            await self._ready.wait()
        for direction in ("send", "receive"):
            transport = await MediaTransport.create(signalling, direction)
            self._transports.append(transport)
            self._log.add("candidates", direction=direction, offered=[str(c) for c in transport.offered])
        send, receive = self._transports
        # An SFU's own capabilities are what it can forward; of these participants send Opus and VP8 alone.
        capabilities = await signalling.request("getRouterRtpCapabilities")
        answer = await signalling.request("join", {"displayName": self._log.peer, "rtpCapabilities": capabilities})
        self._joined([other["id"] for other in answer["peers"]], answer.get("tracker"))
        await asyncio.gather(send.connect(), receive.connect())
        for transport in self._transports:
            self._log.add("media-connected", direction=transport.direction, selected=str(transport.selected))
        producer = await send.produce("audio")
        if video:
            await send.produce("video")
        self._connected()
        while send.open:
            await self._count(signalling, producer)
            await asyncio.sleep(interval)
        # A browser would try ICE again and then leave it to its user to reload; this is the reloading.
        raise MediaError("the media path was closed")

    async def _count(self, signalling: Signalling, producer: str) -> None:
        """Look at what has come of others, which no edge is asked for; alone, ask the SFU how much of ours it has."""
        heard = [sink.frames for (peer, _), sink in self._sinks.items() if peer in self._peers]
        if not heard:
            stats = await signalling.request("getProducerStats", {"producerId": producer})
            heard = [one["packetCount"] for one in stats]
        self._traffic.counted(sum(heard))

    async def close(self) -> None:
        """Close the transports."""
        for transport in self._transports:
            with suppress(ConnectionError):
                await transport.close()
