"""WebRTC towards the SFU: ICE and DTLS of one direction, and tracks over them; data channels where it offers them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiortc import (
    RTCCertificate,
    RTCDataChannel,
    RTCDataChannelParameters,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceCandidate,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
    RTCSctpTransport,
)
from aiortc.rtcsctptransport import RTCSctpCapabilities

from drill.clients.audio import AudioSink, AudioSource
from drill.clients.signalling import Signalling

STREAMS = 1024  # SCTP streams each way, what browsers offer
CONNECTING = 15  # seconds for ICE, then for DTLS, then for SCTP


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
        # Upstream's releases have no data channels; a build may.
        self._sctp = RTCSctpTransport(self._dtls) if answer.get("sctpParameters") else None
        self._audio: list[AudioSource | AudioSink] = []

    @classmethod
    async def create(cls, signalling: Signalling, direction: str) -> "MediaTransport":
        """Ask the server for a transport; nothing is connected yet."""
        answer = await signalling.request(
            "createWebRtcTransport",
            {
                "forceTcp": False,
                "producing": direction == "send",
                "consuming": direction == "receive",
                "sctpCapabilities": {"numStreams": {"OS": STREAMS, "MIS": STREAMS}},
            },
        )
        return cls(signalling, direction, answer)

    @property
    def has_channels(self) -> bool:
        """Whether the server offers data channels."""
        return self._sctp is not None

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
        """Open the path, down to SCTP where there is any.

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
        if self._sctp:
            sctp = self._answer["sctpParameters"]
            await self._sctp.start(RTCSctpCapabilities(sctp["maxMessageSize"]), sctp["port"])
            await self._step("SCTP", partial(self._sctp_connected, self._sctp))

    def channel(self, stream: int, label: str, on_message: Callable[[str], None] | None = None) -> RTCDataChannel:
        """The data channel on this SCTP stream; the server said or is told its number out of band."""
        if not self._sctp:
            raise MediaError(f"{self.direction}: the server offers no data channels")
        parameters = RTCDataChannelParameters(label=label, negotiated=True, id=stream)
        channel = RTCDataChannel(self._sctp, parameters)
        if on_message:
            channel.on("message", on_message)
        return channel

    async def produce_audio(self) -> str:
        """Offer an Opus track to the server and send it; the server's name for it.

        Raises:
            SignallingError: the server refused it.
        """
        source = AudioSource.on(self._dtls)
        self._audio.append(source)
        answer = await self._signalling.request(
            "produce",
            {
                "transportId": self.id,
                "kind": "audio",
                "rtpParameters": source.rtp_parameters,
                "appData": {"source": "mic"},
            },
        )
        await source.start()
        return str(answer["id"])

    def consume_audio(self, rtp_parameters: dict[str, Any]) -> AudioSink:
        """Receive a track that the server forwards."""
        sink = AudioSink(self._dtls, rtp_parameters)
        self._audio.append(sink)
        return sink

    async def close(self) -> None:
        """Give everything back; a server that is gone does not matter."""
        for audio in self._audio:
            await audio.stop()
        if self._sctp:
            await self._sctp.stop()
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

    async def _sctp_connected(self, sctp: RTCSctpTransport) -> str:
        while sctp.state == "connecting":
            await asyncio.sleep(0.01)
        return sctp.state
