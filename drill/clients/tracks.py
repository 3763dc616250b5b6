"""Opus and VP8 tracks to the SFU, and those of others from it."""

import asyncio
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from aiortc import RTCDtlsTransport, RTCRtpReceiver, RTCRtpSender, VideoStreamTrack
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
from aiortc.rtcrtpparameters import (
    RTCRtcpFeedback,
    RTCRtcpParameters,
    RTCRtpCodecParameters,
    RTCRtpDecodingParameters,
    RTCRtpReceiveParameters,
    RTCRtpSendParameters,
)
from aiortc.rtcrtpreceiver import RemoteStreamTrack
from av import VideoFrame

CNAME = "participant"
# What browsers number them.
CODECS = {
    "audio": RTCRtpCodecParameters("audio/opus", clockRate=48000, channels=2, payloadType=111),
    "video": RTCRtpCodecParameters(
        "video/VP8",
        clockRate=90000,
        payloadType=96,
        rtcpFeedback=[RTCRtcpFeedback("nack"), RTCRtcpFeedback("nack", "pli")],
    ),
}
SOURCES = {"audio": "mic", "video": "webcam"}
WIDTH, HEIGHT, FRAMES_PER_SECOND = 64, 48, 5


class _Picture(VideoStreamTrack):
    """A small grey picture, a few times a second: encoding it costs next to nothing."""

    _count = 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(1 / FRAMES_PER_SECOND)
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts, frame.time_base = self._count, Fraction(1, FRAMES_PER_SECOND)
        self._count += 1
        return frame


@dataclass(frozen=True)
class Source:
    """Silence, or a picture, sent as a microphone or a camera would be."""

    kind: str
    sender: RTCRtpSender

    @classmethod
    def on(cls, transport: RTCDtlsTransport, kind: str) -> "Source":
        """A source of `audio` or `video` over this transport; nothing is sent yet."""
        track = AudioStreamTrack() if kind == "audio" else _Picture()
        return cls(kind, RTCRtpSender(track, transport))

    @property
    def rtp_parameters(self) -> dict[str, Any]:
        """What the SFU has to know to take the packets."""
        known = CODECS[self.kind]
        codec = {"mimeType": known.mimeType, "payloadType": known.payloadType, "clockRate": known.clockRate}
        if known.channels:
            codec["channels"] = known.channels
        feedback = [{"type": one.type, "parameter": one.parameter or ""} for one in known.rtcpFeedback]
        return {
            "codecs": [{**codec, "rtcpFeedback": feedback}],
            "encodings": [{"ssrc": self.sender._ssrc}],
            "rtcp": {"cname": CNAME},
        }

    async def start(self) -> None:
        """Send."""
        parameters = RTCRtpSendParameters(codecs=[CODECS[self.kind]], rtcp=RTCRtcpParameters(cname=CNAME))
        await self.sender.send(parameters)

    async def stop(self) -> None:
        """Send no more."""
        await self.sender.stop()


class Sink:
    """Another participant's track; `frames` counts what was decoded."""

    def __init__(self, transport: RTCDtlsTransport, kind: str, rtp_parameters: dict[str, Any]) -> None:
        """Prepare to receive what the server announced."""
        self.frames = 0
        self._receiver = RTCRtpReceiver(kind, transport)
        self._receiver._track = RemoteStreamTrack(kind)  # the library gives it one in its own negotiation alone
        number = rtp_parameters["codecs"][0]["payloadType"]
        known = CODECS[kind]
        codec = RTCRtpCodecParameters(
            known.mimeType,
            clockRate=known.clockRate,
            channels=known.channels,
            payloadType=number,
            rtcpFeedback=known.rtcpFeedback,
        )
        self._parameters = RTCRtpReceiveParameters(
            codecs=[codec],
            encodings=[
                RTCRtpDecodingParameters(ssrc=e["ssrc"], payloadType=number) for e in rtp_parameters["encodings"]
            ],
        )
        self._task = asyncio.create_task(self._receive())

    async def stop(self) -> None:
        """Receive no more."""
        await self._receiver.stop()
        self._task.cancel()

    async def _receive(self) -> None:
        await self._receiver.receive(self._parameters)
        try:
            while True:
                await self._receiver.track.recv()
                self.frames += 1
        except MediaStreamError:
            pass  # the track ended
