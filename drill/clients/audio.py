"""An Opus track to the SFU, and those of others from it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiortc import RTCDtlsTransport, RTCRtpReceiver, RTCRtpSender
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
from aiortc.rtcrtpparameters import (
    RTCRtcpParameters,
    RTCRtpCodecParameters,
    RTCRtpDecodingParameters,
    RTCRtpReceiveParameters,
    RTCRtpSendParameters,
)
from aiortc.rtcrtpreceiver import RemoteStreamTrack

PAYLOAD_TYPE = 111  # what browsers use for Opus
CNAME = "participant"


@dataclass(frozen=True)
class AudioSource:
    """Silence, sent as a microphone would be."""

    sender: RTCRtpSender

    @classmethod
    def on(cls, transport: RTCDtlsTransport) -> "AudioSource":
        """A source over this transport; nothing is sent yet."""
        return cls(RTCRtpSender(AudioStreamTrack(), transport))

    @property
    def rtp_parameters(self) -> dict[str, Any]:
        """What the SFU has to know to take the packets."""
        codec = {"mimeType": "audio/opus", "payloadType": PAYLOAD_TYPE, "clockRate": 48000, "channels": 2}
        return {"codecs": [codec], "encodings": [{"ssrc": self.sender._ssrc}], "rtcp": {"cname": CNAME}}

    async def start(self) -> None:
        """Send."""
        await self.sender.send(RTCRtpSendParameters(codecs=[_opus(PAYLOAD_TYPE)], rtcp=RTCRtcpParameters(cname=CNAME)))

    async def stop(self) -> None:
        """Send no more."""
        await self.sender.stop()


class AudioSink:
    """Another participant's track; `frames` counts what was decoded, 20 ms each."""

    def __init__(self, transport: RTCDtlsTransport, rtp_parameters: dict[str, Any]) -> None:
        """Prepare to receive what the server announced."""
        self.frames = 0
        self._receiver = RTCRtpReceiver("audio", transport)
        self._receiver._track = RemoteStreamTrack("audio")  # the library gives it one in its own negotiation alone
        self._parameters = RTCRtpReceiveParameters(
            codecs=[_opus(rtp_parameters["codecs"][0]["payloadType"])],
            encodings=[
                RTCRtpDecodingParameters(ssrc=e["ssrc"], payloadType=rtp_parameters["codecs"][0]["payloadType"])
                for e in rtp_parameters["encodings"]
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


def _opus(payload_type: int) -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters("audio/opus", clockRate=48000, channels=2, payloadType=payload_type)
