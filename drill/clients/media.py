"""WebRTC towards the SFU: ICE and DTLS of one direction, and tracks over them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiortc import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceCandidate,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
)

from drill.clients.signalling import Signalling
from drill.clients.tracks import SOURCES, Sink, Source

CONNECTING = 15  # seconds for ICE, then for DTLS


class MediaError(Exception):
    """The media path could not be opened; the message says which step failed, and towards which addresses."""


@dataclass(frozen=True)
class Candidate:
    """An address that the SFU offers."""

    ip: str
    port: int
    protocol: str

    def __str__(self) -> str:
        return f"{self.protocol} {self.ip}:{self.port}"


class MediaTransport:
    """One WebRTC transport, `send` or `receive`, as browsers hold one of each.

    UDP alone: the ICE library has no TCP. TCP candidates are reported as offered and never selected.
    """

    def __init__(self, signalling: Signalling, direction: str, answer: dict[str, Any]) -> None:
        """Prepare what the server answered to `createWebRtcTransport`; use `create`."""
        self.direction = direction
        self.id: str = answer["id"]
        self.offered = [Candidate(c["ip"], c["port"], c["protocol"]) for c in answer["iceCandidates"]]
        self._signalling = signalling
        self._answer = answer
        # No STUN server: the SFU has a public address and learns the participant's from the packets.
        self._ice = RTCIceTransport(RTCIceGatherer(iceServers=[]))
        # The library has no public way to say this outside of its own offer and answer. The SFU is ICE-lite, it never
        # controls; from it follows that the participant is the DTLS server.
        self._ice._connection.ice_controlling = True
        self._dtls = RTCDtlsTransport(self._ice, [RTCCertificate.generateCertificate()])
        self._tracks: list[Source | Sink] = []

    @classmethod
    async def create(cls, signalling: Signalling, direction: str) -> "MediaTransport":
        """Ask the server for a transport; nothing is connected yet."""
        answer = await signalling.request(
            "createWebRtcTransport",
            {
                "forceTcp": False,
                "producing": direction == "send",
                "consuming": direction == "receive",
            },
        )
        return cls(signalling, direction, answer)

    @property
    def open(self) -> bool:
        """Whether packets may still get through."""
        return self._ice.state in ("completed", "connected") and str(self._dtls.state) == "connected"

    @property
    def selected(self) -> Candidate | None:
        """The candidate that ICE settled on."""
        pair = self._ice._connection._nominated.get(1)
        if not pair:
            return None
        remote = pair.remote_candidate
        return Candidate(remote.host, remote.port, remote.transport)

    async def connect(self) -> None:
        """Open the path.

        Raises:
            MediaError: a step failed or took too long.
        """
        fingerprints = [
            {"algorithm": f.algorithm, "value": f.value} for f in self._dtls.getLocalParameters().fingerprints
        ]
        await self._signalling.request(
            "connectWebRtcTransport",
            {"transportId": self.id, "dtlsParameters": {"role": "server", "fingerprints": fingerprints}},
        )
        await self._step("ICE", self._connect_ice)
        await self._step("DTLS", self._connect_dtls)

    async def produce(self, kind: str) -> str:
        """Offer a track of `audio` or `video` to the server and send it; the server's name for it.

        Raises:
            SignallingError: the server refused it.
        """
        source = Source.on(self._dtls, kind)
        self._tracks.append(source)
        answer = await self._signalling.request(
            "produce",
            {
                "transportId": self.id,
                "kind": kind,
                "rtpParameters": source.rtp_parameters,
                "appData": {"source": SOURCES[kind]},
            },
        )
        await source.start()
        return str(answer["id"])

    def consume(self, kind: str, rtp_parameters: dict[str, Any]) -> Sink:
        """Receive a track that the server forwards."""
        sink = Sink(self._dtls, kind, rtp_parameters)
        self._tracks.append(sink)
        return sink

    async def close(self) -> None:
        """Give everything back; a server that is gone does not matter."""
        for track in self._tracks:
            await track.stop()
        await self._dtls.stop()
        await self._ice.stop()

    async def _step(self, name: str, work: Callable[[], Any]) -> None:
        try:
            async with asyncio.timeout(CONNECTING):
                state = await work()
        except TimeoutError:
            state = f"nothing within {CONNECTING} s"
        if state not in ("completed", "connected"):
            towards = ", ".join(map(str, self.offered))
            raise MediaError(f"{self.direction}: {name} {state}, towards {towards}")

    async def _connect_ice(self) -> str:
        await self._ice.iceGatherer.gather()
        for entry in self._answer["iceCandidates"]:
            if entry["protocol"] == "udp":
                await self._ice.addRemoteCandidate(
                    RTCIceCandidate(
                        component=1,
                        foundation=entry["foundation"],
                        ip=entry["ip"],
                        port=entry["port"],
                        priority=entry["priority"],
                        protocol="udp",
                        type=entry["type"],
                    )
                )
        await self._ice.addRemoteCandidate(None)
        remote = self._answer["iceParameters"]
        await self._ice.start(RTCIceParameters(remote["usernameFragment"], remote["password"], iceLite=True))
        return self._ice.state

    async def _connect_dtls(self) -> str:
        remote = self._answer["dtlsParameters"]["fingerprints"]
        await self._dtls.start(
            RTCDtlsParameters([RTCDtlsFingerprint(algorithm=f["algorithm"], value=f["value"]) for f in remote])
        )
        return self._dtls.state
